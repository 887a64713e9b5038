//! Lanes behind a gate.

use std::sync::Mutex;

use domain::{
    ConsumerId, CouponId, IssueRefusal, IssueRequest, IssuedCoupon,
    ports::{Admission, Decided, GateError, IssuedBatch},
};
use futures_util::future::join_all;

use super::*;
use crate::testing::{Given, MockAdmissions, copy, copy_id, who};
use crate::{HolderSet, KnownCoupon};

const EVENT: fn() -> IssueScope = || IssueScope::of(&Given::coupon());
const EXHAUSTED: IssueOutcome = IssueOutcome::Refused(IssueRefusal::CouponNotIssuable);

fn asks(number: u128, consumer: &str) -> IssueRequest {
    IssueRequest {
        issued_coupon_id: copy_id(number),
        consumer_id: who(consumer),
        ..request(1)
    }
}

fn single(number: u128) -> IssueOutcome {
    IssueOutcome::Refused(IssueRefusal::SingleCouponAvailablePerEvent {
        issued_coupon_id: copy_id(number),
    })
}

fn copy_for(request: &IssueRequest) -> IssuedCoupon {
    IssuedCoupon {
        id: request.issued_coupon_id,
        consumer_id: request.consumer_id.clone(),
        ..copy(1, "x")
    }
}

fn holds(number: u128, consumer: &str) -> Decided {
    Decided::Holder(who(consumer), Given::coupon().id, copy_id(number))
}

fn free(consumer: &str) -> Decided {
    Decided::Free(who(consumer), Given::coupon().id)
}

/// What a gate was told, in no order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Decided>>>);

impl Told {
    fn assert_is(&self, expected: &[Decided]) {
        let told = self.0.lock().unwrap();
        let same = expected.iter().all(|one| told.contains(one));
        assert!(same && told.len() == expected.len(), "{told:?}");
    }
}

/// A gate that says this of each consumer, and keeps what it is told.
fn gate(says: fn(&ConsumerId) -> Admission) -> (MockAdmissions, Told) {
    let told = Told::default();
    let mut gate = MockAdmissions::new();
    gate.expect_admit().returning(move |_, _, arrivals| {
        let says = arrivals.iter().map(|arrival| says(&arrival.consumer_id));
        Ok(Some(says.collect()))
    });
    let keeps = told.clone();
    gate.expect_settle().returning(move |_, _, decided| {
        keeps.0.lock().unwrap().extend_from_slice(decided);
        Ok(())
    });
    (gate, told)
}

/// A ledger that answers each request so, and the consumers of each batch.
fn ledger(
    answers: impl Fn(&IssueRequest) -> IssueOutcome + Send + Sync + 'static,
) -> (MockLedger, Arc<Mutex<Vec<Vec<ConsumerId>>>>) {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&batches);
    let mut ledger = MockLedger::new();
    ledger.expect_issue().returning(move |_, requests| {
        let consumers = requests.iter().map(|request| request.consumer_id.clone());
        kept.lock().unwrap().push(consumers.collect());
        Ok(IssuedBatch {
            outcomes: requests.iter().map(&answers).collect(),
            coupons: vec![],
        })
    });
    (ledger, batches)
}

async fn lanes(gate: MockAdmissions, ledger: MockLedger) -> (Arc<Lanes>, Given) {
    let given = Given::behind(gate).await;
    let lanes = Lanes::new(
        Arc::new(ledger),
        Arc::clone(&given.answers),
        Some(Arc::clone(&given.gate)),
        LaneLimits::default(),
    );
    (lanes, given)
}

/// Sends all of them as one batch.
async fn send_all(
    lanes: &Arc<Lanes>,
    requests: impl IntoIterator<Item = IssueRequest>,
) -> Vec<Result<IssueOutcome, LanesError>> {
    let requests = requests.into_iter();
    join_all(requests.map(|request| lanes.issue(EVENT(), request))).await
}

fn outcomes(answers: Vec<Result<IssueOutcome, LanesError>>) -> Vec<IssueOutcome> {
    answers.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_holder_is_answered_by_the_gate_and_full_ones_come_after_the_others_of_the_ledger() {
    let (gate, told) = gate(|consumer| match consumer.as_str() {
        "holder" => Admission::Holder(copy_id(7), Given::coupon().id),
        "late" => Admission::Full,
        "again" => Admission::Undecided,
        _ => Admission::Admitted,
    });
    let (ledger, batches) = ledger(|request| IssueOutcome::Issued(copy_for(request)));
    let (lanes, _) = lanes(gate, ledger).await;
    let names = ["late", "holder", "new", "again"];
    let requests = (1..).zip(names).map(|(n, name)| asks(n, name));
    let answers = outcomes(send_all(&lanes, requests).await);
    lanes.drained().await;
    assert_eq!(answers[1], single(7));
    let issued = |answer: &IssueOutcome| matches!(answer, IssueOutcome::Issued(_));
    assert!([0, 2, 3].into_iter().all(|n| issued(&answers[n])));
    let expected = [vec![who("new"), who("again")], vec![who("late")]];
    assert_eq!(*batches.lock().unwrap(), expected);
    told.assert_is(&[holds(1, "late"), holds(3, "new"), holds(4, "again")]);
}

#[tokio::test]
async fn a_full_one_is_not_taken_to_the_ledger_when_memory_has_learned_enough() {
    let (gate, _) = gate(|consumer| match consumer.as_str() {
        "late" => Admission::Full,
        _ => Admission::Admitted,
    });
    let given = Given::behind(gate).await;
    let answers = Arc::clone(&given.answers);
    let (ledger, batches) = ledger(move |request| {
        let mut full = Given::coupon();
        full.counters.issued = 3;
        let holders: HolderSet = [who("new")].into_iter().collect();
        answers.learn(KnownCoupon::learned(full).with_holders(holders));
        IssueOutcome::Issued(copy_for(request))
    });
    let lanes = Lanes::new(
        Arc::new(ledger),
        Arc::clone(&given.answers),
        Some(Arc::clone(&given.gate)),
        LaneLimits::default(),
    );
    let answers = outcomes(send_all(&lanes, [asks(1, "late"), asks(2, "new")]).await);
    assert_eq!(answers[0], EXHAUSTED);
    assert_eq!(*batches.lock().unwrap(), [[who("new")]]);
}

#[tokio::test]
async fn the_gate_is_told_what_the_ledger_has_decided_of_each() {
    let (gate, told) = gate(|consumer| match consumer.as_str() {
        // Under whose name it knows another coupon's copy.
        "known" => Admission::Holder(copy_id(9), CouponId::from_uuid(Uuid::from_u128(9))),
        _ => Admission::Admitted,
    });
    let (mut ledger, _) = ledger(|request| match request.consumer_id.as_str() {
        "issued" if request.issued_coupon_id == copy_id(1) => {
            IssueOutcome::Issued(copy_for(request))
        }
        "issued" => single(1),
        "replayed" => IssueOutcome::Replayed(copy_for(request)),
        "single" | "known" => single(8),
        _ => EXHAUSTED,
    });
    ledger
        .expect_copies_among()
        .once()
        .withf(|scope, consumers| *scope == EVENT() && *consumers == [who("single")])
        .returning(|_, _| Ok(vec![copy(8, "single")]));
    let (lanes, _) = lanes(gate, ledger).await;
    let names = ["issued", "issued", "replayed", "single", "known", "late"];
    let requests = (1..).zip(names).map(|(n, name)| asks(n, name));
    send_all(&lanes, requests).await;
    lanes.drained().await;
    told.assert_is(&[
        holds(1, "issued"),
        holds(3, "replayed"),
        holds(8, "single"),
        free("late"),
    ]);
}

#[tokio::test]
async fn what_is_unknown_stays_undecided_and_the_others_have_their_turn() {
    let (gate, told) = gate(|consumer| match consumer.as_str() {
        "late" => Admission::Full,
        _ => Admission::Admitted,
    });
    let mut ledger = MockLedger::new();
    ledger.expect_issue().times(2).returning(|_, requests| {
        match requests[0].consumer_id.as_str() {
            "late" => Ok(refuse(&requests, vec![])),
            _ => Err(StoreError::unknown("lost")),
        }
    });
    let (lanes, _) = lanes(gate, ledger).await;
    let answers = send_all(&lanes, [asks(1, "late"), asks(2, "new")]).await;
    lanes.drained().await;
    assert!(matches!(answers[0], Ok(EXHAUSTED)));
    assert!(matches!(
        answers[1],
        Err(LanesError::Store(StoreError::Unknown(_)))
    ));
    told.assert_is(&[free("late")]);
}

#[tokio::test]
async fn without_the_gates_word_a_batch_goes_to_the_ledger_as_it_is() {
    for says in [|| Ok(None), || Err(GateError(Arc::from(Box::from("down"))))] {
        let mut gate = MockAdmissions::new();
        gate.expect_admit().returning(move |_, _, _| says());
        let (ledger, batches) = ledger(|_| EXHAUSTED);
        let (lanes, _) = lanes(gate, ledger).await;
        let answers = outcomes(send_all(&lanes, [asks(1, "a"), asks(2, "b")]).await);
        assert_eq!(answers, [EXHAUSTED, EXHAUSTED]);
        assert_eq!(*batches.lock().unwrap(), [[who("a"), who("b")]]);
    }
}

#[tokio::test]
async fn the_lane_of_a_use_coupon_asks_no_gate() {
    let (ledger, _) = ledger(|_| EXHAUSTED);
    let (lanes, _) = lanes(MockAdmissions::new(), ledger).await;
    lanes.issue(scope(1), asks(1, "a")).await.unwrap();
}

/// Admits all, and never answers when it is told what became of them.
struct DeafGate;

#[async_trait::async_trait]
impl domain::ports::AdmissionGate for DeafGate {
    async fn admit(
        &self,
        _: domain::EventId,
        _: Uuid,
        arrivals: &[domain::ports::Arrival],
    ) -> Result<Option<Vec<Admission>>, GateError> {
        Ok(Some(arrivals.iter().map(|_| Admission::Admitted).collect()))
    }
    async fn settle(&self, _: domain::EventId, _: Uuid, _: &[Decided]) -> Result<(), GateError> {
        std::future::pending().await
    }
    async fn is_open(&self, _: domain::EventId, _: Uuid) -> Result<bool, GateError> {
        unreachable!()
    }
    async fn clear(&self, _: domain::EventId) -> Result<(), GateError> {
        unreachable!()
    }
    async fn fill(&self, _: domain::EventId, _: &[Decided]) -> Result<(), GateError> {
        unreachable!()
    }
    async fn open(
        &self,
        _: domain::EventId,
        _: Uuid,
        _: domain::Timestamp,
    ) -> Result<(), GateError> {
        unreachable!()
    }
    async fn long_undecided(
        &self,
        _: domain::EventId,
        _: i64,
        _: u32,
    ) -> Result<Vec<domain::ports::LongUndecided>, GateError> {
        unreachable!()
    }
    async fn count(&self, _: domain::EventId) -> Result<domain::ports::GateCount, GateError> {
        unreachable!()
    }
}

#[tokio::test(start_paused = true)]
async fn answers_do_not_wait_for_the_gate_to_be_told_and_the_lane_goes_on() {
    let (ledger, _) = ledger(|_| EXHAUSTED);
    let given = Given::behind(DeafGate).await;
    let lanes = Lanes::new(
        Arc::new(ledger),
        given.answers,
        Some(given.gate),
        LaneLimits::default(),
    );
    let asked = tokio::time::Instant::now();
    lanes.issue(EVENT(), asks(1, "a")).await.unwrap();
    lanes.issue(EVENT(), asks(2, "b")).await.unwrap();
    assert!(asked.elapsed().is_zero());
    lanes.drained().await;
    assert_eq!(asked.elapsed().as_millis(), 200);
}
