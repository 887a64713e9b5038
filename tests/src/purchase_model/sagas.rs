//! What a saga does next, restated: the table of DESIGN §6, without its effects on the order.

use domain::{
    OrderId, Saga, SagaDirection, SagaEvent, SagaId, SagaKind, SagaOutcome, SagaPatience,
    SagaPhase, SagaRefusal, SagaStep, Settled,
};

use super::PurchaseModel;

/// Short, so that parking and sticking come about.
pub(super) const PATIENCE: SagaPatience = SagaPatience {
    lease: 5_000_000,
    quick_tries: 2,
    most_tries: 4,
};

/// What a saga's step means for its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Nothing.
    Nothing,
    /// It is paid.
    Paid,
    /// It failed: declined.
    Declined,
    /// It failed: no answer.
    Unanswered,
    /// The money is back.
    Refunded,
    /// The money is not back.
    NotRefunded,
    /// The money of a failed order was taken all the same.
    Stray,
    /// The money of a paid order never came.
    NeverPaid,
}

impl PurchaseModel {
    /// What is local only has ended when it begins.
    pub(super) fn begin_saga(&mut self, id: SagaId, order: OrderId, kind: SagaKind, at: SagaStep) {
        let is_over = at == SagaStep::Complete;
        self.sagas.push(Saga {
            id,
            order_id: order,
            kind,
            direction: SagaDirection::Forward,
            phase: if is_over {
                SagaPhase::Done
            } else {
                SagaPhase::Running
            },
            outcome: is_over.then_some(SagaOutcome::Completed),
            step: at,
            tries: 0,
            epoch: 1,
            due_at: if is_over {
                self.now
            } else {
                self.now.plus_micros(PATIENCE.lease)
            },
            last_error: None,
            traced: 1,
            began_at: self.now,
        });
    }

    /// What is due is taken over.
    pub(super) fn take_over(&mut self) -> Vec<Saga> {
        let now = self.now;
        let mut taken = Vec::new();
        for saga in &mut self.sagas {
            let waits = matches!(saga.phase, SagaPhase::Running | SagaPhase::Parked);
            if waits && saga.due_at <= now {
                saga.phase = SagaPhase::Running;
                saga.due_at = now.plus_micros(PATIENCE.lease);
                saga.epoch += 1;
                saga.traced += 1;
                taken.push(saga.clone());
            }
        }
        taken
    }

    /// Something happens to the n-th saga.
    pub(super) fn happens(
        &mut self,
        number: usize,
        event: &SagaEvent,
    ) -> Result<Means, SagaRefusal> {
        let now = self.now;
        let saga = &mut self.sagas[number];
        let by_operator = matches!(event, SagaEvent::Retry { .. } | SagaEvent::Abandon { .. });
        match saga.phase {
            SagaPhase::Stuck if !by_operator => return Err(SagaRefusal::NotWaiting),
            SagaPhase::Done if !by_operator => return Err(SagaRefusal::NotWaiting),
            SagaPhase::Running | SagaPhase::Parked | SagaPhase::Done if by_operator => {
                return Err(SagaRefusal::NotStuck);
            }
            _ => {}
        }
        saga.epoch += 1;
        saga.traced += 1;
        let is_void = saga.direction == SagaDirection::Undo;
        Ok(match (event, saga.step) {
            (SagaEvent::Succeeded, SagaStep::Authorise) if is_void => {
                end(saga, now, SagaOutcome::Undone, Means::Nothing)
            }
            (SagaEvent::Succeeded, SagaStep::Authorise) => {
                saga.step = SagaStep::Capture;
                run(saga, now);
                Means::Paid
            }
            (SagaEvent::Succeeded, SagaStep::Refund) => {
                end(saga, now, SagaOutcome::Completed, Means::Refunded)
            }
            (SagaEvent::Succeeded, _) => end(saga, now, SagaOutcome::Completed, Means::Nothing),
            (SagaEvent::Declined(_), SagaStep::Authorise) if !is_void => {
                end(saga, now, SagaOutcome::Undone, Means::Declined)
            }
            (SagaEvent::Declined(_), SagaStep::Refund) => {
                end(saga, now, SagaOutcome::Undone, Means::NotRefunded)
            }
            (SagaEvent::Declined(_) | SagaEvent::Unanswered(..), _) => unanswered(saga, now),
            (SagaEvent::Retry { .. }, _) => {
                run(saga, now);
                saga.due_at = now;
                Means::Nothing
            }
            (SagaEvent::Abandon { settled, .. }, step) => abandoned(saga, now, step, *settled),
        })
    }
}

fn run(saga: &mut Saga, now: domain::Timestamp) {
    saga.phase = SagaPhase::Running;
    saga.tries = 0;
    saga.due_at = now.plus_micros(PATIENCE.lease);
}

fn end(saga: &mut Saga, now: domain::Timestamp, outcome: SagaOutcome, means: Means) -> Means {
    saga.phase = SagaPhase::Done;
    saga.outcome = Some(outcome);
    saga.due_at = now;
    means
}

/// Two quick tries; then an authorisation is undone, and all else is parked for 2 s, 8 s, and stuck.
fn unanswered(saga: &mut Saga, now: domain::Timestamp) -> Means {
    saga.tries += 1;
    let is_authorisation =
        saga.step == SagaStep::Authorise && saga.direction == SagaDirection::Forward;
    match saga.tries {
        1 => saga.due_at = now.plus_micros(5_000_000),
        2 if is_authorisation => {
            saga.direction = SagaDirection::Undo;
            run(saga, now);
            return Means::Unanswered;
        }
        2 | 3 => {
            let seconds = if saga.tries == 2 { 2 } else { 8 };
            saga.phase = SagaPhase::Parked;
            saga.due_at = now.plus_micros(seconds * 1_000_000);
        }
        _ => {
            saga.phase = SagaPhase::Stuck;
            saga.due_at = now;
        }
    }
    Means::Nothing
}

fn abandoned(saga: &mut Saga, now: domain::Timestamp, step: SagaStep, settled: Settled) -> Means {
    let (outcome, means) = match (step, settled) {
        (SagaStep::Authorise, Settled::Captured) => (SagaOutcome::Undone, Means::Stray),
        (SagaStep::Authorise, _) => (SagaOutcome::Undone, Means::Nothing),
        (SagaStep::Refund, Settled::Voided) => (SagaOutcome::Completed, Means::Refunded),
        (SagaStep::Refund, _) => (SagaOutcome::Undone, Means::NotRefunded),
        (_, Settled::Captured) => (SagaOutcome::Completed, Means::Nothing),
        (_, _) => (SagaOutcome::Undone, Means::NeverPaid),
    };
    end(saga, now, outcome, means)
}
