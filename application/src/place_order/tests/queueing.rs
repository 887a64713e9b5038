use super::*;
use crate::testing::{MockProvider, OneOrder, copy_id, who};
use parking_lot::Mutex;
use tokio::task::yield_now;
use tokio::time::sleep;

/// A coupon of which some uses are free, and who has tried to have one; yielding or not.
#[derive(Clone, Default)]
struct Uses {
    free: Arc<Mutex<u64>>,
    tries: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Uses {
    fn purchases(&self) -> MockPurchases {
        let (uses, mut purchases) = (self.clone(), MockPurchases::new());
        purchases.expect_place().returning(move |request| {
            let consumer = request.consumer_id.to_string();
            uses.tries.lock().push((consumer, request.yields));
            let mut free = uses.free.lock();
            if *free == 0 || request.yields {
                return Ok(Placed::Refused(HELD));
            }
            *free -= 1;
            Ok(OneOrder::default().place(&request))
        });
        // Nobody has heard of orders since.
        purchases.expect_order().returning(|_| Ok(None));
        purchases
    }

    /// A shop whose wallets pay.
    fn shop(&self) -> Shop {
        Shop::of(self.purchases(), MockProvider::new(), PaidBy::Wallet)
    }

    /// One more is free.
    fn release(&self, shop: &Shop) {
        *self.free.lock() += 1;
        shop.queue.released(copy(1, "a").coupon_id);
    }

    fn last_try(&self) -> (String, bool) {
        self.tries.lock().last().unwrap().clone()
    }
}

/// The consumer of this number wants to use the copy of this number.
fn of(number: u8, wait: Option<u64>) -> NewOrder {
    NewOrder {
        consumer_id: who(&format!("c{number}")),
        key: KeyScope([number; 32]),
        issued_coupon_id: Some(copy_id(number.into())),
        ..new_order(wait)
    }
}

async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

fn is_held(answer: &Result<Order, PlaceOrderError>) -> bool {
    matches!(answer, Err(PlaceOrderError::Refused(refused)) if *refused == HELD)
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_want_to_wait_is_refused_at_once_and_costs_no_question() {
    let uses = Uses::default();
    let (copies, provider) = (MockLedger::new(), MockProvider::new());
    let shop = Shop::with_copies(uses.purchases(), copies, provider, PaidBy::Wallet);
    let began = Instant::now();
    assert!(is_held(&shop.place_order.execute(of(1, None)).await));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(uses.tries.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_has_a_use_as_soon_as_one_is_released() {
    let uses = Uses::default();
    let shop = uses.shop();
    let waiting = shop.order(of(1, Some(10)));
    sleep(Duration::from_millis(5_010)).await;
    let released = Instant::now();
    uses.release(&shop);
    assert_eq!(waiting.await.unwrap().unwrap().consumer_id, who("c1"));
    assert_eq!(released.elapsed(), Duration::ZERO);
    assert!(shop.queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_use_that_was_released_elsewhere_is_had_within_200_ms() {
    let uses = Uses::default();
    let shop = uses.shop();
    let waiting = shop.order(of(1, Some(10)));
    sleep(Duration::from_millis(5_010)).await;
    let released = Instant::now();
    *uses.free.lock() += 1;
    waiting.await.unwrap().unwrap();
    assert!(released.elapsed() <= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn uses_go_to_those_who_wait_in_order_of_arrival() {
    let uses = Uses::default();
    let shop = uses.shop();
    let mut waiting = Vec::new();
    for number in 1..=4 {
        waiting.push(shop.order(of(number, Some(10))));
        settle().await;
    }
    for number in 1..=4 {
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        uses.release(&shop);
        let order = waiting.remove(0).await.unwrap().unwrap();
        assert_eq!(order.consumer_id, who(&format!("c{number}")));
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_those_who_wait() {
    let uses = Uses::default();
    let shop = uses.shop();
    let first = shop.order(of(1, Some(10)));
    settle().await;
    *uses.free.lock() += 1;
    // There is a use; but somebody waits for it.
    assert!(is_held(&shop.place_order.execute(of(2, None)).await));
    assert_eq!(uses.last_try(), ("c2".to_owned(), true));
    let third = shop.order(of(3, Some(10)));
    settle().await;
    assert_eq!(uses.last_try(), ("c3".to_owned(), true));
    assert!(first.await.unwrap().is_ok());
    uses.release(&shop);
    assert!(third.await.unwrap().is_ok());
    assert_eq!(uses.last_try(), ("c3".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_too_long_is_told_that_the_coupon_is_held_and_leaves_no_trace() {
    let uses = Uses::default();
    let shop = uses.shop();
    let began = Instant::now();
    assert!(is_held(&shop.place_order.execute(of(1, Some(3))).await));
    assert_eq!(began.elapsed().as_secs(), 3);
    assert!(shop.queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_gives_its_place_up() {
    let uses = Uses::default();
    let shop = uses.shop();
    let (gone, next) = (shop.order(of(1, Some(10))), shop.order(of(2, Some(10))));
    settle().await;
    gone.abort();
    let _ = gone.await;
    uses.release(&shop);
    assert_eq!(next.await.unwrap().unwrap().consumer_id, who("c2"));
}

#[tokio::test(start_paused = true)]
async fn a_second_order_of_one_consumer_does_not_wait_beside_the_first() {
    let uses = Uses::default();
    let shop = uses.shop();
    let first = shop.order(of(1, Some(10)));
    settle().await;
    let second = NewOrder {
        key: KeyScope([99; 32]),
        ..of(1, Some(10))
    };
    let began = Instant::now();
    assert!(is_held(&shop.place_order.execute(second).await));
    assert_eq!(began.elapsed(), Duration::ZERO);
    uses.release(&shop);
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn another_refusal_ends_the_waiting() {
    let uses = Uses::default();
    let mut purchases = MockPurchases::new();
    let (uses_up, mut tries) = (PurchaseRefusal::Coupon(UseRefusal::CouponNotUsable), 0);
    purchases.expect_place().times(2).returning(move |_| {
        tries += 1;
        Ok(Placed::Refused(if tries == 1 { HELD } else { uses_up }))
    });
    let shop = Shop::of(purchases, MockProvider::new(), PaidBy::Wallet);
    let refused = shop.place_order.execute(of(1, Some(10))).await;
    assert!(matches!(refused, Err(PlaceOrderError::Refused(refused)) if refused == uses_up));
    assert!(shop.queue.is_empty() && uses.tries.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_next_in_line_does_not_wait_for_the_payment_of_the_one_before() {
    let uses = Uses::default();
    let shop = Shop::of(uses.purchases(), Gated::closed(), PaidBy::Provider);
    let waiting = [1, 2].map(|number| shop.order(of(number, Some(10))));
    settle().await;
    uses.release(&shop);
    uses.release(&shop);
    settle().await;
    assert!(
        shop.queue.is_empty(),
        "somebody waits though both are placed"
    );
    for waiting in waiting {
        let order = waiting.await.unwrap().unwrap();
        assert_eq!(order.status, OrderStatus::Pending);
    }
}
