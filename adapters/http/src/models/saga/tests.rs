use super::*;
use crate::testing::refused_field;
use domain::{OrderId, SagaId, SagaPatience, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case(1, true)]
#[case(500, true)]
#[case(501, false)]
#[case(0, false)]
fn a_reason_has_1_to_500_characters(#[case] length: usize, #[case] valid: bool) {
    let reason = "봄".repeat(length);
    let expected = (!valid).then_some("reason".to_owned());
    let abandon = AbandonSagaBody {
        reason: reason.clone(),
        settled: SettledName::Nothing,
    };
    assert_eq!(refused_field(abandon.reason()), expected);
    let retry = RetrySagaBody {
        reason: Some(reason),
    };
    assert_eq!(refused_field(retry.reason()), expected);
}

#[test]
fn a_retry_needs_no_reason() {
    assert_eq!(RetrySagaBody::default().reason().unwrap(), None);
}

#[rstest]
#[case(json!("CAPTURED"), Some(Settled::Captured))]
#[case(json!("VOIDED"), Some(Settled::Voided))]
#[case(json!("NOTHING"), Some(Settled::Nothing))]
#[case(json!("REFUNDED"), None)]
#[case(json!({"NOTHING": null}), None)]
fn a_payment_is_settled_by_name(#[case] name: Value, #[case] expected: Option<Settled>) {
    let body = serde_json::from_value::<AbandonSagaBody>(json!({"reason": "r", "settled": name}));
    assert_eq!(body.ok().map(|body| body.settled.into()), expected);
}

#[test]
fn a_phase_that_is_asked_for_is_the_one_that_is_shown() {
    for phase in [
        SagaPhase::Running,
        SagaPhase::Parked,
        SagaPhase::Stuck,
        SagaPhase::Done,
    ] {
        assert_eq!(SagaPhase::from(SagaPhaseName::from(phase)), phase);
    }
}

#[test]
fn a_saga_shows_its_trace_when_it_is_alone_and_not_in_a_list() {
    let (id, order) = (SagaId::OF_NOTHING, OrderId::OF_NOTHING);
    let (now, patience) = (Timestamp::from_micros(0), SagaPatience::default());
    let call = (SagaKind::Refund, SagaStep::Refund);
    let saga = Saga::begin(id, order, call, now, &patience);
    let mut expected = json!({
        "sagaId": id.to_string(),
        "orderId": order.to_string(),
        "kind": "REFUND",
        "direction": "FORWARD",
        "phase": "RUNNING",
        "step": "REFUND",
        "tries": 0,
    });
    assert_eq!(
        serde_json::to_value(SagaReply::from(&saga.0)).unwrap(),
        expected
    );
    expected["trace"] = json!([{
        "at": "1970-01-01T00:00:00Z", "direction": "FORWARD", "step": "REFUND", "event": "BEGAN",
    }]);
    assert_eq!(
        serde_json::to_value(SagaReply::from(&saga)).unwrap(),
        expected
    );
}
