//! The scenarios over HTTP, on every composition: the test binary runs them again, told another.

use std::process::{Command, Stdio};

use firstcome_tests::over_http::{COMPOSITION, Composition};

/// All scenarios, but those that are over before a request comes to its store.
fn the_scenarios_hold_on(composition: Composition) {
    let ended = Command::new(std::env::current_exe().unwrap())
        .args([
            "suite::scenarios::",
            "--skip",
            "hostile_clients",
            "--skip",
            "fuzz",
        ])
        .env(COMPOSITION, composition.name())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{printed}");
    let passed: u32 = printed
        .lines()
        .find_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next())
        .map_or(0, |passed| passed.parse().unwrap());
    assert!(passed > 90, "{printed}");
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[test]
fn on_mariadb() {
    the_scenarios_hold_on(Composition::MariaDb);
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[test]
fn on_mariadb_behind_a_redis_cluster() {
    the_scenarios_hold_on(Composition::MariaDbBehindCluster);
}

#[cfg_attr(without_mysql, ignore = "needs MySQL")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[test]
fn on_mysql_behind_redis() {
    the_scenarios_hold_on(Composition::MySqlBehindRedis);
}
