use super::*;
use crate::testing::{TOKEN, a_call};
use domain::ports::PaymentError;
use rstest::rstest;
use serde_json::{Value, json};

fn reply(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let call = a_call(PaymentAction::Capture);
    let mut reply = json!({
        "sagaId": call.saga_id.to_string(),
        "action": "CAPTURE",
        "amount": 12_900,
        "state": "DONE",
    });
    change(&mut reply);
    reply.to_string().into_bytes()
}

#[rstest]
#[case(PaymentAction::Authorise, "AUTHORISE", Some(TOKEN))]
#[case(PaymentAction::Capture, "CAPTURE", None)]
#[case(PaymentAction::Void, "VOID", None)]
#[case(PaymentAction::Refund, "REFUND", None)]
fn a_call_says_all_of_itself_and_its_token_only_to_authorise(
    #[case] action: PaymentAction,
    #[case] name: &str,
    #[case] method: Option<&str>,
) {
    let call = a_call(action);
    let body: Value = serde_json::from_slice(&request(&call).unwrap()).unwrap();
    let mut expected = json!({
        "paymentId": call.payment_id.to_string(),
        "sagaId": call.saga_id.to_string(),
        "action": name,
        "orderId": call.order_id.to_string(),
        "consumerId": "mina",
        "amount": 12_900,
    });
    if let Some(method) = method {
        expected["method"] = method.into();
    }
    assert_eq!(body, expected);
}

#[test]
fn members_that_nobody_knows_are_for_somebody_else() {
    let reply = reply(|reply| reply["receipt"] = json!({ "url": [1, null] }));
    let answer = answer(&a_call(PaymentAction::Capture), &reply).unwrap();
    assert_eq!(answer, PaymentAnswer::Done);
}

#[rstest]
#[case::other_saga(|reply: &mut Value| reply["sagaId"] = json!("01920000-0000-7000-0000-000000000009"))]
#[case::saga_in_capitals(|reply: &mut Value| reply["sagaId"] = json!("ABC"))]
#[case::other_action(|reply: &mut Value| reply["action"] = json!("VOID"))]
#[case::action_of_the_path(|reply: &mut Value| reply["action"] = json!("capture"))]
#[case::other_amount(|reply: &mut Value| reply["amount"] = json!(12_901))]
#[case::amount_as_text(|reply: &mut Value| reply["amount"] = json!("12900"))]
#[case::amount_with_a_point(|reply: &mut Value| reply["amount"] = json!(12_900.0))]
#[case::other_state(|reply: &mut Value| reply["state"] = json!("PENDING"))]
#[case::state_of_a_404(|reply: &mut Value| reply["state"] = json!("UNKNOWN"))]
#[case::state_in_small_letters(|reply: &mut Value| reply["state"] = json!("done"))]
#[case::no_state(|reply: &mut Value| { reply.as_object_mut().unwrap().remove("state"); })]
#[case::no_amount(|reply: &mut Value| { reply.as_object_mut().unwrap().remove("amount"); })]
#[case::no_saga(|reply: &mut Value| { reply.as_object_mut().unwrap().remove("sagaId"); })]
#[case::no_action(|reply: &mut Value| { reply.as_object_mut().unwrap().remove("action"); })]
#[case::in_a_list(|reply: &mut Value| *reply = json!([reply.clone()]))]
#[case::null(|reply: &mut Value| *reply = Value::Null)]
fn a_reply_that_is_not_exactly_about_the_call_is_no_answer(#[case] change: fn(&mut Value)) {
    let answer = answer(&a_call(PaymentAction::Capture), &reply(change));
    let error = PaymentError::from(answer.unwrap_err());
    assert!(matches!(error, PaymentError::Unknown(_)), "{error:?}");
}

#[rstest]
#[case::nothing(b"")]
#[case::html(b"<html>502 Bad Gateway</html>")]
#[case::not_utf_8(b"{\"sagaId\":\"\xff\"}")]
#[case::deep(&[b'['; 10_000])]
fn what_is_no_json_of_a_reply_is_no_answer(#[case] body: &[u8]) {
    let call = a_call(PaymentAction::Capture);
    assert!(answer(&call, body).is_err());
    assert!(never_heard(&call, body).is_err());
}

#[test]
fn a_reply_with_something_after_it_or_said_twice_is_no_answer() {
    let call = a_call(PaymentAction::Capture);
    let once = reply(|_| ());
    assert!(answer(&call, &[once.clone(), once.clone()].concat()).is_err());
    let text = String::from_utf8(once).unwrap();
    let twice = text.replace("\"DONE\"", "\"DONE\",\"state\":\"DECLINED\"");
    assert!(answer(&call, twice.as_bytes()).is_err());
}

#[test]
fn only_a_provider_s_own_words_say_that_it_has_never_heard_of_a_call() {
    let call = a_call(PaymentAction::Capture);
    let words = |saga: &str, action: &str, state: &str| {
        json!({ "sagaId": saga, "action": action, "state": state }).to_string()
    };
    let saga = call.saga_id.to_string();
    let heard = |body: String| never_heard(&call, body.as_bytes()).is_ok();
    assert!(heard(words(&saga, "CAPTURE", "UNKNOWN")));
    assert!(!heard(words("another", "CAPTURE", "UNKNOWN")));
    assert!(!heard(words(&saga, "VOID", "UNKNOWN")));
    assert!(!heard(words(&saga, "CAPTURE", "DONE")));
    assert!(!heard("{\"error\":\"no such route\"}".to_owned()));
}

#[rstest]
#[case::said("card expired", "card expired")]
#[case::lines("card\r\nexpired\0", "card  expired ")]
#[case::token("tok_4242-never-to-be-seen is blocked", "*** is blocked")]
#[case::blank(" \n ", "no reason given")]
fn a_reason_is_one_line_without_the_token(#[case] said: &str, #[case] kept: &str) {
    let reply = reply(|reply| {
        reply["state"] = json!("DECLINED");
        reply["reason"] = json!(said);
    });
    let answer = answer(&a_call(PaymentAction::Capture), &reply).unwrap();
    assert_eq!(answer, PaymentAnswer::Declined(kept.to_owned()));
}

#[rstest]
#[case::null(json!(null), "no reason given".to_owned())]
#[case::as_long_as_it_may_be(json!("봄".repeat(200)), "봄".repeat(200))]
#[case::longer(json!("봄".repeat(201)), "봄".repeat(200))]
#[case::token_at_the_cut(json!(format!("{}{TOKEN}", "x".repeat(190))), format!("{}***", "x".repeat(190)))]
fn a_reason_is_short(#[case] said: Value, #[case] kept: String) {
    let reply = reply(|reply| {
        reply["state"] = json!("DECLINED");
        reply["reason"] = said;
    });
    let answer = answer(&a_call(PaymentAction::Capture), &reply).unwrap();
    assert_eq!(answer, PaymentAnswer::Declined(kept));
}
