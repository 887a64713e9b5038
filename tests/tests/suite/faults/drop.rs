//! A drop over three nodes while they, and all that they stand on, are killed, cut and delayed.

use firstcome_tests::{
    nodes::{NODES, OneFile, Production, Size, drop},
    servers::Make,
};

use super::seeds::seeds;

const SIZE: Size = Size {
    consumers: 20_000,
    copies: 2_000,
    singles: 2,
    mixes: 1,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_one_file_sell_exactly_what_there_is() {
    let stack = async || OneFile;
    seeds("drop::nodes_on_one_file", 1, stack, async |stack, seed| {
        drop::run(stack, seed, SIZE).await
    })
    .await;
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_mariadb_and_redis_sell_exactly_what_there_is() {
    let stack = async || Production::start(Make::MariaDb, NODES).await;
    seeds("drop::nodes_on_mariadb", 3, stack, async |stack, seed| {
        drop::run(stack, seed, SIZE).await
    })
    .await;
}

#[cfg_attr(without_mysql, ignore = "needs MySQL")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_mysql_and_redis_sell_exactly_what_there_is() {
    let stack = async || Production::start(Make::MySql, NODES).await;
    seeds("drop::nodes_on_mysql", 1, stack, async |stack, seed| {
        drop::run(stack, seed, SIZE).await
    })
    .await;
}
