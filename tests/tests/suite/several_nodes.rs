//! Nodes that share a store in MySQL, behind a gate in Redis, as processes: how they are when one of the
//! servers is away, what reaches all of them, and how they end.

use firstcome_tests::{
    over_http::{Answer, Client, Metrics, Server, ServerBuilder, Shop, firstcome},
    servers::{Database, Make, Redis, SqlServer, User},
    until,
};
use hyper::{Method, StatusCode};
use serde_json::json;
use sqlx::{Connection, MySqlConnection};

/// A database with its tables.
async fn migrated(server: &SqlServer) -> Database {
    let database = server.database().await;
    let url = database.url(User::Migrator);
    let migrated = firstcome().args(["migrate", "--store", &url]).output();
    assert!(migrated.unwrap().status.success());
    database
}

fn node(database: &Database, redis: &Redis) -> ServerBuilder {
    ServerBuilder::default()
        .with("store", database.url(User::Application))
        .with("gate", redis.url())
}

async fn issue(server: &Server, client: &mut Client, coupon: &str, consumer: &str) -> Answer {
    let token = server.tokens().consumer(consumer);
    client.issue(coupon, &token).await.unwrap()
}

async fn readiness(client: &mut Client) -> Answer {
    let path = "/health/ready";
    client
        .send(Method::GET, path, None, &[], None)
        .await
        .unwrap()
}

async fn is_ready(client: &mut Client) -> bool {
    readiness(client).await.status == StatusCode::OK
}

/// It is ready, and says this of itself.
async fn assert_is(client: &mut Client, status: &str) {
    let ready = readiness(client).await;
    assert_eq!(ready.status, StatusCode::OK, "{ready:?}");
    assert_eq!(ready.json(), json!({"status": status}));
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_away_takes_no_node_out_and_shows_in_its_metrics() {
    let redis = Redis::start();
    let database = migrated(SqlServer::shared(Make::MariaDb)).await;
    let server = node(&database, &redis).start();
    let mut client = server.client();
    let coupon = Shop::open(&server).await.issue_coupon(5).await;
    let issued = issue(&server, &mut client, &coupon, "ann").await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    let mut until_away = async |is_away: u64| {
        until("a gate that is away, or back", async || {
            let again = issue(&server, &mut client, &coupon, "ann").await;
            assert_eq!(again.code(), "SINGLE_COUPON_AVAILABLE_PER_EVENT");
            assert!(is_ready(&mut client).await);
            let metrics = Metrics::of(&mut client).await;
            (metrics.counter("firstcome_gate_away") == is_away).then_some(())
        })
        .await;
    };
    until_away(0).await;
    redis.kill();
    until_away(1).await;
    redis.restart();
    until_away(0).await;
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_gate_is_away_is_ready_and_says_that_it_is_degraded() {
    let redis = Redis::start();
    let database = migrated(SqlServer::shared(Make::MariaDb)).await;
    let server = node(&database, &redis).start();
    let mut client = server.client();
    assert_is(&mut client, "ok").await;
    // Nobody else asks the gate for anything.
    redis.kill();
    assert_is(&mut client, "degraded").await;
    redis.restart();
    until("a node that is well", async || {
        let ready = readiness(&mut client).await;
        (ready.json()["status"] == "ok").then_some(())
    })
    .await;
    redis.pause();
    assert_is(&mut client, "degraded").await;
    redis.resume();
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[tokio::test(flavor = "multi_thread")]
async fn a_node_starts_without_its_gate() {
    let redis = Redis::start();
    redis.kill();
    let database = migrated(SqlServer::shared(Make::MariaDb)).await;
    let server = node(&database, &redis).start();
    let mut client = server.client();
    assert_is(&mut client, "degraded").await;
    let coupon = Shop::open(&server).await.issue_coupon(1).await;
    let issued = issue(&server, &mut client, &coupon, "ann").await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_takes_the_node_out_until_it_is_back() {
    let (ledger, redis) = (SqlServer::durable(Make::MariaDb), Redis::shared());
    let database = migrated(&ledger).await;
    let server = node(&database, redis).start();
    let mut client = server.client();
    let coupon = Shop::open(&server).await.issue_coupon(5).await;
    assert!(is_ready(&mut client).await);

    ledger.kill();
    assert!(!is_ready(&mut client).await);
    let refused = issue(&server, &mut client, &coupon, "ann").await;
    assert_eq!(
        refused.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{refused:?}"
    );
    assert!(!refused.header("retry-after").is_empty());

    ledger.restart();
    until("readiness", async || {
        is_ready(&mut client).await.then_some(())
    })
    .await;
    let issued = issue(&server, &mut client, &coupon, "ann").await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_changes_on_one_node_reaches_the_other() {
    let database = migrated(SqlServer::shared(Make::MariaDb)).await;
    let nodes = [(); 2].map(|()| node(&database, Redis::shared()).start());
    let [mut here, mut there] = [nodes[0].client(), nodes[1].client()];
    let coupon = Shop::open(&nodes[0]).await.issue_coupon(1).await;
    let first = issue(&nodes[0], &mut here, &coupon, "ann").await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let change = async |client: &mut Client, body| {
        let path = format!("/v1/coupons/{coupon}");
        let changed = client.patch(&path, &nodes[0].tokens().admin(), &body).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    };
    let mut told = async |consumer: &str, what: &str| {
        until(what, async || {
            let answer = issue(&nodes[1], &mut there, &coupon, consumer).await;
            let is_it = match answer.status {
                StatusCode::CREATED => what == "CREATED",
                _ => answer.code() == what,
            };
            is_it.then_some(())
        })
        .await;
    };
    told("bob", "COUPON_NOT_ISSUABLE").await;
    change(&mut here, json!({"maximumIssued": 3})).await;
    told("bob", "CREATED").await;
    change(&mut here, json!({"paused": true})).await;
    told("carol", "COUPON_PAUSED").await;
    change(&mut here, json!({"paused": false})).await;
    told("carol", "CREATED").await;
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_leaves_no_connection_behind() {
    let database = migrated(SqlServer::shared(Make::MariaDb)).await;
    let mut server = node(&database, Redis::shared()).start();
    let coupon = Shop::open(&server).await.issue_coupon(1).await;
    let issued = issue(&server, &mut server.client(), &coupon, "ann").await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    let mut root = MySqlConnection::connect(&database.root_url())
        .await
        .unwrap();
    let mut open = async || {
        let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND user <> 'root'";
        sqlx::query_scalar::<_, i64>(count)
            .fetch_one(&mut root)
            .await
            .unwrap()
    };
    assert!(open().await > 0);

    server.terminate();
    let ended = until("the end", async || server.ended()).await;
    assert!(ended.success(), "{ended:?}");
    until("an end of all connections", async || {
        (open().await == 0).then_some(())
    })
    .await;
    let log = server.logged();
    assert!(
        log.contains("stopped") && !log.contains("did not end in time"),
        "{log}"
    );
    assert!(!log.contains("secret"), "{log}");
}
