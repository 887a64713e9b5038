//! The ledger that fails on demand does what is demanded, and nothing else.

use std::sync::Arc;

use domain::ports::{CouponLedger, IssuedBatch, StoreError};
use domain::{Coupon, IssueRequest, IssueScope};
use firstcome_tests::given::{issue_kind, issued};
use firstcome_tests::{Call, Fault, FaultyLedger, Fixture, Gate};

async fn given() -> (Fixture, Coupon, Arc<FaultyLedger>) {
    let fixture = Fixture::memory().await;
    let coupon = fixture.coupon(issue_kind(9)).await;
    let faulty = Arc::new(FaultyLedger::new(fixture.store.clone()));
    (fixture, coupon, faulty)
}

async fn issue(
    ledger: &FaultyLedger,
    coupon: &Coupon,
    request: &IssueRequest,
) -> Result<IssuedBatch, StoreError> {
    ledger
        .issue(IssueScope::of(coupon), vec![request.clone()])
        .await
}

async fn is_stored(fixture: &Fixture, request: &IssueRequest) -> bool {
    let copy = fixture.store.issued_coupon(request.issued_coupon_id).await;
    copy.unwrap().is_some()
}

#[tokio::test]
async fn a_fault_before_the_call_keeps_it_from_the_ledger() {
    let (fixture, coupon, ledger) = given().await;
    let request = fixture.request(&coupon, "a");
    ledger.next(Call::Issue, Fault::Before(StoreError::Overloaded));
    let answer = issue(&ledger, &coupon, &request).await;
    assert!(matches!(answer, Err(StoreError::Overloaded)));
    assert!(!is_stored(&fixture, &request).await);

    let answer = issue(&ledger, &coupon, &request).await.unwrap();
    assert_eq!(issued(&answer.outcomes[0]).id, request.issued_coupon_id);
}

#[tokio::test]
async fn a_fault_after_the_call_loses_only_its_answer() {
    let (fixture, coupon, ledger) = given().await;
    let request = fixture.request(&coupon, "a");
    ledger.next(Call::Issue, Fault::After(StoreError::unknown("lost")));
    let answer = issue(&ledger, &coupon, &request).await;
    assert!(matches!(answer, Err(StoreError::Unknown(_))));
    assert!(is_stored(&fixture, &request).await);
}

#[tokio::test]
async fn a_call_waits_before_or_after_its_effect_until_the_gate_opens() {
    let (fixture, coupon, ledger) = given().await;
    for (name, after) in [("a", false), ("b", true)] {
        let gate = Arc::new(Gate::default());
        let fault = if after {
            Fault::WaitAfter
        } else {
            Fault::WaitBefore
        };
        ledger.next(Call::Issue, fault(gate.clone()));
        let request = fixture.request(&coupon, name);
        let call = {
            let (ledger, coupon, request) = (ledger.clone(), coupon.clone(), request.clone());
            tokio::spawn(async move { issue(&ledger, &coupon, &request).await })
        };
        gate.has_waiting(1).await;
        assert!(!call.is_finished());
        assert_eq!(is_stored(&fixture, &request).await, after);
        gate.open();
        let answer = call.await.unwrap().unwrap();
        assert_eq!(issued(&answer.outcomes[0]).id, request.issued_coupon_id);
    }
}

#[tokio::test]
async fn faults_befall_their_own_calls_in_order_until_healed() {
    let (fixture, _, ledger) = given().await;
    ledger.next(Call::Ready, Fault::Before(StoreError::unknown("first")));
    ledger.always(Call::Ready, Fault::Before(StoreError::Overloaded));
    assert!(matches!(ledger.ready().await, Err(StoreError::Unknown(_))));
    for _ in 0..2 {
        assert!(matches!(ledger.ready().await, Err(StoreError::Overloaded)));
    }
    assert_eq!(
        ledger.changes(None, 1).await.unwrap(),
        fixture.store.changes(None, 1).await.unwrap()
    );
    ledger.heal();
    assert!(ledger.ready().await.is_ok());
    assert_eq!(
        (ledger.calls(Call::Ready), ledger.calls(Call::Changes)),
        (4, 1)
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_at_the_gate_waits_no_more() {
    let (_, _, ledger) = given().await;
    let gate = Arc::new(Gate::default());
    ledger.always(Call::Ready, Fault::WaitBefore(gate.clone()));
    let call = |ledger: Arc<FaultyLedger>| tokio::spawn(async move { ledger.ready().await });
    let (dropped, kept) = (call(ledger.clone()), call(ledger.clone()));
    gate.has_waiting(2).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    assert_eq!(gate.waiting(), 1);
    gate.open();
    assert!(kept.await.unwrap().is_ok());
}
