//! What goes over the wire: the JSON of a call, and how a reply to it is read.
//!
//! A reply is held against the call that was made; what is not exactly about it is no answer.

use bytes::Bytes;
use domain::ports::{PaymentAction, PaymentAnswer, PaymentCall};
use serde::{Deserialize, Serialize};

use crate::error::CallError;

/// Characters of a provider's reason that are kept.
const REASON: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    payment_id: String,
    saga_id: String,
    action: &'static str,
    order_id: String,
    consumer_id: &'a str,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    saga_id: String,
    action: String,
    amount: i64,
    state: State,
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Done,
    Declined,
    Unknown,
}

/// A provider that has never heard of a call says so in so many words: a 404 of somebody in between
/// must not pass for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NeverHeard {
    saga_id: String,
    action: String,
    state: State,
}

/// The action in JSON.
const fn name(action: PaymentAction) -> &'static str {
    match action {
        PaymentAction::Authorise => "AUTHORISE",
        PaymentAction::Capture => "CAPTURE",
        PaymentAction::Void => "VOID",
        PaymentAction::Refund => "REFUND",
    }
}

/// The action in a path, and in metrics.
pub(crate) const fn segment(action: PaymentAction) -> &'static str {
    match action {
        PaymentAction::Authorise => "authorise",
        PaymentAction::Capture => "capture",
        PaymentAction::Void => "void",
        PaymentAction::Refund => "refund",
    }
}

/// The body of the call. The token goes only where it is needed: with an authorisation.
pub(crate) fn request(call: &PaymentCall) -> Result<Bytes, CallError> {
    let method = call
        .method
        .as_ref()
        .filter(|_| call.action == PaymentAction::Authorise);
    let body = serde_json::to_vec(&Call {
        payment_id: call.payment_id.to_string(),
        saga_id: call.saga_id.to_string(),
        action: name(call.action),
        order_id: call.order_id.to_string(),
        consumer_id: call.consumer_id.as_str(),
        amount: call.amount.get(),
        method: method.map(|method| method.as_str()),
    });
    body.map(Bytes::from)
        .map_err(|error| CallError::Request(error.into()))
}

/// What the body of a 200 says of the call.
pub(crate) fn answer(call: &PaymentCall, body: &[u8]) -> Result<PaymentAnswer, CallError> {
    let reply: Reply = serde_json::from_slice(body)?;
    is_about(call, &reply.saga_id, &reply.action)?;
    if reply.amount != call.amount.get() {
        return Err(CallError::OtherCall("amount"));
    }
    match reply.state {
        State::Done => Ok(PaymentAnswer::Done),
        State::Declined => Ok(PaymentAnswer::Declined(reason(call, reply.reason))),
        State::Unknown => Err(CallError::State),
    }
}

/// Checks that the body of a 404 says that the provider has never heard of the call.
pub(crate) fn never_heard(call: &PaymentCall, body: &[u8]) -> Result<(), CallError> {
    let reply: NeverHeard = serde_json::from_slice(body)?;
    is_about(call, &reply.saga_id, &reply.action)?;
    match reply.state {
        State::Unknown => Ok(()),
        State::Done | State::Declined => Err(CallError::State),
    }
}

fn is_about(call: &PaymentCall, saga_id: &str, action: &str) -> Result<(), CallError> {
    if saga_id != call.saga_id.to_string() {
        Err(CallError::OtherCall("saga"))
    } else if action != name(call.action) {
        Err(CallError::OtherCall("action"))
    } else {
        Ok(())
    }
}

/// The provider's reason, fit to be kept and logged: one line, not long, and without the token.
fn reason(call: &PaymentCall, said: Option<String>) -> String {
    let mut text = said.unwrap_or_default();
    if let Some(method) = &call.method {
        text = text.replace(method.as_str(), "***");
    }
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(REASON)
        .collect();
    if text.trim().is_empty() {
        "no reason given".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
