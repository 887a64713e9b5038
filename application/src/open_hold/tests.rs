use super::*;
use crate::testing::{
    MockAnswers, MockHolds, MockLedger, NOW, at, copy, copy_id, coupon, keyed, rising_ids, use_kind,
};
use crate::{KeysInFlight, WaitLimits};
use domain::ports::{Answered, RequestDigest};
use domain::{Amount, Hold, HoldOwner, HoldState};
use parking_lot::Mutex;

/// A coupon of which some uses are free, and who has tried to have one; yielding or not.
#[derive(Clone, Default)]
struct Uses {
    free: Arc<Mutex<u64>>,
    tries: Arc<Mutex<Vec<(HoldName, bool)>>>,
}

impl Uses {
    fn holds(&self) -> MockHolds {
        let (uses, mut holds) = (self.clone(), MockHolds::new());
        holds.expect_open_hold().returning(move |request, _| {
            let attempt = (request.name.clone(), request.yields);
            uses.tries.lock().push(attempt);
            let mut free = uses.free.lock();
            if *free == 0 || request.yields {
                return Ok(Keyed::Refused(HELD));
            }
            *free -= 1;
            Ok(Keyed::Done(OpenedHold::Now(hold(&request)), NOW))
        });
        holds
    }
}

fn hold(request: &HoldRequest) -> Hold {
    Hold {
        id: request.id,
        owner: HoldOwner::Caller {
            caller_id: request.caller_id.clone(),
            name: request.name.clone(),
            seconds: request.seconds,
            deadline: at(1_000),
        },
        coupon_id: coupon(use_kind(1)).id,
        issued_coupon_id: request.issued_coupon_id,
        single_use: true,
        order_amount: request.order_amount,
        discount: Amount::ZERO,
        state: HoldState::Open,
        opened_at: NOW,
    }
}

fn use_case(holds: MockHolds, answered: Option<Answered>) -> (Arc<OpenHold>, Arc<WaitQueue>) {
    let mut copies = MockLedger::new();
    copies.expect_issued_coupon().returning(|id| {
        let number = id.as_uuid().as_u128();
        Ok(Some(copy(number, &format!("c{number}"))))
    });
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    let queue = WaitQueue::new(WaitLimits::default());
    let use_case = OpenHold::new(
        Arc::new(holds),
        Arc::new(copies),
        Arc::clone(&queue),
        Arc::new(keyed),
        Arc::new(rising_ids()),
    );
    (Arc::new(use_case), queue)
}

/// A shop's checkout wants to use the copy of this number.
fn new_hold(number: u128, wait: Option<u64>) -> NewHold {
    NewHold {
        caller_id: CallerId::new("shop").unwrap(),
        name: HoldName::new(format!("h{number}")).unwrap(),
        issued_coupon_id: copy_id(number),
        order_amount: Money::new(1_000).unwrap(),
        seconds: HoldSeconds::new(60).unwrap(),
        wait: wait.map(Duration::from_secs),
    }
}

fn key() -> KeyedRequest<OpenedHold> {
    keyed(1, |_, _| b"opened".to_vec())
}

fn is_held<T>(answer: &Result<T, OpenHoldError>) -> bool {
    matches!(answer, Err(OpenHoldError::Refused(refusal)) if *refusal == HELD)
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_opened_as_it_was_asked_for() {
    let uses = Uses::default();
    *uses.free.lock() = 1;
    let (open_hold, _) = use_case(uses.holds(), None);
    let opened = open_hold.execute(new_hold(1, None), None).await.unwrap();
    let Written::Now(OpenedHold::Now(hold), NOW) = opened else {
        panic!("{opened:?}");
    };
    assert_eq!(hold.issued_coupon_id, copy_id(1));
    assert_eq!(hold.order_amount, Amount::new(1_000).unwrap());
    assert_eq!(*uses.tries.lock(), [(new_hold(1, None).name, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_answered_is_answered_so_again_and_opens_nothing() {
    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: b"first".to_vec(),
    };
    let (open_hold, _) = use_case(MockHolds::new(), Some(answered.clone()));
    let again = open_hold.execute(new_hold(1, None), Some(key())).await;
    assert!(matches!(again, Ok(Written::Before(answer)) if answer == b"first"));

    let other = Answered {
        digest: RequestDigest([2; 32]),
        ..answered
    };
    let (open_hold, _) = use_case(MockHolds::new(), Some(other));
    let reused = open_hold.execute(new_hold(1, None), Some(key())).await;
    assert!(matches!(reused, Err(OpenHoldError::Key(KeyError::Reused))));
}

#[tokio::test(start_paused = true)]
async fn without_a_wish_to_wait_a_held_coupon_is_refused_at_once() {
    let (open_hold, queue) = use_case(Uses::default().holds(), None);
    let began = Instant::now();
    assert!(is_held(&open_hold.execute(new_hold(1, None), None).await));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_waits_queues_before_newcomers_until_a_use_is_free_or_its_time_is_over() {
    let uses = Uses::default();
    let (open_hold, queue) = use_case(uses.holds(), None);
    let waiting = tokio::spawn({
        let open_hold = Arc::clone(&open_hold);
        async move { open_hold.execute(new_hold(1, Some(5)), None).await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    *uses.free.lock() = 1;
    // There is a use; but somebody waits for it.
    assert!(is_held(&open_hold.execute(new_hold(2, None), None).await));
    queue.released(coupon(use_kind(1)).id);
    assert!(matches!(waiting.await.unwrap(), Ok(Written::Now(..))));

    let began = Instant::now();
    assert!(is_held(
        &open_hold.execute(new_hold(3, Some(5)), None).await
    ));
    assert_eq!(began.elapsed().as_secs(), 5);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_no_matter_of_waiting_and_an_unknown_outcome_are_told_at_once() {
    let mut holds = MockHolds::new();
    let reused = OpenHoldRefusal::NameReused;
    let open = holds.expect_open_hold().once();
    open.returning(move |_, _| Ok(Keyed::Refused(reused)));
    let (open_hold, _) = use_case(holds, None);
    let refused = open_hold.execute(new_hold(1, Some(5)), None).await;
    assert!(matches!(refused, Err(OpenHoldError::Refused(why)) if why == reused));

    let mut holds = MockHolds::new();
    let open = holds.expect_open_hold().once();
    open.returning(|_, _| Err(StoreError::unknown("lost")));
    let (open_hold, _) = use_case(holds, None);
    let unknown = open_hold.execute(new_hold(1, Some(5)), None).await;
    assert!(matches!(
        unknown,
        Err(OpenHoldError::Store(StoreError::Unknown(_)))
    ));
}
