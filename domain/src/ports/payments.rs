//! The payment provider.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;

use crate::{Amount, ConsumerId, OrderId, PaymentMethod, SagaId};

/// What a provider is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentAction {
    /// Reserve the amount.
    Authorise,
    /// Take what was reserved.
    Capture,
    /// Give back what was reserved; where nothing was, see to it that nothing ever will be.
    Void,
    /// Give back what was taken.
    Refund,
}

/// One call. Its key is `saga_id` with `action`: the same key is the same call, however often it is
/// made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCall {
    /// The saga that makes it.
    pub saga_id: SagaId,
    /// What is to be done.
    pub action: PaymentAction,
    /// The payment that it is about: the id of the purchase's saga.
    pub payment_id: SagaId,
    /// The order that is paid.
    pub order_id: OrderId,
    /// Who pays.
    pub consumer_id: ConsumerId,
    /// How much.
    pub amount: Amount,
    /// The provider's token for the way to pay. Never logged.
    pub method: Option<PaymentMethod>,
}

/// What a provider says of a call. Both are final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentAnswer {
    /// It is done.
    Done,
    /// It is refused, for this reason, and never will be done under this key.
    Declined(String),
}

/// No definite answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PaymentError {
    /// Nothing happened: the provider was not reached.
    #[error("the payment provider can't be reached")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// It may have happened: the answer was lost, late, or not what was asked.
    #[error("the payment provider's answer is unknown")]
    Unknown(#[source] Arc<dyn Error + Send + Sync>),
}

/// Talks to the provider. Every call is bounded in time, well below a saga's lease, and its reply in
/// size; a reply that is about another call, or can't be read, is `Unknown`.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Does it, or finds it done.
    ///
    /// # Errors
    /// [`PaymentError`]; it says whether anything may have happened.
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, PaymentError>;

    /// What became of the call; none when the provider has never heard of it. Changes nothing.
    ///
    /// # Errors
    /// [`PaymentError`].
    async fn query(&self, call: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError>;
}
