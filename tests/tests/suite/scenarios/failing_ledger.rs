//! A ledger that panics or hangs under a running application: what goes on by itself goes on, and what
//! must end ends.

use std::{sync::Arc, time::Duration};

use adapter_http::Limits;
use application::LaneLimits;
use firstcome_tests::{
    Call, Fault, FaultyLedger, Fixture, Gate,
    given::{END_TEXT, START_TEXT},
    over_http::{InProcess, Shop, Tokens},
    until,
};

/// Longer than any end may take.
const HANG: Duration = Duration::from_secs(30);

async fn running(connections: Limits) -> (Arc<FaultyLedger>, InProcess, Shop) {
    let fixture = Fixture::memory().await;
    let ledger = Arc::new(FaultyLedger::new(fixture.store.clone()));
    let mut adapters = fixture.adapters();
    adapters.ledger = ledger.clone();
    let lanes = LaneLimits::default();
    let application = InProcess::start_within(adapters, lanes, connections).await;
    let shop = Shop::during(application.client(), Some(START_TEXT), END_TEXT).await;
    (ledger, application, shop)
}

#[tokio::test]
async fn what_has_changed_is_asked_for_also_after_a_step_that_panicked() {
    let (ledger, application, mut shop) = running(Limits::default()).await;
    let coupon = shop.issue_coupon(1).await;
    let (mut client, tokens) = (application.client(), Tokens::default());
    let (first, late) = (tokens.consumer("first"), tokens.consumer("late"));
    let issued = client.issue(&coupon, &first).await.unwrap();
    assert_eq!(issued.status, 201, "{issued:?}");

    ledger.next(Call::Changes, Fault::Panic);
    let asked = ledger.calls(Call::Changes);
    until("two steps after the one that panics", async || {
        (ledger.calls(Call::Changes) >= asked + 3).then_some(())
    })
    .await;

    // Only a memory that has asked within the last second refuses by itself.
    until("a refusal that the ledger was not asked for", async || {
        let heard = ledger.calls(Call::Issue);
        let refused = client.issue(&coupon, &late).await.unwrap();
        assert_eq!(refused.code(), "COUPON_NOT_ISSUABLE");
        (ledger.calls(Call::Issue) == heard).then_some(())
    })
    .await;
    application.stop().await;
}

#[tokio::test]
async fn a_ledger_that_hangs_does_not_keep_the_application_from_its_end() {
    let (ledger, application, mut shop) = running(Limits {
        drain: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let coupon = shop.issue_coupon(9).await;
    let (batches, steps) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
    ledger.always(Call::Issue, Fault::WaitBefore(batches.clone()));
    ledger.always(Call::Changes, Fault::WaitBefore(steps.clone()));
    let mut client = application.client();
    let asking = tokio::spawn(async move {
        let token = Tokens::default().consumer("ann");
        client.issue(&coupon, &token).await
    });
    batches.has_waiting(1).await;
    steps.has_waiting(1).await;

    let ended = tokio::time::timeout(HANG, application.stop()).await;
    assert!(ended.is_ok(), "the ledger keeps it");
    // Nobody has let the batch through, and nobody was told that it was.
    assert_eq!(batches.waiting(), 1);
    assert!(asking.await.unwrap().is_err());
}
