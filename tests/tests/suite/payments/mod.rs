//! The adapter of the payment provider against a provider that can be told to misbehave: what each
//! call is answered, and what has really happened then.

mod documented;
mod misbehaviour;
mod protocol;
mod turmoil;

use std::{error::Error, time::Duration};

use adapter_payments::{HttpPayments, HttpPaymentsConfig};
use domain::{
    Amount, ConsumerId, OrderId, PaymentMethod, SagaId,
    ports::{PaymentAction, PaymentAnswer, PaymentCall, PaymentError, Payments},
};
use firstcome_tests::provider::Provider;
use uuid::Uuid;

/// A token that must be nowhere but with the provider.
const TOKEN: &str = "tok_4242-never-to-be-seen";
const AMOUNT: i64 = 12_900;

/// One payment, as firstcome makes it.
#[derive(Clone, Copy)]
struct Payment {
    id: SagaId,
    refund: SagaId,
    order: OrderId,
}

impl Payment {
    fn new() -> Self {
        let saga = || SagaId::from_uuid(Uuid::now_v7());
        Self {
            id: saga(),
            refund: saga(),
            order: OrderId::from_uuid(Uuid::now_v7()),
        }
    }

    /// The call, with the token in it whatever it asks for, as firstcome has it.
    fn call(self, action: PaymentAction) -> PaymentCall {
        PaymentCall {
            saga_id: match action {
                PaymentAction::Refund => self.refund,
                _ => self.id,
            },
            action,
            payment_id: self.id,
            order_id: self.order,
            consumer_id: ConsumerId::new("mina").unwrap(),
            amount: Amount::new(AMOUNT).unwrap(),
            method: Some(PaymentMethod::new(TOKEN).unwrap()),
        }
    }

    /// What has to be done before `action` can be.
    const fn before(action: PaymentAction) -> &'static [PaymentAction] {
        match action {
            PaymentAction::Authorise => &[],
            PaymentAction::Capture | PaymentAction::Void => &[PaymentAction::Authorise],
            PaymentAction::Refund => &[PaymentAction::Authorise, PaymentAction::Capture],
        }
    }

    /// Brings the payment to where `action` is next.
    async fn prepare(self, payments: &dyn Payments, action: PaymentAction) {
        for before in Self::before(action) {
            done(payments, &self.call(*before)).await;
        }
    }
}

const ACTIONS: [PaymentAction; 4] = [
    PaymentAction::Authorise,
    PaymentAction::Capture,
    PaymentAction::Void,
    PaymentAction::Refund,
];

/// A client that waits as long as the binary's does.
fn client(provider: &Provider) -> HttpPayments {
    let base_url = provider.base_url().parse().unwrap();
    HttpPayments::new(HttpPaymentsConfig::at(base_url))
}

/// A client that never gives up before the test does.
fn patient(provider: &Provider) -> HttpPayments {
    let base_url = provider.base_url().parse().unwrap();
    HttpPayments::new(HttpPaymentsConfig {
        connect_within: Duration::from_secs(60),
        answer_within: Duration::from_secs(60),
        ..HttpPaymentsConfig::at(base_url)
    })
}

async fn done(payments: &dyn Payments, call: &PaymentCall) {
    let answer = payments.call(call).await.unwrap();
    assert_eq!(answer, PaymentAnswer::Done, "{:?}", call.action);
}

async fn declined(payments: &dyn Payments, call: &PaymentCall) -> String {
    match payments.call(call).await.unwrap() {
        PaymentAnswer::Declined(why) => why,
        PaymentAnswer::Done => panic!("{:?} was done", call.action),
    }
}

/// The error is this one, and neither it nor what caused it says the token.
#[track_caller]
fn is_unknown(error: PaymentError) -> String {
    let PaymentError::Unknown(why) = &error else {
        panic!("{error:?}")
    };
    let why = why.to_string();
    says_no_token(&error);
    why
}

#[track_caller]
fn is_unavailable(error: PaymentError) {
    assert!(matches!(error, PaymentError::Unavailable(_)), "{error:?}");
    says_no_token(&error);
}

#[track_caller]
fn says_no_token(error: &PaymentError) {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(one) = cause {
        let text = format!("{one} {one:?}");
        assert!(!text.contains(TOKEN), "{text}");
        cause = one.source();
    }
}
