//! Whole histories, as an operator reads them: each entry of the trace with the milliseconds since the
//! beginning, what it did to the order, and how the saga stands at the end.

use super::super::*;
use crate::testing::{PATIENCE, SAGA, abandon, at, declined, retry, traced, unanswered, uuid};
use Settled::{Captured, Nothing, Voided};

/// A saga and the worker on it, who waits as long as it is told, and takes it over when it is due.
struct History {
    saga: Saga,
    now: Timestamp,
    lines: Vec<String>,
}

impl History {
    fn begin(kind: SagaKind, step: SagaStep) -> Self {
        let order_id = OrderId::from_uuid(uuid(10));
        let (saga, trace) = Saga::begin(SAGA, order_id, (kind, step), at(0), &PATIENCE);
        let mut history = Self {
            saga,
            now: at(0),
            lines: Vec::new(),
        };
        history.write(&trace[0]);
        history
    }

    fn of_purchase() -> Self {
        Self::begin(SagaKind::Purchase, SagaStep::Authorise)
    }

    fn of_refund() -> Self {
        Self::begin(SagaKind::Refund, SagaStep::Refund)
    }

    fn write(&mut self, trace: &SagaTrace) {
        let millis = trace.at.as_micros() / 1_000;
        let entry = traced(trace);
        self.lines.push(format!("{millis} {entry}"));
    }

    fn and(mut self, event: SagaEvent) -> Self {
        let (saga, trace, effect) = self.saga.next(event, self.now, &PATIENCE).unwrap();
        self.write(&trace);
        self.lines
            .extend(effect.map(|effect| format!("    {effect:?}")));
        if saga.phase == SagaPhase::Running && saga.tries > 0 {
            self.now = self.now.plus_micros(saga.quick_wait(Jitter::default()));
        }
        self.saga = saga;
        self
    }

    /// So many calls without an answer; a parked saga is taken over first.
    fn unanswered(mut self, times: u32) -> Self {
        for _ in 0..times {
            if self.saga.phase == SagaPhase::Parked {
                self = self.taken_over();
            }
            self = self.and(unanswered());
        }
        self
    }

    /// When it is due, by another worker.
    fn taken_over(mut self) -> Self {
        self.now = self.now.max(self.saga.due_at);
        assert!(self.saga.is_due(self.now));
        let (saga, trace) = self.saga.taken_over(self.now, &PATIENCE);
        self.write(&trace);
        self.saga = saga;
        self
    }

    #[track_caller]
    fn reads(mut self, expected: &str) {
        let outcome = self.saga.outcome.map(|outcome| format!(" {outcome:?}"));
        let outcome = outcome.unwrap_or_default();
        self.lines.push(format!("{:?}{outcome}", self.saga.phase));
        let expected: Vec<_> = expected.lines().skip(1).map(|line| &line[8..]).collect();
        assert_eq!(self.lines, expected);
        assert_eq!(usize::try_from(self.saga.traced).unwrap(), self.entries());
    }

    /// Lines that are neither an effect nor the last.
    fn entries(&self) -> usize {
        let entries = self.lines.iter().filter(|line| !line.starts_with(' '));
        entries.count() - 1
    }
}

#[test]
fn straight_through() {
    let history = History::of_purchase();
    history
        .and(SagaEvent::Succeeded)
        .and(SagaEvent::Succeeded)
        .reads(
            "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Succeeded
            Complete
        0 FORWARD CAPTURE Succeeded
        Done Completed",
        );
}

#[test]
fn declined_by_the_provider() {
    History::of_purchase().and(declined()).reads(
        "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Declined: no funds
            ReleaseDeclined
        Done Undone",
    );
}

#[test]
fn one_unanswered_then_through() {
    let history = History::of_purchase().unanswered(1);
    history
        .and(SagaEvent::Succeeded)
        .and(SagaEvent::Succeeded)
        .reads(
            "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Unanswered: timed out
        100 FORWARD AUTHORISE Succeeded
            Complete
        100 FORWARD CAPTURE Succeeded
        Done Completed",
        );
}

#[test]
fn three_unanswered_then_voided() {
    let history = History::of_purchase().unanswered(3);
    history.and(SagaEvent::Succeeded).reads(
        "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Unanswered: timed out
        100 FORWARD AUTHORISE Unanswered: timed out
        300 FORWARD AUTHORISE Unanswered: timed out
            ReleaseUnanswered
        300 UNDO AUTHORISE Succeeded
        Done Undone",
    );
}

/// Three authorisations and ten voids without an answer.
const VOID_STUCK: &str = "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Unanswered: timed out
        100 FORWARD AUTHORISE Unanswered: timed out
        300 FORWARD AUTHORISE Unanswered: timed out
            ReleaseUnanswered
        300 UNDO AUTHORISE Unanswered: timed out
        400 UNDO AUTHORISE Unanswered: timed out
        600 UNDO AUTHORISE Unanswered: timed out
        2600 UNDO AUTHORISE TakenOver
        2600 UNDO AUTHORISE Unanswered: timed out
        10600 UNDO AUTHORISE TakenOver
        10600 UNDO AUTHORISE Unanswered: timed out
        42600 UNDO AUTHORISE TakenOver
        42600 UNDO AUTHORISE Unanswered: timed out
        170600 UNDO AUTHORISE TakenOver
        170600 UNDO AUTHORISE Unanswered: timed out
        682600 UNDO AUTHORISE TakenOver
        682600 UNDO AUTHORISE Unanswered: timed out
        1282600 UNDO AUTHORISE TakenOver
        1282600 UNDO AUTHORISE Unanswered: timed out
        1882600 UNDO AUTHORISE TakenOver
        1882600 UNDO AUTHORISE Unanswered: timed out";

fn void_stuck() -> History {
    History::of_purchase().unanswered(13)
}

#[test]
fn a_void_is_parked_and_stuck() {
    void_stuck().reads(&format!("{VOID_STUCK}\n        Stuck"));
}

#[test]
fn a_stuck_void_is_retried_and_voided() {
    let history = void_stuck().and(retry()).taken_over();
    history.and(SagaEvent::Succeeded).reads(&format!(
        "{VOID_STUCK}
        1882600 UNDO AUTHORISE Retried: by root: provider is back
        1882600 UNDO AUTHORISE TakenOver
        1882600 UNDO AUTHORISE Succeeded
        Done Undone"
    ));
}

#[test]
fn a_retry_may_give_no_reason() {
    let by = crate::testing::caller("root");
    let retry = SagaEvent::Retry { by, reason: None };
    void_stuck().and(retry).reads(&format!(
        "{VOID_STUCK}
        1882600 UNDO AUTHORISE Retried: by root: no reason given
        Running"
    ));
}

#[test]
fn a_stuck_void_is_abandoned_as_voided() {
    void_stuck().and(abandon(Voided)).reads(&format!(
        "{VOID_STUCK}
        1882600 UNDO AUTHORISE Abandoned: Voided by root: called them
        Done Undone"
    ));
}

#[test]
fn a_stuck_void_is_abandoned_as_nothing() {
    void_stuck().and(abandon(Nothing)).reads(&format!(
        "{VOID_STUCK}
        1882600 UNDO AUTHORISE Abandoned: Nothing by root: called them
        Done Undone"
    ));
}

#[test]
fn a_stuck_void_is_abandoned_as_captured() {
    void_stuck().and(abandon(Captured)).reads(&format!(
        "{VOID_STUCK}
        1882600 UNDO AUTHORISE Abandoned: Captured by root: called them
            StrayPayment
        Done Undone"
    ));
}

#[test]
fn a_capture_is_parked_then_through() {
    let history = History::of_purchase().and(SagaEvent::Succeeded);
    let history = history.unanswered(4).taken_over();
    history.and(SagaEvent::Succeeded).reads(
        "
        0 FORWARD AUTHORISE Began
        0 FORWARD AUTHORISE Succeeded
            Complete
        0 FORWARD CAPTURE Unanswered: timed out
        100 FORWARD CAPTURE Unanswered: timed out
        300 FORWARD CAPTURE Unanswered: timed out
        2300 FORWARD CAPTURE TakenOver
        2300 FORWARD CAPTURE Unanswered: timed out
        10300 FORWARD CAPTURE TakenOver
        10300 FORWARD CAPTURE Succeeded
        Done Completed",
    );
}

#[test]
fn a_worker_that_is_gone_is_taken_over_after_its_lease() {
    let history = History::of_purchase().taken_over();
    history
        .and(SagaEvent::Succeeded)
        .taken_over()
        .and(SagaEvent::Succeeded)
        .reads(
            "
        0 FORWARD AUTHORISE Began
        5000 FORWARD AUTHORISE TakenOver
        5000 FORWARD AUTHORISE Succeeded
            Complete
        10000 FORWARD CAPTURE TakenOver
        10000 FORWARD CAPTURE Succeeded
        Done Completed",
        );
}

#[test]
fn a_refund_straight_through() {
    History::of_refund().and(SagaEvent::Succeeded).reads(
        "
        0 FORWARD REFUND Began
        0 FORWARD REFUND Succeeded
            Return
        Done Completed",
    );
}

#[test]
fn a_refund_declined() {
    History::of_refund().and(declined()).reads(
        "
        0 FORWARD REFUND Began
        0 FORWARD REFUND Declined: no funds
            KeepPaid
        Done Undone",
    );
}

#[test]
fn a_refund_stuck_and_abandoned() {
    History::of_refund()
        .unanswered(10)
        .and(abandon(Voided))
        .reads(
            "
        0 FORWARD REFUND Began
        0 FORWARD REFUND Unanswered: timed out
        100 FORWARD REFUND Unanswered: timed out
        300 FORWARD REFUND Unanswered: timed out
        2300 FORWARD REFUND TakenOver
        2300 FORWARD REFUND Unanswered: timed out
        10300 FORWARD REFUND TakenOver
        10300 FORWARD REFUND Unanswered: timed out
        42300 FORWARD REFUND TakenOver
        42300 FORWARD REFUND Unanswered: timed out
        170300 FORWARD REFUND TakenOver
        170300 FORWARD REFUND Unanswered: timed out
        682300 FORWARD REFUND TakenOver
        682300 FORWARD REFUND Unanswered: timed out
        1282300 FORWARD REFUND TakenOver
        1282300 FORWARD REFUND Unanswered: timed out
        1882300 FORWARD REFUND TakenOver
        1882300 FORWARD REFUND Unanswered: timed out
        1882300 FORWARD REFUND Abandoned: Voided by root: called them
            Return
        Done Completed",
        );
}
