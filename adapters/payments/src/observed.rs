//! What is measured of the provider.

use std::time::Instant;

use domain::ports::{PaymentAnswer, PaymentError};

const CALLS: &str = "firstcome_payment_calls_total";
const SECONDS: &str = "firstcome_payment_seconds";

pub(crate) fn describe() {
    metrics::describe_counter!(
        CALLS,
        "Calls to the payment provider, by action (a question what became of one: query) and outcome."
    );
    metrics::describe_histogram!(
        SECONDS,
        metrics::Unit::Seconds,
        "How long calls to the payment provider took, by action."
    );
}

/// The outcome, counted; `began` is when the call did.
pub(crate) fn observed<T: Outcome>(
    action: &'static str,
    began: Instant,
    answer: Result<T, PaymentError>,
) -> Result<T, PaymentError> {
    let outcome = match &answer {
        Ok(answer) => answer.name(),
        Err(PaymentError::Unavailable(_)) => "unavailable",
        Err(PaymentError::Unknown(_)) => "unknown",
    };
    metrics::histogram!(SECONDS, "action" => action).record(began.elapsed());
    metrics::counter!(CALLS, "action" => action, "outcome" => outcome).increment(1);
    answer
}

/// What an answer is called in the metrics.
pub(crate) trait Outcome {
    fn name(&self) -> &'static str;
}

impl Outcome for PaymentAnswer {
    fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Declined(_) => "declined",
        }
    }
}

impl Outcome for Option<PaymentAnswer> {
    fn name(&self) -> &'static str {
        self.as_ref().map_or("never_heard", Outcome::name)
    }
}
