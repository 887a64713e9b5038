//! Where no payment provider is configured: it is never reached.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{PaymentAnswer, PaymentCall, PaymentError, Payments};

/// For a node that takes payments from wallets only, and finds an order that is paid by a provider: its
/// saga's calls have no answer, as if the provider were gone. What is stuck then is retried by an
/// operator once a node has the provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProvider;

#[derive(Debug, thiserror::Error)]
#[error("no payment provider is configured")]
struct NotConfigured;

fn unavailable() -> PaymentError {
    PaymentError::Unavailable(Arc::new(NotConfigured))
}

#[async_trait]
impl Payments for NoProvider {
    async fn call(&self, _call: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        Err(unavailable())
    }

    async fn query(&self, _call: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        Err(unavailable())
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::testing::a_call;
    use domain::ports::PaymentAction;

    #[tokio::test]
    async fn nothing_happens_and_the_reason_is_said() {
        let call = a_call(PaymentAction::Authorise);
        let called = NoProvider.call(&call).await.map(|_| ());
        let queried = NoProvider.query(&call).await.map(|_| ());
        for error in [called.unwrap_err(), queried.unwrap_err()] {
            assert!(matches!(error, PaymentError::Unavailable(_)), "{error:?}");
            let why = error.source().unwrap().to_string();
            assert_eq!(why, "no payment provider is configured");
        }
    }
}
