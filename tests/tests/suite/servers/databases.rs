//! MariaDB and MySQL, killed and restarted, and the databases on them.

use firstcome_tests::servers::{Database, Make, SqlServer, User};
use sqlx::{Connection, MySqlConnection, raw_sql};

async fn connect(url: &str) -> MySqlConnection {
    MySqlConnection::connect(url).await.unwrap()
}

async fn what_was_committed_outlives_a_kill(make: Make) {
    let server = SqlServer::durable(make);
    let database = server.database().await;
    let table = format!("CREATE TABLE {}.t (n INT)", database.name());
    database.as_root(table).await.unwrap();
    let mut before = connect(&database.url(User::Application)).await;
    raw_sql("INSERT INTO t VALUES (1)")
        .execute(&mut before)
        .await
        .unwrap();
    let begun = raw_sql("BEGIN; INSERT INTO t VALUES (2)");
    begun.execute(&mut before).await.unwrap();

    server.kill();
    assert!(before.ping().await.is_err());
    server.restart();

    let mut after = connect(&database.url(User::Application)).await;
    let left: Vec<i32> = sqlx::query_scalar("SELECT n FROM t")
        .fetch_all(&mut after)
        .await
        .unwrap();
    assert_eq!(left, [1]);
}

/// Both ways of every user.
fn urls(database: &Database) -> Vec<String> {
    let users = [User::Migrator, User::Application];
    let urls = users.map(|user| [database.url(user), database.socket_url(user)]);
    urls.concat()
}

async fn a_database_and_its_users_go_together(make: Make) {
    let server = SqlServer::shared(make);
    let (database, other) = (server.database().await, server.database().await);
    for url in urls(&database) {
        connect(&url).await;
    }
    let gone = urls(&database);
    let name = database.name().to_owned();
    drop(database);
    for url in gone {
        assert!(MySqlConnection::connect(&url).await.is_err(), "{url}");
    }
    let mut root = connect(&other.root_url()).await;
    let names: Vec<String> =
        sqlx::query_scalar("SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata")
            .fetch_all(&mut root)
            .await
            .unwrap();
    assert!(names.iter().any(|there| there == other.name()));
    assert!(!names.contains(&name));
}

macro_rules! on {
    ($make:ident, $variant:ident, $ignored:meta) => {
        mod $make {
            use firstcome_tests::servers::Make;

            #[$ignored]
            #[tokio::test(flavor = "multi_thread")]
            async fn what_was_committed_outlives_a_kill() {
                super::what_was_committed_outlives_a_kill(Make::$variant).await;
            }

            #[$ignored]
            #[tokio::test(flavor = "multi_thread")]
            async fn a_database_and_its_users_go_together() {
                super::a_database_and_its_users_go_together(Make::$variant).await;
            }
        }
    };
}

on!(
    mariadb,
    MariaDb,
    cfg_attr(without_mariadb, ignore = "needs MariaDB")
);
on!(
    mysql,
    MySql,
    cfg_attr(without_mysql, ignore = "needs MySQL")
);
