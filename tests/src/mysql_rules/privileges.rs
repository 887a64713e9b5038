//! What the application's user may not do: `firstcome migrate --grants` gives it no more than it needs.

use sqlx::{AssertSqlSafe, MySqlConnection};

use super::ground::{Ground, connect, number};
use crate::servers::{Make, SqlServer, User};

/// Of a table, of a column, of a command, of a database.
const DENIED: [u16; 4] = [1142, 1143, 1227, 1044];

/// What is only added, or stays as it was: `table, column`.
const KEPT: [(&str, &str); 12] = [
    ("issued_coupons", "consumer"),
    ("issued_coupons", "coupon_id"),
    ("coupons", "kind"),
    ("money_entries", "amount"),
    ("money_entries", "to_account"),
    ("stock_entries", "quantity"),
    ("orders", "paid_amount"),
    ("orders", "request_key"),
    ("order_items", "price"),
    ("saga_trace", "event"),
    ("idempotency_keys", "answer"),
    ("_sqlx_migrations", "success"),
];

async fn assert_denied(application: &mut MySqlConnection, statement: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement.clone()));
    match done.execute(application).await {
        Ok(_) => panic!("may be done: {statement}"),
        Err(error) => assert!(DENIED.contains(&number(&error)), "{statement}: {error}"),
    }
}

pub async fn the_application_changes_no_schema_and_takes_nothing_back(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let mut application = connect(&ground.ledger.socket_url(User::Application)).await;
    let tables: Vec<String> = sqlx::query_scalar("SHOW TABLES")
        .fetch_all(&mut application)
        .await
        .unwrap();
    assert!(tables.len() > KEPT.len(), "{tables:?}");
    for table in tables {
        assert_denied(&mut application, format!("DROP TABLE {table}")).await;
        assert_denied(&mut application, format!("TRUNCATE TABLE {table}")).await;
        let more = format!("ALTER TABLE {table} ADD COLUMN more INT");
        assert_denied(&mut application, more).await;
        let index = format!("CREATE INDEX more ON {table} (id)");
        assert_denied(&mut application, index).await;
        // Answers to requests are forgotten in time, nothing else is.
        if table != "idempotency_keys" {
            assert_denied(&mut application, format!("DELETE FROM {table}")).await;
        }
    }
    for (table, column) in KEPT {
        let change = format!("UPDATE {table} SET {column} = {column}");
        assert_denied(&mut application, change).await;
    }
    for statement in [
        "CREATE TABLE more (id INT)",
        "CREATE DATABASE more",
        "SET GLOBAL max_connections = 1",
        "GRANT DELETE ON coupons TO CURRENT_USER()",
    ] {
        assert_denied(&mut application, statement.to_owned()).await;
    }
}
