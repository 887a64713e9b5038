//! The saga's state machine: one pure function, [`Saga::next`].
//!
//! A run of neighbouring local steps is one transaction, so a saga that is alive stands at a remote
//! call; what is local is committed with the call's outcome, as an effect. A call is keyed by saga and
//! step, so it may be made again; its outcome is asked for until it is definite.
//!
//! | step, direction | event | next | effect |
//! |---|---|---|---|
//! | AUTHORISE, FORWARD | succeeded | CAPTURE, FORWARD | complete: the use is final, the order PAID |
//! | | declined | done, UNDONE | release: hold, stock and points are back, the order FAILED |
//! | | unanswered, quick tries left | again after a short wait | |
//! | | unanswered, none left | AUTHORISE, UNDO | release |
//! | AUTHORISE, UNDO (void) | succeeded | done, UNDONE | |
//! | CAPTURE, FORWARD | succeeded | done, COMPLETED | |
//! | REFUND, FORWARD | succeeded | done, COMPLETED | return: money, points, stock, the use |
//! | | declined | done, UNDONE | the order is PAID again |
//! | void, CAPTURE, REFUND | unanswered (a declined void or capture too), quick tries left | again after a short wait | |
//! | | … none left, limit not reached | PARKED, tried again after growing waits | |
//! | | … limit reached | STUCK: kept, visible, for an operator | |
//! | STUCK | retry | RUNNING, tries from 0 | |
//! | STUCK | abandon | done; see [`Settled`] | as declared |
//!
//! Hold, stock and points never wait for a void: they are back before it is tried.

mod parts;

use crate::{OrderId, Reason, SagaId, Settled, Timestamp};

pub use parts::{
    Jitter, Saga, SagaDirection, SagaEffect, SagaEvent, SagaKind, SagaOutcome, SagaPatience,
    SagaPhase, SagaStep, SagaTrace, TraceEvent,
};

/// A saga that takes no such event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SagaRefusal {
    /// Only a stuck saga is retried or abandoned.
    #[error("the saga is not stuck")]
    NotStuck,
    /// The saga has ended or stuck: a call's outcome comes too late.
    #[error("the saga does not wait for an answer")]
    NotWaiting,
}

/// Waits between quick tries begin with this, and double.
const QUICK: i64 = 100_000;
/// Waits of parked sagas begin with this, and grow fourfold.
const PARKED: i64 = 2_000_000;
/// No wait is longer, jitter apart.
const LONGEST: i64 = 600_000_000;

impl Saga {
    /// A saga that begins at `now` with a remote call, which its maker makes at once.
    #[must_use]
    pub fn begin(
        id: SagaId,
        order_id: OrderId,
        (kind, step): (SagaKind, SagaStep),
        now: Timestamp,
        patience: &SagaPatience,
    ) -> (Self, Vec<SagaTrace>) {
        let mut saga = Self {
            id,
            order_id,
            kind,
            direction: SagaDirection::Forward,
            phase: SagaPhase::Running,
            outcome: None,
            step,
            tries: 0,
            epoch: 1,
            due_at: now.plus_micros(patience.lease),
            last_error: None,
            traced: 0,
            began_at: now,
        };
        let began = saga.trace(TraceEvent::Began, None, now);
        (saga, vec![began])
    }

    /// A saga all of whose steps are local: it has begun and ended in one transaction.
    #[must_use]
    pub fn at_once(
        id: SagaId,
        order_id: OrderId,
        kind: SagaKind,
        now: Timestamp,
    ) -> (Self, Vec<SagaTrace>) {
        let patience = SagaPatience::default();
        let (mut saga, _) = Self::begin(id, order_id, (kind, SagaStep::Complete), now, &patience);
        saga.traced = 0;
        saga.phase = SagaPhase::Done;
        saga.outcome = Some(SagaOutcome::Completed);
        saga.due_at = now;
        let done = saga.trace(TraceEvent::Succeeded, None, now);
        (saga, vec![done])
    }

    /// It has not ended.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase != SagaPhase::Done
    }

    /// Somebody else may take it over at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.phase, SagaPhase::Running | SagaPhase::Parked) && self.due_at <= now
    }

    /// The saga taken over at `now` by a new worker; all older ones are stale from here on.
    #[must_use]
    pub fn taken_over(&self, now: Timestamp, patience: &SagaPatience) -> (Self, SagaTrace) {
        let mut saga = self.clone();
        saga.epoch = saga.epoch.saturating_add(1);
        saga.phase = SagaPhase::Running;
        saga.due_at = now.plus_micros(patience.lease);
        let taken = saga.trace(TraceEvent::TakenOver, None, now);
        (saga, taken)
    }

    /// The saga after `event`, what its trace says of it, and what is to happen to the order; see the
    /// module's header.
    ///
    /// # Errors
    /// [`SagaRefusal`]; then nothing changes.
    pub fn next(
        &self,
        event: SagaEvent,
        now: Timestamp,
        patience: &SagaPatience,
    ) -> Result<(Self, SagaTrace, Option<SagaEffect>), SagaRefusal> {
        let is_stuck = self.phase == SagaPhase::Stuck;
        let by_operator = matches!(event, SagaEvent::Retry { .. } | SagaEvent::Abandon { .. });
        if by_operator && !is_stuck {
            return Err(SagaRefusal::NotStuck);
        }
        if !by_operator && (is_stuck || !self.is_live()) {
            return Err(SagaRefusal::NotWaiting);
        }
        let mut saga = self.clone();
        saga.epoch = saga.epoch.saturating_add(1);
        let (name, detail) = match &event {
            SagaEvent::Succeeded => (TraceEvent::Succeeded, None),
            SagaEvent::Declined(why) => (TraceEvent::Declined, Some(why.clone())),
            SagaEvent::Unanswered(why, _) => (TraceEvent::Unanswered, Some(why.clone())),
            SagaEvent::Retry { by, reason } => {
                let why = reason.as_ref().map_or("no reason given", Reason::as_str);
                (TraceEvent::Retried, Some(format!("by {by}: {why}")))
            }
            SagaEvent::Abandon {
                by,
                reason,
                settled,
            } => {
                let detail = format!("{settled:?} by {by}: {reason}");
                (TraceEvent::Abandoned, Some(detail))
            }
        };
        let trace = saga.trace(name, detail, now);
        let effect = saga.take(event, now, patience);
        Ok((saga, trace, effect))
    }

    fn take(
        &mut self,
        event: SagaEvent,
        now: Timestamp,
        patience: &SagaPatience,
    ) -> Option<SagaEffect> {
        use SagaDirection::{Forward, Undo};
        use SagaOutcome::{Completed, Undone};
        match (event, self.step, self.direction) {
            (SagaEvent::Succeeded, SagaStep::Authorise, Forward) => {
                self.go_on(SagaStep::Capture, Forward, now, patience);
                Some(SagaEffect::Complete)
            }
            (SagaEvent::Succeeded, SagaStep::Authorise, Undo) => self.end(Undone, None, now),
            (SagaEvent::Succeeded, SagaStep::Refund, _) => {
                self.end(Completed, Some(SagaEffect::Return), now)
            }
            (SagaEvent::Succeeded, SagaStep::Capture | SagaStep::Complete, _) => {
                self.end(Completed, None, now)
            }
            (SagaEvent::Declined(why), SagaStep::Authorise, Forward) => {
                self.last_error = Some(why);
                self.end(Undone, Some(SagaEffect::ReleaseDeclined), now)
            }
            (SagaEvent::Declined(why), SagaStep::Refund, _) => {
                self.last_error = Some(why);
                self.end(Undone, Some(SagaEffect::KeepPaid), now)
            }
            (SagaEvent::Declined(why), ..) => self.try_again(why, Jitter::default(), now, patience),
            (SagaEvent::Unanswered(why, jitter), ..) => self.try_again(why, jitter, now, patience),
            (SagaEvent::Retry { .. }, step, direction) => {
                self.go_on(step, direction, now, patience);
                // For whoever takes it over; the operator does not work on it.
                self.due_at = now;
                None
            }
            (SagaEvent::Abandon { settled, .. }, step, direction) => {
                let (outcome, effect) = abandoned(step, direction, settled);
                self.end(outcome, effect, now)
            }
        }
    }

    fn try_again(
        &mut self,
        why: String,
        jitter: Jitter,
        now: Timestamp,
        patience: &SagaPatience,
    ) -> Option<SagaEffect> {
        self.last_error = Some(why);
        self.tries = self.tries.saturating_add(1);
        let may_turn = self.step == SagaStep::Authorise && self.direction == SagaDirection::Forward;
        if self.tries < patience.quick_tries {
            self.phase = SagaPhase::Running;
            self.due_at = now.plus_micros(patience.lease);
        } else if may_turn {
            self.go_on(SagaStep::Authorise, SagaDirection::Undo, now, patience);
            return Some(SagaEffect::ReleaseUnanswered);
        } else if self.tries < patience.most_tries {
            let times = self.tries.saturating_sub(patience.quick_tries).min(16);
            let wait = PARKED
                .saturating_mul(4_i64.saturating_pow(times))
                .min(LONGEST);
            self.phase = SagaPhase::Parked;
            self.due_at = now.plus_micros(jitter.on(wait));
        } else {
            self.phase = SagaPhase::Stuck;
            self.due_at = now;
        }
        None
    }

    /// How long its worker waits before the next quick try, in microseconds.
    #[must_use]
    pub fn quick_wait(&self, jitter: Jitter) -> i64 {
        let times = self.tries.saturating_sub(1).min(16);
        let wait = QUICK.saturating_mul(2_i64.saturating_pow(times));
        jitter.on(wait.min(LONGEST))
    }

    fn go_on(
        &mut self,
        step: SagaStep,
        direction: SagaDirection,
        now: Timestamp,
        patience: &SagaPatience,
    ) {
        self.step = step;
        self.direction = direction;
        self.phase = SagaPhase::Running;
        self.tries = 0;
        self.due_at = now.plus_micros(patience.lease);
    }

    fn end(
        &mut self,
        outcome: SagaOutcome,
        effect: Option<SagaEffect>,
        now: Timestamp,
    ) -> Option<SagaEffect> {
        self.phase = SagaPhase::Done;
        self.outcome = Some(outcome);
        self.due_at = now;
        effect
    }

    fn trace(&mut self, event: TraceEvent, detail: Option<String>, now: Timestamp) -> SagaTrace {
        let sequence = self.traced;
        self.traced = self.traced.saturating_add(1);
        SagaTrace {
            saga_id: self.id,
            sequence,
            at: now,
            direction: self.direction,
            step: self.step,
            event,
            detail,
        }
    }
}

/// How a saga ends whose call was settled by hand.
fn abandoned(
    step: SagaStep,
    direction: SagaDirection,
    settled: Settled,
) -> (SagaOutcome, Option<SagaEffect>) {
    use SagaOutcome::{Completed, Undone};
    match (step, direction, settled) {
        (SagaStep::Authorise, _, Settled::Captured) => (Undone, Some(SagaEffect::StrayPayment)),
        (SagaStep::Authorise, _, Settled::Voided | Settled::Nothing) => (Undone, None),
        (SagaStep::Capture | SagaStep::Complete, _, Settled::Captured) => (Completed, None),
        (SagaStep::Capture | SagaStep::Complete, _, Settled::Voided | Settled::Nothing) => {
            (Undone, Some(SagaEffect::PaymentLost))
        }
        // The consumer still has not got the money back: the payment stays captured.
        (SagaStep::Refund, _, Settled::Captured | Settled::Nothing) => {
            (Undone, Some(SagaEffect::KeepPaid))
        }
        (SagaStep::Refund, _, Settled::Voided) => (Completed, Some(SagaEffect::Return)),
    }
}

#[cfg(test)]
mod tests;
