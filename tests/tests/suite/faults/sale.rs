//! Purchases over three nodes while they, all that they stand on, and the payment provider go wrong.

use firstcome_tests::{
    nodes::{NODES, OneFile, Production, Size, sale},
    servers::Make,
};

use super::seeds::seeds;

const SIZE: Size = Size {
    consumers: 150,
    copies: 150,
    singles: 2,
    mixes: 1,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_one_file_conserve_money_to_the_last_unit() {
    let stack = async || OneFile;
    seeds("sale::nodes_on_one_file", 1, stack, async |stack, seed| {
        sale::run(stack, seed, SIZE).await
    })
    .await;
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_mariadb_and_redis_conserve_money_to_the_last_unit() {
    let stack = async || Production::start(Make::MariaDb, NODES).await;
    seeds("sale::nodes_on_mariadb", 3, stack, async |stack, seed| {
        sale::run(stack, seed, SIZE).await
    })
    .await;
}

#[cfg_attr(without_mysql, ignore = "needs MySQL")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_mysql_and_redis_conserve_money_to_the_last_unit() {
    let stack = async || Production::start(Make::MySql, NODES).await;
    seeds("sale::nodes_on_mysql", 1, stack, async |stack, seed| {
        sale::run(stack, seed, SIZE).await
    })
    .await;
}
