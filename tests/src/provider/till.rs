//! What the provider has done: the rules of the protocol, and all money that has moved. It does not
//! know of misbehaviour.

use std::collections::HashMap;

use domain::{SagaId, ports::PaymentAction};
use serde_json::{Value, json};

use super::asked::{About, Call};

/// The token of a card that is always declined.
pub const DECLINED: &str = "tok_declined";

/// Something that has taken effect. What is asked for again takes no effect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub action: PaymentAction,
    /// The payment.
    pub payment: SagaId,
    /// The saga that asked for it.
    pub saga: SagaId,
    /// How much; nothing for a void that found nothing.
    pub amount: i64,
}

/// How much money has moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Ever reserved.
    pub authorised: i64,
    /// Of it, still reserved: neither taken nor given back.
    pub held: i64,
    /// Taken.
    pub captured: i64,
    /// Of it, given back.
    pub refunded: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Authorised,
    Captured,
    Refunded,
    /// Given back, or barred before anything was reserved.
    Void,
    Declined,
}

struct Payment {
    state: State,
    order: String,
    amount: i64,
}

#[derive(Clone)]
struct Answer {
    call: Call,
    declined: Option<&'static str>,
}

/// A status, and the JSON that goes with it.
pub(super) type Said = (u16, Value);

#[derive(Default)]
pub(super) struct Till {
    payments: HashMap<SagaId, Payment>,
    answers: HashMap<(SagaId, PaymentAction), Answer>,
    pub(super) deeds: Vec<Deed>,
}

impl Till {
    /// Does it, or finds it done.
    pub(super) fn call(&mut self, about: &About, call: &Call) -> Said {
        let key = (about.saga, about.action);
        if let Some(known) = self.answers.get(&key) {
            return if known.call == *call {
                said(about, known)
            } else {
                (422, json!({ "error": "another call has this key" }))
            };
        }
        if let Some(payment) = self.payments.get(&about.payment)
            && payment.amount != call.amount
        {
            return (422, json!({ "error": "the payment has another amount" }));
        }
        let declined = self.decide(about, call).err();
        self.answer(about, call, declined)
    }

    /// Declines a call that was not answered before, out of its own free will.
    pub(super) fn decline(&mut self, about: &About, call: &Call) -> Said {
        let known = self.answers.contains_key(&(about.saga, about.action));
        if known {
            return self.call(about, call);
        }
        if about.action == PaymentAction::Authorise && !self.payments.contains_key(&about.payment) {
            self.put(about, call, State::Declined);
        }
        self.answer(about, call, Some("the provider does not want to"))
    }

    /// What became of a call.
    pub(super) fn query(&self, about: &About) -> Said {
        match self.answers.get(&(about.saga, about.action)) {
            Some(known) => said(about, known),
            None => (
                404,
                json!({
                    "sagaId": about.saga.to_string(),
                    "action": about.name(),
                    "state": "UNKNOWN",
                }),
            ),
        }
    }

    fn decide(&mut self, about: &About, call: &Call) -> Result<(), &'static str> {
        let state = self
            .payments
            .get(&about.payment)
            .map(|payment| payment.state);
        let next = match (about.action, state) {
            (PaymentAction::Authorise, None) if call.method.as_deref() == Some(DECLINED) => {
                self.put(about, call, State::Declined);
                return Err("the card is declined");
            }
            (PaymentAction::Authorise, None) => State::Authorised,
            (PaymentAction::Authorise, Some(_)) => return Err("the payment is barred"),
            (PaymentAction::Capture, Some(State::Authorised)) => State::Captured,
            (PaymentAction::Capture, _) => return Err("nothing is reserved"),
            (PaymentAction::Void, None | Some(State::Authorised | State::Declined)) => State::Void,
            (PaymentAction::Void, _) => return Err("the payment is captured"),
            (PaymentAction::Refund, Some(State::Captured)) => State::Refunded,
            (PaymentAction::Refund, Some(State::Refunded)) => {
                return Err("the payment is refunded");
            }
            (PaymentAction::Refund, _) => return Err("nothing is captured"),
        };
        let reserved = state == Some(State::Authorised);
        self.put(about, call, next);
        self.deeds.push(Deed {
            action: about.action,
            payment: about.payment,
            saga: about.saga,
            amount: match about.action {
                PaymentAction::Void if !reserved => 0,
                _ => call.amount,
            },
        });
        Ok(())
    }

    fn put(&mut self, about: &About, call: &Call, state: State) {
        let payment = Payment {
            state,
            order: call.order_id.clone(),
            amount: call.amount,
        };
        self.payments.insert(about.payment, payment);
    }

    fn answer(&mut self, about: &About, call: &Call, declined: Option<&'static str>) -> Said {
        let call = call.clone();
        let answer = Answer { call, declined };
        let said = said(about, &answer);
        self.answers.insert((about.saga, about.action), answer);
        said
    }

    /// What has moved in the payments that are asked for.
    pub(super) fn moved(&self, of: impl Fn(SagaId, &str) -> bool) -> Moved {
        let mut moved = Moved::default();
        for deed in &self.deeds {
            let order = &self.payments[&deed.payment].order;
            if !of(deed.payment, order) {
                continue;
            }
            match deed.action {
                PaymentAction::Authorise => {
                    moved.authorised += deed.amount;
                    moved.held += deed.amount;
                }
                PaymentAction::Capture => {
                    moved.held -= deed.amount;
                    moved.captured += deed.amount;
                }
                PaymentAction::Void => moved.held -= deed.amount,
                PaymentAction::Refund => moved.refunded += deed.amount,
            }
        }
        moved
    }
}

fn said(about: &About, answer: &Answer) -> Said {
    let mut body = json!({
        "sagaId": about.saga.to_string(),
        "action": about.name(),
        "amount": answer.call.amount,
        "state": "DONE",
    });
    if let Some(reason) = answer.declined {
        body["state"] = "DECLINED".into();
        body["reason"] = reason.into();
    }
    (200, body)
}
