//! Who may do what: the SQL with which an administrator makes the two users of a ledger. Must never
//! let the application take back what it has written: entries, orders and copies are only added.

use std::fmt::Write;

/// What the application may change of a row that is there. All else is only added and read.
const CHANGED: [(&str, &str); 12] = [
    (
        "coupons",
        "cap, paused, epoch, issued, held, used, withdrawn, withdrawn_up_to",
    ),
    ("epochs", "last"),
    ("gate_generation", "generation"),
    ("issued_coupons", "state, used"),
    ("products", "price, stock"),
    ("wallets", "balance, points"),
    ("money_entries", "folded"),
    ("sellers", "folded"),
    ("orders", "status, failure, delivery"),
    (
        "sagas",
        "direction, phase, outcome, step, tries, epoch, due_at, last_error, traced",
    ),
    ("holds", "state"),
    ("leases", "owner, generation, until_at"),
];

/// What the application only adds and reads.
const ADDED: [&str; 6] = [
    "events",
    "discount_policies",
    "stock_entries",
    "order_items",
    "saga_trace",
    "idempotency_keys",
];

/// The statements that make the database, the user who migrates it and the user whom the application
/// connects as. An administrator runs them, after writing passwords where they say so, and again after
/// every migration, which may have added tables. The same on MySQL and MariaDB.
pub fn grants(database: &str) -> String {
    let name = database.replace('`', "``");
    // In the name of a whole database, _ and % stand for any characters.
    let whole = name
        .replace('\\', "\\\\")
        .replace('_', "\\_")
        .replace('%', "\\%");
    let mut sql = format!(
        "CREATE DATABASE IF NOT EXISTS `{name}`;\n\
         \n\
         -- For `firstcome migrate` only. Run these, migrate, then run what is below.\n\
         CREATE USER IF NOT EXISTS 'firstcome_migrate'@'%' IDENTIFIED BY '<password to migrate>';\n\
         GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE \
         ON `{whole}`.* TO 'firstcome_migrate'@'%';\n\
         \n\
         -- For `firstcome serve`, of tables that are there. LOCK TABLES lets it lock a row that it \
         does not change.\n\
         CREATE USER IF NOT EXISTS 'firstcome'@'%' IDENTIFIED BY '<password to serve>';\n\
         GRANT LOCK TABLES ON `{whole}`.* TO 'firstcome'@'%';\n\
         GRANT SELECT ON `{name}`.`_sqlx_migrations` TO 'firstcome'@'%';\n"
    );
    let mut grant = |privileges: &str, table: &str| {
        // Writing to a String can't fail.
        let _written = writeln!(
            sql,
            "GRANT SELECT, INSERT{privileges} ON `{name}`.`{table}` TO 'firstcome'@'%';"
        );
    };
    for table in ADDED {
        let forgets = table == "idempotency_keys";
        grant(if forgets { ", DELETE" } else { "" }, table);
    }
    for (table, columns) in CHANGED {
        grant(&format!(", UPDATE ({columns})"), table);
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SCHEMA: &str = include_str!("../migrations/0001_ledger.sql");

    #[test]
    fn every_table_has_its_grant_and_every_grant_its_table() {
        let tables: BTreeSet<_> = SCHEMA
            .lines()
            .filter_map(|line| line.strip_prefix("CREATE TABLE "))
            .map(|rest| rest.trim_end_matches(" ("))
            .collect();
        let granted: BTreeSet<_> = CHANGED
            .map(|(table, _)| table)
            .into_iter()
            .chain(ADDED)
            .collect();
        assert_eq!(granted, tables);
    }

    #[test]
    fn nothing_but_answers_to_requests_is_ever_deleted() {
        let sql = grants("firstcome");
        let mut deletes = sql.lines().filter(|line| line.contains("DELETE"));
        assert!(deletes.next().unwrap().contains("'firstcome_migrate'"));
        assert!(deletes.next().unwrap().contains("`idempotency_keys`"));
        assert_eq!(deletes.next(), None);
    }

    #[test]
    fn a_databases_name_is_quoted_and_stands_for_itself() {
        let sql = grants("first_`come");
        assert!(sql.contains("DATABASE IF NOT EXISTS `first_``come`;"));
        assert!(sql.contains("ON `first\\_``come`.* TO"));
        assert!(sql.contains("ON `first_``come`.`events` TO"));
    }
}
