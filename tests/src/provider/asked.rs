//! What the provider is asked: a request, read as strictly as the protocol allows, so that whatever
//! firstcome says too much or too little is refused.

use domain::{SagaId, ports::PaymentAction};
use serde::Deserialize;

use super::connection::Request;

/// What is asked for, whatever it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// To do something.
    To(PaymentAction),
    /// What became of a call.
    Query,
}

impl From<PaymentAction> for Asked {
    fn from(action: PaymentAction) -> Self {
        Self::To(action)
    }
}

/// What a call is about: the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub(super) payment: SagaId,
    pub(super) action: PaymentAction,
    pub(super) saga: SagaId,
}

/// The body of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Call {
    payment_id: String,
    saga_id: String,
    action: String,
    pub(super) order_id: String,
    consumer_id: String,
    pub(super) amount: i64,
    pub(super) method: Option<String>,
}

/// A request that the protocol knows.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Do it.
    Call(About, Call),
    /// What became of it?
    Query(About),
}

impl Question {
    /// Reads a request; says what is wrong with it.
    pub(super) fn read(request: &Request) -> Result<Self, &'static str> {
        let about = About::read(&request.path)?;
        match request.method.as_str() {
            "GET" if request.body.is_empty() => Ok(Self::Query(about)),
            "GET" => Err("a question has no body"),
            "PUT" => {
                let call: Call = serde_json::from_slice(&request.body)
                    .map_err(|_| "the body is not a call's")?;
                call.check(&about)?;
                Ok(Self::Call(about, call))
            }
            _ => Err("only PUT and GET"),
        }
    }

    pub(super) fn asked(&self) -> Asked {
        match self {
            Self::Call(about, _) => Asked::To(about.action),
            Self::Query(_) => Asked::Query,
        }
    }
}

impl About {
    fn read(path: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "no such path";
        let path = path.strip_prefix("/v1/payments/").ok_or(WRONG)?;
        let [payment, action, saga] = path
            .split('/')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| WRONG)?;
        let action = match action {
            "authorise" => PaymentAction::Authorise,
            "capture" => PaymentAction::Capture,
            "void" => PaymentAction::Void,
            "refund" => PaymentAction::Refund,
            _ => return Err(WRONG),
        };
        let about = Self {
            payment: payment.parse().map_err(|_| WRONG)?,
            action,
            saga: saga.parse().map_err(|_| WRONG)?,
        };
        if action != PaymentAction::Refund && about.payment != about.saga {
            return Err("only a refund has a saga of its own");
        }
        Ok(about)
    }

    /// The action in JSON.
    pub(super) const fn name(&self) -> &'static str {
        match self.action {
            PaymentAction::Authorise => "AUTHORISE",
            PaymentAction::Capture => "CAPTURE",
            PaymentAction::Void => "VOID",
            PaymentAction::Refund => "REFUND",
        }
    }
}

impl Call {
    fn check(&self, about: &About) -> Result<(), &'static str> {
        if self.payment_id != about.payment.to_string()
            || self.saga_id != about.saga.to_string()
            || self.action != about.name()
        {
            return Err("path and body differ");
        }
        if self.order_id.parse::<domain::OrderId>().is_err() {
            return Err("orderId is no id");
        }
        if domain::ConsumerId::new(self.consumer_id.as_str()).is_err() {
            return Err("consumerId is nobody");
        }
        if self.amount < 1 {
            return Err("what costs nothing is not to be asked for");
        }
        if self.method.is_some() && about.action != PaymentAction::Authorise {
            return Err("a method only with an authorisation");
        }
        Ok(())
    }
}
