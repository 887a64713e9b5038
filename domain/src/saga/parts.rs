//! What a saga is made of, and what happens to it.

use crate::{CallerId, OrderId, OutOfRange, Reason, SagaId, Settled, Timestamp};

/// What a saga does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaKind {
    /// Places an order.
    Purchase,
    /// Refunds one.
    Refund,
}

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaDirection {
    /// Towards its end.
    Forward,
    /// Back to its beginning.
    Undo,
}

/// Is it going on?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaPhase {
    /// Somebody works on it, or will take it over.
    Running,
    /// It waits, then goes on.
    Parked,
    /// It goes on only when an operator says so.
    Stuck,
    /// It has ended.
    Done,
}

/// How it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaOutcome {
    /// What was asked has happened.
    Completed,
    /// Nothing of it has.
    Undone,
}

/// Where it stands: the remote call that is to be made or undone, or `Complete` where all was local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaStep {
    /// Authorise the payment; undone by voiding it.
    Authorise,
    /// All local effects are there.
    Complete,
    /// Capture the payment.
    Capture,
    /// Refund the payment.
    Refund,
}

/// How patient sagas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SagaPatience {
    /// Microseconds after which a saga whose worker has said nothing is taken over.
    pub lease: i64,
    /// Tries that follow each other quickly.
    pub quick_tries: u32,
    /// Tries after which it is stuck.
    pub most_tries: u32,
}

impl Default for SagaPatience {
    /// 5 s, 3 quick tries, 10 in all.
    fn default() -> Self {
        Self {
            lease: 5_000_000,
            quick_tries: 3,
            most_tries: 10,
        }
    }
}

/// A random number, 0 ..= 1,000: how much of a wait is added to it, so that not all come back at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter(u16);

impl Jitter {
    /// The jitter, checked.
    ///
    /// # Errors
    /// [`OutOfRange`] unless it is in `0 ..= 1,000`.
    pub const fn new(permille: u16) -> Result<Self, OutOfRange> {
        if permille <= 1_000 {
            Ok(Self(permille))
        } else {
            Err(OutOfRange {
                minimum: 0,
                maximum: 1_000,
            })
        }
    }

    /// The wait with up to half of it added.
    pub(super) fn on(self, micros: i64) -> i64 {
        micros.saturating_add(micros / 2_000 * i64::from(self.0))
    }
}

/// What happens to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SagaEvent {
    /// The call has succeeded.
    Succeeded,
    /// The call was refused for good.
    Declined(String),
    /// No definite answer.
    Unanswered(String, Jitter),
    /// An operator wants it tried again.
    Retry {
        /// Who.
        by: CallerId,
        /// Why, if said.
        reason: Option<Reason>,
    },
    /// An operator has settled the remote call by hand.
    Abandon {
        /// Who.
        by: CallerId,
        /// Why.
        reason: Reason,
        /// How.
        settled: Settled,
    },
}

/// What is to happen to the order together with the saga's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaEffect {
    /// The use is final, the order PAID.
    Complete,
    /// Hold, stock and points are back, the order FAILED: it was declined.
    ReleaseDeclined,
    /// Hold, stock and points are back, the order FAILED: there was no answer.
    ReleaseUnanswered,
    /// Money, points, stock and the use are back, the order REFUNDED.
    Return,
    /// The order is PAID again.
    KeepPaid,
    /// The void is abandoned: the payment was captured for an order that has failed.
    StrayPayment,
    /// The capture is abandoned: the payment will never come.
    PaymentLost,
}

/// A saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saga {
    /// Its id.
    pub id: SagaId,
    /// The order it works on.
    pub order_id: OrderId,
    /// What it does.
    pub kind: SagaKind,
    /// Which way it goes.
    pub direction: SagaDirection,
    /// Is it going on?
    pub phase: SagaPhase,
    /// How it has ended; of DONE sagas only.
    pub outcome: Option<SagaOutcome>,
    /// Where it stands.
    pub step: SagaStep,
    /// Tries of this step that had no definite answer.
    pub tries: u32,
    /// Rises with every change, a take-over included: a worker that has not seen the newest changes
    /// nothing, and the same outcome is taken once.
    pub epoch: u64,
    /// When somebody else may take it over.
    pub due_at: Timestamp,
    /// What kept the last call from succeeding.
    pub last_error: Option<String>,
    /// How many entries its trace has.
    pub traced: u32,
    /// When it began.
    pub began_at: Timestamp,
}

/// What a trace says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEvent {
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

/// One entry of a saga's trace: what has happened, where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagaTrace {
    /// The saga.
    pub saga_id: SagaId,
    /// Its place in the trace, from 0.
    pub sequence: u32,
    /// When the ledger wrote it.
    pub at: Timestamp,
    /// Which way the saga went.
    pub direction: SagaDirection,
    /// Where it stood.
    pub step: SagaStep,
    /// What has happened.
    pub event: TraceEvent,
    /// Details: the error, or who and why.
    pub detail: Option<String>,
}
