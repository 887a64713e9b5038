//! Sagas as JSON, for operators.

use domain::{
    Reason, Saga, SagaDirection, SagaKind, SagaOutcome, SagaPhase, SagaStep, SagaTrace, Settled,
    TraceEvent,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, invalid, named::named};
use crate::Failure;

/// Why a saga is to be tried again.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetrySagaBody {
    /// 1 to 500 characters; it stands in the saga's trace.
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) reason: Option<String>,
}

impl RetrySagaBody {
    /// The reason that it gives.
    pub(crate) fn reason(&self) -> Result<Option<Reason>, Failure> {
        self.reason.as_deref().map(reason_of).transpose()
    }
}

/// How a saga's call to the payment provider was settled by hand.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AbandonSagaBody {
    /// 1 to 500 characters; it stands in the saga's trace.
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) reason: String,
    #[serde(deserialize_with = "super::name")]
    pub(crate) settled: SettledName,
}

impl AbandonSagaBody {
    /// The reason that it gives.
    pub(crate) fn reason(&self) -> Result<Reason, Failure> {
        reason_of(&self.reason)
    }
}

fn reason_of(reason: &str) -> Result<Reason, Failure> {
    Reason::new(reason).map_err(|why| invalid("reason", why))
}

/// What is true of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SettledName {
    /// The provider has taken the money, and has it.
    Captured,
    /// The provider has given the money back, or never will take it.
    Voided,
    /// Nothing was done at the provider.
    Nothing,
}

impl From<SettledName> for Settled {
    fn from(settled: SettledName) -> Self {
        match settled {
            SettledName::Captured => Self::Captured,
            SettledName::Voided => Self::Voided,
            SettledName::Nothing => Self::Nothing,
        }
    }
}

impl From<SagaPhaseName> for SagaPhase {
    fn from(phase: SagaPhaseName) -> Self {
        match phase {
            SagaPhaseName::Running => Self::Running,
            SagaPhaseName::Parked => Self::Parked,
            SagaPhaseName::Stuck => Self::Stuck,
            SagaPhaseName::Done => Self::Done,
        }
    }
}

named! {
    /// What a saga does.
    SagaKindReply(SagaKind) {
        /// Places an order.
        Purchase,
        /// Refunds one.
        Refund,
    }

    /// Which way a saga goes.
    SagaDirectionReply(SagaDirection) {
        /// Towards its end.
        Forward,
        /// Back to its beginning.
        Undo,
    }

    /// Whether a saga is going on.
    #[derive(Deserialize)]
    SagaPhaseName(SagaPhase) {
        /// It is worked on.
        Running,
        /// It waits, then goes on by itself.
        Parked,
        /// It goes on only when an operator says so.
        Stuck,
        /// It has ended.
        Done,
    }

    /// How a saga has ended.
    SagaOutcomeReply(SagaOutcome) {
        /// What was asked has happened.
        Completed,
        /// Nothing of it has.
        Undone,
    }

    /// Where a saga stands.
    SagaStepReply(SagaStep) {
        /// Authorise the payment; undone by voiding it.
        Authorise,
        /// All local effects are there.
        Complete,
        /// Capture the payment.
        Capture,
        /// Refund the payment.
        Refund,
    }

    /// What has happened to a saga.
    TraceEventReply(TraceEvent) {
        /// It began.
        Began,
        /// The step has succeeded.
        Succeeded,
        /// The step was refused for good.
        Declined,
        /// The step had no definite answer.
        Unanswered,
        /// A worker took it over.
        TakenOver,
        /// An operator had it tried again.
        Retried,
        /// An operator has settled it by hand.
        Abandoned,
    }
}

/// A saga.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SagaReply {
    saga_id: String,
    order_id: String,
    kind: SagaKindReply,
    direction: SagaDirectionReply,
    phase: SagaPhaseName,
    /// Of DONE sagas.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<SagaOutcomeReply>,
    step: SagaStepReply,
    /// Tries of this step that had no definite answer.
    tries: u32,
    /// What kept the last call from succeeding.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// What has happened so far, in order. A list of sagas leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<SagaTraceReply>>,
}

/// What has happened to a saga, and where it stood.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SagaTraceReply {
    at: Instant,
    direction: SagaDirectionReply,
    step: SagaStepReply,
    event: TraceEventReply,
    /// The error; or who did it, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<&Saga> for SagaReply {
    fn from(saga: &Saga) -> Self {
        let Saga {
            id,
            order_id,
            kind,
            direction,
            phase,
            outcome,
            step,
            tries,
            epoch: _,  // the workers' own
            due_at: _, // the workers' own
            last_error,
            traced: _,   // as long as the trace
            began_at: _, // stands in the trace
        } = saga;
        Self {
            saga_id: id.to_string(),
            order_id: order_id.to_string(),
            kind: (*kind).into(),
            direction: (*direction).into(),
            phase: (*phase).into(),
            outcome: outcome.map(Into::into),
            step: (*step).into(),
            tries: *tries,
            last_error: last_error.clone(),
            trace: None,
        }
    }
}

impl From<&(Saga, Vec<SagaTrace>)> for SagaReply {
    fn from((saga, trace): &(Saga, Vec<SagaTrace>)) -> Self {
        let trace = Some(trace.iter().map(SagaTraceReply::from).collect());
        Self {
            trace,
            ..Self::from(saga)
        }
    }
}

impl From<&SagaTrace> for SagaTraceReply {
    fn from(entry: &SagaTrace) -> Self {
        let SagaTrace {
            saga_id: _,  // the saga's that it stands in
            sequence: _, // its place there
            at,
            direction,
            step,
            event,
            detail,
        } = entry;
        Self {
            at: Instant(*at),
            direction: (*direction).into(),
            step: (*step).into(),
            event: (*event).into(),
            detail: detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
