//! How a command ends whose store is damaged (1: a check has failed) or does not answer (3: it can't be
//! reached): a script sees nothing else.

use std::{
    fs::OpenOptions,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use firstcome_tests::{
    over_http::{Server, ServerBuilder, Shop},
    until,
};
use rstest::rstest;
use sqlx::{
    ConnectOptions, Executor,
    sqlite::{SqliteConnectOptions, SqliteLockingMode},
};

const AUDIT: &[&str] = &["audit"];
const MIGRATE: &[&str] = &["migrate"];
const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

/// A folder whose server had a coupon and has ended.
async fn served_before() -> ServerBuilder {
    let mut server = Server::start();
    Shop::open(&server).await.issue_coupon(5).await;
    server.terminate();
    let ended = until("the end", async || server.ended()).await;
    assert!(ended.success());
    let builder = server.builder().clone();
    // All is in the file that is about to be damaged.
    assert!(!log_of(&builder.database()).exists());
    builder
}

fn log_of(database: &Path) -> PathBuf {
    database.with_extension("db-wal")
}

/// It ends so, having said why and nothing else.
fn assert_ends(builder: &ServerBuilder, command: &[&str], status: i32) {
    let done = builder.run(command);
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(status), "{command:?}: {error}");
    assert!(error.contains("error: "), "{command:?}: {error}");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{command:?}");
}

fn overwrite(file: &Path, from: u64) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    let length = file.metadata().unwrap().len();
    let rubbish = vec![0xa5; usize::try_from(length - from).unwrap()];
    file.write_all_at(&rubbish, from).unwrap();
}

#[rstest]
#[case::all_of_it(0)]
#[case::all_but_its_first_page(4_096)]
#[tokio::test]
async fn a_store_that_is_damaged_has_failed_a_check(#[case] from: u64) {
    let builder = served_before().await;
    overwrite(&builder.database(), from);
    for command in [AUDIT, MIGRATE, SERVE] {
        assert_ends(&builder, command, 1);
    }
}

#[tokio::test]
async fn a_store_whose_coupons_are_damaged_has_failed_its_audit() {
    const ROOT: &str = "SELECT (rootpage - 1) * 4096 FROM sqlite_master WHERE name = 'coupons'";
    let builder = served_before().await;
    let file = SqliteConnectOptions::new().filename(builder.database());
    let mut connection = file.connect().await.unwrap();
    let root: i64 = sqlx::query_scalar(ROOT)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let file = OpenOptions::new()
        .write(true)
        .open(builder.database())
        .unwrap();
    file.write_all_at(&[0xa5; 4_096], u64::try_from(root).unwrap())
        .unwrap();
    assert_ends(&builder, AUDIT, 1);
}

#[rstest]
#[case(AUDIT)]
#[case(MIGRATE)]
#[case(SERVE)]
#[tokio::test]
async fn a_store_that_does_not_answer_can_not_be_reached(#[case] command: &[&str]) {
    let builder = served_before().await;
    // Another program has it for itself.
    let file = SqliteConnectOptions::new()
        .filename(builder.database())
        .locking_mode(SqliteLockingMode::Exclusive);
    let mut other = file.connect().await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    assert_ends(&builder, command, 3);
    drop(other);
    assert!(builder.run(AUDIT).status.success());
}
