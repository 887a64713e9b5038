use application::Written;
use domain::{HoldState, UseRefusal};
use http_body_util::BodyExt;
use rstest::rstest;
use serde_json::Value;
use warp::Reply;

use super::*;
use crate::testing::code_of;

#[rstest]
#[case(OpenHoldRefusal::NameReused, Code::HoldIdReused)]
#[case(HoldRefusal::IssuedCouponNotFound.into(), Code::IssuedCouponNotFound)]
#[case(HoldRefusal::from(UseRefusal::CopyHeld).into(), Code::CouponHeld)]
fn every_refusal_of_a_new_hold_has_its_code(#[case] refusal: OpenHoldRefusal, #[case] code: Code) {
    assert_eq!(code_of(OpenHoldError::from(refusal).into()), code);
}

#[rstest]
#[case(SettleRefusal::NotFound, Code::HoldNotFound)]
#[case(SettleRefusal::NotOpen(HoldState::Expired), Code::HoldNotOpen)]
#[case(SettleRefusal::ReturnNotAvailable, Code::RefundNotAvailable)]
fn every_refusal_of_an_end_has_its_code(#[case] refusal: SettleRefusal, #[case] code: Code) {
    assert_eq!(code_of(SettleHoldError::from(refusal).into()), code);
}

#[tokio::test]
async fn a_hold_that_is_not_open_says_how_it_stands() {
    for (state, name) in [
        (HoldState::Confirmed, "CONFIRMED"),
        (HoldState::Cancelled, "CANCELLED"),
        (HoldState::Expired, "EXPIRED"),
        (HoldState::Returned, "RETURNED"),
    ] {
        let failure = Failure::from(SettleHoldError::from(SettleRefusal::NotOpen(state)));
        let body = failure.problem("").into_response().into_body();
        let body = body.collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["state"], name);
    }
}

#[tokio::test]
async fn a_hold_that_is_new_is_201_and_one_that_was_there_200_whenever_the_answer_is_given() {
    let hold = crate::testing::hold("order-7");
    let now = Timestamp::from_micros(0);
    for (opened_hold, status, at) in [
        (
            OpenedHold::Now(hold.clone()),
            201,
            Some("/v1/holds/order-7"),
        ),
        (OpenedHold::Before(hold), 200, None),
    ] {
        let kept = opened(&opened_hold, now);
        let first = Written::Now(opened_hold, now);
        for written in [first, Written::Before(kept)] {
            let response = reply::created(written, opened).unwrap();
            assert_eq!(response.status(), status);
            let location = response.headers().get("location");
            assert_eq!(location.map(|at| at.to_str().unwrap()), at);
        }
    }
}
