//! How long it takes from the last use that counts until every unused copy is withdrawn.

use std::time::{Duration, Instant};

use domain::Coupon;
use firstcome_tests::over_http::{Market, Server, Shop};

use crate::{
    given::{self, Ledger},
    report::Row,
};

/// Copies that nobody has used.
pub const COPIES: usize = 1_000_000;

/// A USE_COUPON that counts one use, and this many copies of it; and one that is to be used.
pub struct Prepared {
    coupon: Coupon,
    copy: String,
}

/// Issues them.
pub async fn prepare(ledger: &dyn Ledger) -> Prepared {
    let coupon = given::coupon(ledger, given::use_coupon(1)).await;
    for _ in 0..COPIES.div_ceil(1_000) {
        given::issue(ledger, &coupon, 1_000).await;
    }
    let (_consumer, copy) = given::issue(ledger, &coupon, 1).await.remove(0);
    Prepared {
        coupon,
        copy: copy.to_string(),
    }
}

/// Uses it, and waits: the row of the table.
pub async fn row(store: &str, server: &Server, prepared: &Prepared) -> Row {
    let mut market = Market::of(server);
    let opened = market.hold("bench", "last", &prepared.copy, None).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let confirmed = market.settle("bench", "last", "confirm").await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    let begun = Instant::now();
    let mut shop = Shop::open(server).await;
    let coupon = prepared.coupon.id.to_string();
    let all = u64::try_from(COPIES).unwrap();
    while shop.look(&coupon).await["withdrawnCount"] != all {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let name = format!("{COPIES} unused copies withdrawn after the last use, {store}");
    Row::alone(name, "s", begun.elapsed().as_secs_f64())
}
