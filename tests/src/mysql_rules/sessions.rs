//! What a connection is set to, whatever the server's own settings are.

use super::ground::Ground;
use super::log::{Command, Log};
use crate::conformance;
use crate::servers::{Make, SqlServer};

/// Nothing that an adapter could want.
const HOSTILE: &str = "SET GLOBAL time_zone = '+09:00'; \
     SET GLOBAL sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'; \
     SET GLOBAL innodb_lock_wait_timeout = 50; \
     SET GLOBAL wait_timeout = 2; \
     SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE";

/// What every connection says before anything else.
const SAID: [&str; 4] = [
    "time_zone = '+00:00'",
    "innodb_lock_wait_timeout = 2",
    "STRICT_ALL_TABLES",
    "ISOLATION LEVEL READ COMMITTED",
];

pub async fn a_servers_own_settings_do_not_matter(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    ground.ledger.as_root(HOSTILE.to_owned()).await.unwrap();
    let log = Log::of(&ground).await;
    let node = ground.another_node().await;
    let coupon = node.coupon(crate::given::issue_kind(9)).await;
    node.ask(&coupon, "a").await;
    for connection in log.connections().await {
        let settings = connection
            .iter()
            .take_while(|said| !said.text.starts_with("ROLLBACK") && said.command == Command::Query)
            .map(|said| said.text.as_str())
            .collect::<String>();
        for setting in SAID {
            assert!(
                settings.contains(setting),
                "{setting} is not in {connection:?}"
            );
        }
    }
    // And it works as ever, texts with every quote and time included.
    let fixture = async || crate::Fixture::on(&server).await;
    conformance::names_are_compared_byte_by_byte(fixture().await).await;
    conformance::an_event_is_read_as_it_was_written(fixture().await).await;
    conformance::the_time_of_a_copy_is_the_ledgers(fixture().await).await;
    conformance::a_stampede_of_one_crowd_on_two_coupons_gets_one_each(fixture().await).await;
}

pub async fn every_text_is_compared_byte_by_byte(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let count = "SELECT COUNT(*) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name <> '_sqlx_migrations' \
         AND collation_name";
    let texts = ground.count(&format!("{count} IS NOT NULL")).await;
    assert!(texts > 0);
    // No length of its own, no case: the bytes alone.
    let binary = ground.count(&format!("{count} LIKE '%\\_bin'")).await;
    assert_eq!(binary, texts);
}
