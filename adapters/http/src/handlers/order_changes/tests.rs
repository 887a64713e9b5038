use domain::{AmountOverflow, SagaRefusal};
use rstest::rstest;

use super::*;
use crate::testing::{code_of, order};

#[rstest]
#[case(OrderRefusal::NotFound, Code::OrderNotFound)]
#[case(OrderRefusal::InvalidDelivery, Code::InvalidDeliveryStatusRequest)]
#[case(OrderRefusal::ConfirmNotAvailable, Code::ConfirmNotAvailable)]
#[case(OrderRefusal::RefundNotAvailable, Code::RefundNotAvailable)]
#[case(OrderRefusal::TooLarge(AmountOverflow), Code::ConfirmNotAvailable)]
#[case(OrderRefusal::SagaNotFound, Code::ServerError)]
#[case(OrderRefusal::Saga(SagaRefusal::NotStuck), Code::ServerError)]
#[case(OrderRefusal::StaleWorker, Code::ServerError)]
fn every_refusal_has_its_code(#[case] refusal: OrderRefusal, #[case] code: Code) {
    let failure = refused(refusal.into(), Code::ConfirmNotAvailable);
    assert_eq!(code_of(failure), code);
}

#[rstest]
#[case(OrderStatus::Refunded, Ok(200))]
#[case(OrderStatus::Refunding, Ok(202))]
#[case(OrderStatus::Paid, Err(Code::RefundNotAvailable))]
#[case(OrderStatus::Confirmed, Err(Code::RefundNotAvailable))]
#[case(OrderStatus::Failed, Err(Code::RefundNotAvailable))]
#[case(OrderStatus::Pending, Err(Code::RefundNotAvailable))]
fn a_refund_is_answered_by_what_became_of_the_order(
    #[case] status: OrderStatus,
    #[case] expected: Result<u16, Code>,
) {
    let (order, now) = (order(status), Timestamp::from_micros(0));
    let answer = |written| {
        let answer = refunded(written).map(|response| response.status().as_u16());
        answer.map_err(code_of)
    };
    let kept = refund_answer(&order, now);
    assert_eq!(answer(Written::Now(order, now)), expected);
    // What is under way is not kept: a replay is decided anew.
    if expected != Ok(202) {
        assert_eq!(answer(Written::Before(kept)), expected);
    }
}
