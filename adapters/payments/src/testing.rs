//! What the tests of this crate share: a call.

use domain::ports::{PaymentAction, PaymentCall};
use domain::{Amount, ConsumerId, OrderId, PaymentMethod, SagaId};
use uuid::Uuid;

/// The token in [`a_call`]: what must be nowhere but in a request.
pub(crate) const TOKEN: &str = "tok_4242-never-to-be-seen";

/// A call about the payment …01 of 12,900 by the saga …01 (a refund: …02), with a token.
pub(crate) fn a_call(action: PaymentAction) -> PaymentCall {
    let saga = |last: u128| SagaId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000 << 64 | last));
    let payment_id = saga(1);
    let saga_id = match action {
        PaymentAction::Refund => saga(2),
        _ => payment_id,
    };
    PaymentCall {
        saga_id,
        action,
        payment_id,
        order_id: OrderId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000 << 64 | 3)),
        consumer_id: ConsumerId::new("mina").unwrap(),
        amount: Amount::new(12_900).unwrap(),
        method: Some(PaymentMethod::new(TOKEN).unwrap()),
    }
}
