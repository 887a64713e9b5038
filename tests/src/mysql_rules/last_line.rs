//! The last line of defence: what no rule lets through, the schema refuses too, also of root.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, MySqlConnection};

use super::ground::{Ground, number};
use crate::servers::{Make, SqlServer};

const DUPLICATE: u16 = 1062;
/// Of MariaDB and of MySQL.
const FORBIDDEN: [u16; 2] = [4025, 3819];

/// A row of every kind, as it may be.
const ROWS: &str = "
INSERT INTO events VALUES (x'01', 'event', 0, 1);
INSERT INTO discount_policies VALUES
    (x'01', 'fixed', 'FIXED_DISCOUNT', 500, NULL, NULL, NULL),
    (x'02', 'rate', 'RATE_DISCOUNT', NULL, 10, 100, NULL);
INSERT INTO coupons (id, name, event_id, discount_policy_id, kind, redundant_usable, cap,
    per_consumer_limit, expires_at, paused, epoch, issued, held, used, withdrawn) VALUES
    (x'01', 'issue', x'01', x'01', 'ISSUE_COUPON', 0, 5, NULL, 1, 0, 1, 3, 0, 0, 0),
    (x'02', 'use', x'01', x'01', 'USE_COUPON', NULL, 5, 2, 1, 0, 2, 3, 1, 1, 0);
INSERT INTO issued_coupons VALUES (x'01', x'01', 'a', x'01', 0, 'ACTIVE', 0, NULL, 0);
INSERT INTO idempotency_keys VALUES (x'01', x'01', '', 0);
INSERT INTO products VALUES (x'01', 'seller', 'name', NULL, 1, 1, 0);
INSERT INTO stock_entries VALUES (x'01', x'01', 'INITIAL', 1, 0);
INSERT INTO wallets VALUES ('a', 0, 0);
INSERT INTO money_entries (reference, kind, line, from_account, to_account, amount, at, folded)
    VALUES (x'01', 'CHARGE', 0, 'a', 'b', 1, 0, NULL), (x'01', 'SALE', 0, 'a', 'b', 1, 0, 0);
INSERT INTO sellers VALUES ('seller', 0);
INSERT INTO orders VALUES (x'01', 'a', x'01', x'01', 'PAID', NULL, 'BEFORE_DELIVERY', 10, 2, 1, 7,
    0, NULL, NULL, 'WALLET', NULL, x'01', 0);
INSERT INTO order_items VALUES (x'01', 0, x'01', 'seller', 2, 5, 10);
INSERT INTO sagas (id, order_id, kind, direction, phase, step, tries, epoch, due_at, traced,
    began_at) VALUES (x'01', x'01', 'PURCHASE', 'FORWARD', 'RUNNING', 'AUTHORISE', 0, 1, 0, 0, 0);
INSERT INTO saga_trace VALUES (x'01', 0, 0, 'FORWARD', 'AUTHORISE', 'BEGAN', NULL);
INSERT INTO holds (id, coupon_id, issued_coupon_id, caller, name, seconds, deadline, single_use,
    order_amount, discount, state, opened_at)
    VALUES (x'01', x'01', x'01', 'caller', 'name', 1, 0, 1, 5, 5, 'OPEN', 0);
INSERT INTO leases VALUES ('lease', x'01', 1, 0)";

/// Of these, what no row may become.
const CHANGES: &[(&str, &[&str])] = &[
    ("events", &["name = ''", "starts_at = ends_at"]),
    (
        "discount_policies",
        &[
            "name = ''",
            "amount = -1 WHERE kind = 'FIXED_DISCOUNT'",
            "amount = NULL WHERE kind = 'FIXED_DISCOUNT'",
            "rate = 0 WHERE kind = 'RATE_DISCOUNT'",
            "rate = 101 WHERE kind = 'RATE_DISCOUNT'",
            "maximum = -1 WHERE kind = 'RATE_DISCOUNT'",
            "minimum_order_amount = -1",
            "kind = 'OTHER'",
        ],
    ),
    (
        "coupons",
        &[
            "name = ''",
            "cap = 1000000001",
            "paused = 2",
            "redundant_usable = NULL WHERE kind = 'ISSUE_COUPON'",
            "per_consumer_limit = 101 WHERE kind = 'USE_COUPON'",
            "issued = 6 WHERE kind = 'ISSUE_COUPON'",
            "held = 5 WHERE kind = 'USE_COUPON'",
            "used = 5 WHERE kind = 'USE_COUPON'",
            "used = -1",
            "withdrawn = issued + 1",
            "withdrawn_up_to = 'x'",
            "kind = 'OTHER'",
        ],
    ),
    ("epochs", &["one = 2", "last = -1"]),
    ("gate_generation", &["one = 2"]),
    (
        "issued_coupons",
        &[
            "consumer = ''",
            "ordinal = -1",
            "state = 'OTHER'",
            "used = -1",
        ],
    ),
    (
        "products",
        &[
            "seller = ''",
            "name = ''",
            "description = ''",
            "price = -1",
            "stock = -1",
        ],
    ),
    ("stock_entries", &["quantity = -1", "kind = 'OTHER'"]),
    ("wallets", &["consumer = ''", "balance = -1", "points = -1"]),
    (
        "money_entries",
        &[
            "kind = 'OTHER' WHERE kind = 'CHARGE'",
            "line = -1",
            "to_account = from_account",
            "amount = 0",
            "folded = 2 WHERE kind = 'SALE'",
            "folded = NULL WHERE kind = 'SALE'",
            "folded = 0 WHERE kind = 'CHARGE'",
        ],
    ),
    ("sellers", &["seller = ''", "folded = -1"]),
    (
        "orders",
        &[
            "consumer = ''",
            "status = 'OTHER'",
            "status = 'FAILED'",
            "status = 'FAILED', failure = 'OTHER'",
            "delivery = 'OTHER'",
            "paid_amount = 8",
            "discount = 11, paid_amount = -2",
            "coupon_id = x'01'",
            "payment = 'OTHER'",
            "payment_method = 'method'",
            "payment = 'PROVIDER', payment_method = ''",
        ],
    ),
    (
        "order_items",
        &[
            "line = 100",
            "seller = ''",
            "quantity = 0, amount = 0",
            "price = -1, amount = -2",
            "amount = 11",
        ],
    ),
    (
        "sagas",
        &[
            "kind = 'OTHER'",
            "direction = 'OTHER'",
            "phase = 'OTHER'",
            "phase = 'DONE'",
            "phase = 'DONE', outcome = 'OTHER'",
            "step = 'OTHER'",
            "tries = -1",
            "epoch = 0",
        ],
    ),
    (
        "saga_trace",
        &[
            "sequence = -1",
            "direction = 'OTHER'",
            "step = 'OTHER'",
            "event = 'OTHER'",
        ],
    ),
    (
        "holds",
        &[
            "name = ''",
            "seconds = 0",
            "single_use = 2",
            "discount = 6",
            "state = 'OTHER'",
            "caller = NULL",
            "saga_id = x'01'",
        ],
    ),
    ("leases", &["name = ''", "generation = 0"]),
];

/// What is there once at most: a consumer's copy, a key's order, an order's purchase, a move of stock
/// or of money, the use of a copy that has one, a name.
const TWICE: [&str; 9] = [
    "INSERT INTO issued_coupons VALUES (x'02', x'01', 'a', x'01', 0, 'ACTIVE', 0, NULL, 0)",
    "INSERT INTO orders VALUES (x'02', 'a', x'01', x'01', 'PAID', NULL, 'BEFORE_DELIVERY', 10, 2, 1, \
     7, 0, NULL, NULL, 'WALLET', NULL, x'01', 0)",
    "INSERT INTO sagas (id, order_id, kind, direction, phase, step, tries, epoch, due_at, traced, \
     began_at) VALUES (x'02', x'01', 'PURCHASE', 'UNDO', 'PARKED', 'AUTHORISE', 0, 1, 0, 0, 0)",
    "INSERT INTO stock_entries VALUES (x'01', x'01', 'INITIAL', 2, 1)",
    "INSERT INTO money_entries (reference, kind, line, from_account, to_account, amount, at, folded) \
     VALUES (x'01', 'CHARGE', 0, 'c', 'd', 2, 1, NULL)",
    "INSERT INTO holds (id, coupon_id, issued_coupon_id, saga_id, single_use, order_amount, \
     discount, state, opened_at) VALUES (x'02', x'01', x'01', x'02', 1, 0, 0, 'CONFIRMED', 0)",
    "INSERT INTO events VALUES (x'02', 'event', 0, 1)",
    "UPDATE coupons SET name = 'issue'",
    "INSERT INTO idempotency_keys VALUES (x'01', x'02', '', 1)",
];

async fn refused(root: &mut MySqlConnection, statement: &str) -> sqlx::Error {
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
    match done.execute(root).await {
        Ok(_) => panic!("may be: {statement}"),
        Err(error) => error,
    }
}

pub async fn what_the_rules_forbid_the_schema_refuses(make: Make) {
    const CHECKS: &str = "SELECT CAST(constraint_name AS CHAR) \
         FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()";
    let ground = Ground::on(SqlServer::shared(make)).await;
    let mut root = ground.root().await;
    let checks: BTreeSet<String> = sqlx::query_scalar(CHECKS)
        .fetch_all(&mut root)
        .await
        .unwrap()
        .into_iter()
        .collect();
    sqlx::raw_sql(ROWS).execute(&mut root).await.unwrap();
    let mut tried = BTreeSet::new();
    for (table, changes) in CHANGES {
        for change in *changes {
            let error = refused(&mut root, &format!("UPDATE {table} SET {change}")).await;
            assert!(
                FORBIDDEN.contains(&number(&error)),
                "{table}, {change}: {error}"
            );
            let said = error.to_string();
            let is_named = |name: &&String| {
                said.contains(&format!("`{name}`")) || said.contains(&format!("'{name}'"))
            };
            let check = checks.iter().find(is_named);
            tried.insert(
                check
                    .unwrap_or_else(|| panic!("of no check: {said}"))
                    .clone(),
            );
        }
    }
    assert_eq!(tried, checks);
    for statement in TWICE {
        let error = refused(&mut root, statement).await;
        assert_eq!(number(&error), DUPLICATE, "{statement}: {error}");
    }
}
