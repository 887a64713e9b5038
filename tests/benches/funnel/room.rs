//! How much room a copy takes: in the node, in the store, in the gate.

use std::path::Path;

use firstcome_tests::{
    over_http::{Client, Server, Tokens},
    servers::{Database, Redis},
};
use sqlx::{Connection, MySqlConnection};

/// KiB of a process that are in memory.
pub fn resident(server: &Server) -> u64 {
    let status = Path::new("/proc")
        .join(server.pid().to_string())
        .join("status");
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let line = line.unwrap().trim();
    line.trim_end_matches(" kB").parse().unwrap()
}

/// How many copies there are of these coupons.
pub async fn issued(mut client: Client, coupons: &[String]) -> u64 {
    let admin = Tokens::default().admin();
    let mut issued = 0;
    for coupon in coupons {
        let read = client.get(&format!("/v1/coupons/{coupon}"), &admin).await;
        issued += read.json()["issuedCount"].as_u64().unwrap();
    }
    issued
}

/// Bytes of the file.
pub fn file(server: &Server) -> u64 {
    let file = server
        .builder()
        .folder()
        .join("firstcome-data/firstcome.db");
    std::fs::metadata(file).unwrap().len()
}

/// Bytes of the table and its indexes.
pub async fn table(database: &Database) -> u64 {
    const SIZE: &str = "SELECT CAST(data_length + index_length AS UNSIGNED) \
         FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name = 'issued_coupons'";
    let mut root = MySqlConnection::connect(&database.root_url())
        .await
        .unwrap();
    sqlx::raw_sql("ANALYZE TABLE issued_coupons")
        .execute(&mut root)
        .await
        .unwrap();
    let size: u64 = sqlx::query_scalar(SIZE).fetch_one(&mut root).await.unwrap();
    root.close().await.unwrap();
    size
}

/// Bytes of all that gates keep in it.
pub fn gates(redis: &Redis) -> u64 {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*{*")
        .query(&mut connection)
        .unwrap();
    let size = |key: String| -> u64 {
        let mut usage = redis::cmd("MEMORY");
        usage.arg("USAGE").arg(key).arg("SAMPLES").arg(0);
        usage.query(&mut connection).unwrap()
    };
    keys.into_iter().map(size).sum()
}
