use super::*;
use crate::testing::{MockAnswers, MockHolds, NOW, at, copy_id, coupon, keyed, use_kind, who};
use crate::{KeysInFlight, WaitLimits};
use domain::ports::{Answered, Keyed, RequestDigest};
use domain::{Amount, HoldId, HoldOwner, HoldSeconds, HoldState};
use futures_util::FutureExt;
use uuid::Uuid;

fn caller() -> CallerId {
    CallerId::new("shop").unwrap()
}

fn name() -> HoldName {
    HoldName::new("h").unwrap()
}

fn cancelled() -> Hold {
    Hold {
        id: HoldId::from_uuid(Uuid::from_u128(9)),
        owner: HoldOwner::Caller {
            caller_id: caller(),
            name: name(),
            seconds: HoldSeconds::new(60).unwrap(),
            deadline: at(1_000),
        },
        coupon_id: coupon(use_kind(1)).id,
        issued_coupon_id: copy_id(7),
        single_use: true,
        order_amount: Amount::ZERO,
        discount: Amount::ZERO,
        state: HoldState::Cancelled,
        opened_at: NOW,
    }
}

fn use_case(holds: MockHolds, answered: Option<Answered>) -> (SettleHold, Arc<WaitQueue>) {
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    let queue = WaitQueue::new(WaitLimits::default());
    let settle_hold = SettleHold::new(Arc::new(holds), Arc::new(keyed), Arc::clone(&queue));
    (settle_hold, queue)
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_coupon_hears_of_a_hold_that_ends() {
    let mut holds = MockHolds::new();
    let settle = holds.expect_settle_hold().once();
    settle.returning(|_, _, _, _| Ok(Keyed::Done(cancelled(), NOW)));
    let (settle_hold, queue) = use_case(holds, None);
    let mut place = queue.join(cancelled().coupon_id, &who("a")).ok().unwrap();
    place.turn().await;
    let settled = settle_hold.execute(caller(), name(), Settlement::Cancel, None);
    assert_eq!(settled.await.unwrap(), Written::Now(cancelled(), NOW));
    assert!(place.turn().now_or_never().is_some());
}

#[tokio::test]
async fn a_refusal_is_told_as_it_is() {
    let mut holds = MockHolds::new();
    let refusal = SettleRefusal::NotOpen(HoldState::Expired);
    let settle = holds.expect_settle_hold().once();
    settle.returning(move |_, _, _, _| Ok(Keyed::Refused(refusal)));
    let (settle_hold, _) = use_case(holds, None);
    let refused = settle_hold.execute(caller(), name(), Settlement::Confirm, None);
    assert!(matches!(refused.await, Err(SettleHoldError::Refused(why)) if why == refusal));
}

#[tokio::test]
async fn a_request_that_was_answered_is_answered_so_again_and_settles_nothing() {
    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: b"first".to_vec(),
    };
    let (settle_hold, _) = use_case(MockHolds::new(), Some(answered));
    let key = Some(keyed(1, |_: &Hold, _| vec![]));
    let again = settle_hold.execute(caller(), name(), Settlement::Cancel, key);
    assert!(matches!(again.await, Ok(Written::Before(answer)) if answer == b"first"));
}
