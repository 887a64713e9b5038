//! A USE_COUPON under a rush: exactly as many uses as there are, though a third of the buyers fail and
//! give their slots back; then the unused copies are withdrawn, and no money is missing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use firstcome_tests::{
    over_http::{Answer, Market, Server, Shop, market::of, market::with_copy},
    until,
};
use hyper::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::counted::by_code;

const BUYERS: usize = 2_000;
const USES: u32 = 500;
const CONNECTIONS: usize = 64;
const PRICE: i64 = 1_000;
/// 30 per cent of the price.
const DISCOUNT: i64 = 300;

/// What a buyer orders; every third buyer's order fails, each in its own way.
#[derive(Clone)]
struct Goods {
    plenty: String,
    sold_out: String,
}

fn order(n: usize, goods: &Goods) -> serde_json::Value {
    match n % 9 {
        0 => of(&goods.sold_out, 1),
        3 => {
            let mut order = of(&goods.plenty, 1);
            order["points"] = json!(5);
            order
        }
        _ => of(&goods.plenty, 1),
    }
}

/// Every ninth buyer has no money.
fn money(n: usize) -> i64 {
    if n % 9 == 6 { 0 } else { PRICE }
}

async fn everybody_buys(server: &Server, copies: Arc<Vec<String>>, goods: Goods) -> Vec<Answer> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut buying = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, copies, goods) = (Arc::clone(&next), Arc::clone(&copies), goods.clone());
        let mut market = Market::of(server);
        buying.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                let Some(copy) = copies.get(n) else {
                    return answers;
                };
                let body = with_copy(order(n, &goods), copy);
                let buyer = format!("buyer-{n}");
                answers.push(market.order(&buyer, "once", &body).await);
            }
        });
    }
    buying.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2_000_buyers_exactly_500_use_the_coupon_and_the_unused_copies_are_withdrawn() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(USES, 1).await;
    let goods = Goods {
        plenty: market.product("seller", PRICE, 100_000).await,
        sold_out: market.product("seller", PRICE, 0).await,
    };
    let (mut copies, mut charged) = (Vec::new(), 0);
    for n in 0..BUYERS {
        let buyer = format!("buyer-{n}");
        copies.push(market.copy(&coupon, &buyer).await);
        if money(n) > 0 {
            market.charge(&buyer, money(n)).await;
            charged += money(n);
        }
    }

    let answers = everybody_buys(&server, Arc::new(copies), goods.clone()).await;

    let counted = by_code(&answers);
    println!("{counted:?}");
    let paid = counted["201"];
    assert_eq!(paid, usize::try_from(USES).unwrap());
    for code in [
        "NOT_ENOUGH_PRODUCT_STOCK",
        "NOT_ENOUGH_POINT",
        "NOT_ENOUGH_BALANCE",
    ] {
        assert!(counted[code] > 0, "{counted:?}");
    }
    assert_eq!(answers.len(), BUYERS);
    assert!(counted["COUPON_NOT_USABLE"] > 0, "{counted:?}");

    // The job withdraws what nobody can use any more.
    let unused = BUYERS - paid;
    until("all unused copies are withdrawn", async || {
        (shop.look(&coupon).await["withdrawnCount"] == unused).then_some(())
    })
    .await;
    let audit = shop.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["used"], USES);
    assert_eq!(audit["rows"]["held"], 0);
    assert_eq!(audit["rows"]["withdrawn"], unused);

    // Money and stock, to the last unit.
    let mut left = 0;
    for n in 0..BUYERS {
        left += market.wallet(&format!("buyer-{n}")).await.0;
    }
    let uses = i64::from(USES);
    assert_eq!(charged - left, uses * (PRICE - DISCOUNT));
    assert_eq!(market.look_at(&goods.plenty).await["stock"], 100_000 - uses);
    let report = format!("/v1/events/{}/report", shop.event());
    let report = market.admin(Method::GET, &report, None).await.json();
    assert_eq!(report["items"][0]["usedCount"], uses, "{report}");
    assert_eq!(
        report["items"][0]["discountGiven"],
        uses * DISCOUNT,
        "{report}"
    );
    assert_eq!(
        report["items"][0]["revenue"],
        uses * (PRICE - DISCOUNT),
        "{report}"
    );
    server.assert_audited();
}
