//! The schema: made once, by one of many, and refused when it is not exactly ours.

use adapter_mysql::{Applied, MysqlConfig, MysqlStore, OpenError, migrate};
use tokio::task::JoinSet;

use super::ground::connect;
use crate::servers::{Database, Make, SqlServer, User};

const AT_ONCE: usize = 6;

async fn database(make: Make) -> (Database, MysqlConfig) {
    let database = SqlServer::shared(make).database().await;
    let config = MysqlConfig::at(&database.socket_url(User::Migrator)).unwrap();
    (database, config)
}

/// Serving and migrating are refused alike.
async fn refused(config: &MysqlConfig) -> OpenError {
    let served = MysqlStore::open(config).await.map(drop).unwrap_err();
    let migrated = migrate(config).await.unwrap_err();
    assert_eq!(served.to_string(), migrated.to_string());
    served
}

pub async fn of_many_that_migrate_at_once_one_does(make: Make) {
    let (_database, config) = database(make).await;
    assert!(matches!(
        MysqlStore::open(&config).await.map(drop),
        Err(OpenError::SchemaOlder { found: 0, known: 1 })
    ));
    let mut migrating = JoinSet::new();
    for _ in 0..AT_ONCE {
        let config = config.clone();
        migrating.spawn(async move { migrate(&config).await.unwrap() });
    }
    let mut applied = migrating.join_all().await;
    applied.sort_by_key(|applied| applied.from);
    let mut expected = [Applied { from: 1, to: 1 }; AT_ONCE];
    expected[0].from = 0;
    assert_eq!(applied, expected);
    MysqlStore::open(&config).await.unwrap();
}

pub async fn a_schema_that_is_not_ours_is_neither_served_nor_migrated(make: Make) {
    let (database, config) = database(make).await;
    migrate(&config).await.unwrap();
    let mut root = connect(&database.root_url()).await;
    let mut change = async |statement| {
        let changed = sqlx::raw_sql(statement).execute(&mut root).await.unwrap();
        assert_eq!(changed.rows_affected(), 1);
    };
    change("UPDATE _sqlx_migrations SET success = FALSE").await;
    assert!(matches!(
        refused(&config).await,
        OpenError::SchemaHalfDone(1)
    ));
    change("UPDATE _sqlx_migrations SET success = TRUE").await;
    MysqlStore::open(&config).await.unwrap();
    change(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', TRUE, '', 0)",
    )
    .await;
    assert!(matches!(
        refused(&config).await,
        OpenError::SchemaNewer {
            found: 999,
            known: 1
        }
    ));
    change("DELETE FROM _sqlx_migrations WHERE version = 999").await;
    change("UPDATE _sqlx_migrations SET checksum = 'another'").await;
    assert!(matches!(
        refused(&config).await,
        OpenError::SchemaDiffers(1)
    ));
}

pub async fn a_migration_that_failed_half_way_is_not_gone_on_with(make: Make) {
    let (database, config) = database(make).await;
    let in_the_way = format!("CREATE TABLE {}.wallets (one INT)", database.name());
    database.as_root(in_the_way).await.unwrap();
    assert!(matches!(migrate(&config).await, Err(OpenError::Store(_))));
    assert!(matches!(
        refused(&config).await,
        OpenError::SchemaHalfDone(1)
    ));
}
