use super::*;
use crate::testing::{MockProvider, OneOrder};
use domain::{OrderCommand, OrderFailure, SagaEvent};

/// A shop in which there is one order, or will be.
fn shop(one: &OneOrder, provider: impl Payments + 'static, paid_by: PaidBy) -> Shop {
    let mut purchases = MockPurchases::new();
    one.serve(&mut purchases);
    Shop::of(purchases, provider, paid_by)
}

/// A provider that gives this answer to the first call.
fn provider(answer: fn() -> Result<PaymentAnswer, PaymentError>) -> MockProvider {
    let mut provider = MockProvider::new();
    provider.expect_call().returning(move |_| answer());
    provider
}

#[tokio::test(start_paused = true)]
async fn what_the_wallet_pays_is_paid_when_it_is_placed_and_the_provider_hears_of_nothing() {
    let one = OneOrder::default();
    let shop = shop(&one, MockProvider::new(), PaidBy::Wallet);
    let order = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Paid);
    shop.worker.drained().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_pays_is_answered_when_it_has_paid() {
    let one = OneOrder::default();
    let done = provider(|| Ok(PaymentAnswer::Done));
    let shop = shop(&one, done, PaidBy::Provider);
    let order = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_came_to_nothing_is_answered_as_failed_at_once() {
    let one = OneOrder::default();
    let declined = provider(|| Ok(PaymentAnswer::Declined("no".to_owned())));
    let shop = shop(&one, declined, PaidBy::Provider);
    let order = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Failed);
    assert_eq!(order.failure, Some(OrderFailure::PaymentDeclined));
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_first_the_order_is_pending_and_its_saga_goes_on() {
    for (wait, seconds) in [(None, 2), (Some(0), 0), (Some(7), 7)] {
        let (one, gated) = (OneOrder::default(), Gated::closed());
        let shop = shop(&one, gated.clone(), PaidBy::Provider);
        let began = Instant::now();
        let order = shop.place_order.execute(new_order(wait)).await.unwrap();
        assert_eq!(order.status, OrderStatus::Pending);
        assert_eq!(began.elapsed().as_secs(), seconds);
        gated.open();
        shop.worker.drained().await;
        assert_eq!(one.order().status, OrderStatus::Paid);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_a_pending_order_waits_for_its_end_whoever_works_on_it() {
    let (one, saga) = OneOrder::placed();
    let shop = shop(&one, MockProvider::new(), PaidBy::Provider);
    let replay = shop.order(new_order(None));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!replay.is_finished());
    one.change(OrderCommand::Saga {
        saga_id: saga.id,
        epoch: None,
        event: SagaEvent::Succeeded,
        patience: SagaPatience::default(),
    });
    assert_eq!(replay.await.unwrap().unwrap().status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_a_pending_order_is_pending_again_when_its_time_is_over() {
    let (one, _) = OneOrder::placed();
    let shop = shop(&one, MockProvider::new(), PaidBy::Provider);
    let began = Instant::now();
    let order = shop.place_order.execute(new_order(Some(3))).await.unwrap();
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_answered_though_it_can_t_be_read_again() {
    let (one, _) = OneOrder::placed();
    let mut purchases = MockPurchases::new();
    let read = purchases.expect_order();
    read.returning(|_| Err(StoreError::unavailable("down")));
    one.serve(&mut purchases);
    let shop = Shop::of(purchases, MockProvider::new(), PaidBy::Provider);
    let order = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_answered_as_at_first_whatever_became_of_the_paid_order() {
    let one = OneOrder::default();
    let shop = shop(&one, MockProvider::new(), PaidBy::Wallet);
    let first = shop.place_order.execute(new_order(None)).await.unwrap();
    one.change(OrderCommand::Refund {
        saga_id: SagaId::from_uuid(uuid::Uuid::from_u128(99)),
        patience: SagaPatience::default(),
    });
    assert_eq!(one.order().status, OrderStatus::Refunded);
    let again = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(again, first);
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_an_order_that_counted_as_paid_says_so_also_when_its_payment_was_lost_later() {
    let one = OneOrder::default();
    let mut provider = MockProvider::new();
    provider.expect_query().returning(|_| Ok(None));
    provider.expect_call().returning(|call| match call.action {
        domain::ports::PaymentAction::Authorise => Ok(PaymentAnswer::Done),
        _ => Err(PaymentError::Unknown(Arc::new(std::fmt::Error))),
    });
    let shop = shop(&one, provider, PaidBy::Provider);
    let first = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(first.status, OrderStatus::Paid);
    shop.worker.drained().await;
    let saga = |event| OrderCommand::Saga {
        saga_id: one.saga().id,
        epoch: None,
        event,
        patience: SagaPatience::default(),
    };
    // The capture has no answer until it is stuck, and an operator says that it never will be.
    while one.saga().phase != domain::SagaPhase::Stuck {
        let why = "no answer".to_owned();
        one.change(saga(SagaEvent::Unanswered(why, domain::Jitter::default())));
    }
    one.change(saga(SagaEvent::Abandon {
        by: domain::CallerId::new("op").unwrap(),
        reason: domain::Reason::new("never came").unwrap(),
        settled: domain::Settled::Voided,
    }));
    assert_eq!(one.order().status, OrderStatus::Failed);
    let again = shop.place_order.execute(new_order(None)).await.unwrap();
    assert_eq!(again, first);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_request_a_refusal_and_a_silent_store_are_told_as_they_are() {
    let answer = |placed: fn() -> Result<Placed, StoreError>| async move {
        let mut purchases = MockPurchases::new();
        purchases.expect_place().once().returning(move |_| placed());
        let shop = Shop::of(purchases, MockProvider::new(), PaidBy::Wallet);
        let refused = shop.place_order.execute(new_order(None)).await;
        refused.unwrap_err()
    };
    let reused = answer(|| Ok(Placed::KeyReused)).await;
    assert!(matches!(reused, PlaceOrderError::Key(KeyError::Reused)));
    let poor = answer(|| Ok(Placed::Refused(PurchaseRefusal::NotEnoughBalance))).await;
    let PlaceOrderError::Refused(PurchaseRefusal::NotEnoughBalance) = poor else {
        panic!("{poor:?}");
    };
    let unknown = answer(|| Err(StoreError::unknown("lost"))).await;
    assert!(matches!(
        unknown,
        PlaceOrderError::Store(StoreError::Unknown(_))
    ));
    let panicked = answer(|| panic!("a defect")).await;
    assert!(matches!(
        panicked,
        PlaceOrderError::Store(StoreError::Unknown(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn of_equal_requests_at_once_one_has_an_effect_and_the_other_finds_the_order_under_way() {
    let (one, gated) = (OneOrder::default(), Gated::closed());
    let shop = shop(&one, gated.clone(), PaidBy::Provider);
    let (first, second) = (shop.order(new_order(None)), shop.order(new_order(None)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    gated.open();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first.unwrap().id, one.order().id);
    assert_eq!(second.unwrap().status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stays_in_use_is_said_to_be_so_within_the_callers_time() {
    let shop = shop(&OneOrder::default(), MockProvider::new(), PaidBy::Wallet);
    let _other = shop.place_order.keys.enter(new_order(None).key).await;
    for (wait, seconds) in [(Some(1), 1), (None, 2), (Some(10), 2)] {
        let began = Instant::now();
        let refused = shop.place_order.execute(new_order(wait)).await;
        assert!(matches!(
            refused,
            Err(PlaceOrderError::Key(KeyError::InUse))
        ));
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}
