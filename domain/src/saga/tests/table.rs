//! Every step, direction and phase with every event.

use rstest::rstest;

use super::super::*;
use crate::testing::{NOW, PATIENCE, SAGA, abandon, at, declined, retry, unanswered, uuid};
use SagaDirection::{Forward, Undo};
use SagaEffect::{
    Complete as Completes, KeepPaid, PaymentLost, ReleaseDeclined, ReleaseUnanswered, Return,
    StrayPayment,
};
use SagaOutcome::{Completed, Undone};
use SagaPhase::{Done, Parked, Running, Stuck};
use SagaStep::{Authorise, Capture, Complete, Refund};
use Settled::{Captured, Nothing, Voided};

const LATER: Timestamp = Timestamp::from_micros(1_000);

/// A saga that stands there, after so many tries.
fn saga(step: SagaStep, direction: SagaDirection, phase: SagaPhase, tries: u32) -> Saga {
    let order_id = OrderId::from_uuid(uuid(10));
    let (saga, _) = Saga::begin(SAGA, order_id, (SagaKind::Purchase, step), NOW, &PATIENCE);
    let outcome = (phase == Done).then_some(Completed);
    Saga {
        direction,
        phase,
        tries,
        outcome,
        ..saga
    }
}

/// Where it stands then: step and direction, phase and outcome, tries.
type Place = (SagaStep, SagaDirection, SagaPhase, Option<SagaOutcome>, u32);

fn place(saga: &Saga) -> Place {
    let Saga {
        step,
        direction,
        phase,
        outcome,
        tries,
        ..
    } = *saga;
    (step, direction, phase, outcome, tries)
}

fn next(saga: &Saga, event: SagaEvent) -> (Saga, SagaTrace, Option<SagaEffect>) {
    saga.next(event, LATER, &PATIENCE).unwrap()
}

#[rstest]
#[case(Authorise, Forward, (Capture, Forward, Running, None, 0), Some(Completes))]
#[case(Authorise, Undo, (Authorise, Undo, Done, Some(Undone), 1), None)]
#[case(Complete, Forward, (Complete, Forward, Done, Some(Completed), 1), None)]
#[case(Complete, Undo, (Complete, Undo, Done, Some(Completed), 1), None)]
#[case(Capture, Forward, (Capture, Forward, Done, Some(Completed), 1), None)]
#[case(Capture, Undo, (Capture, Undo, Done, Some(Completed), 1), None)]
#[case(Refund, Forward, (Refund, Forward, Done, Some(Completed), 1), Some(Return))]
#[case(Refund, Undo, (Refund, Undo, Done, Some(Completed), 1), Some(Return))]
fn succeeded(
    #[case] step: SagaStep,
    #[case] direction: SagaDirection,
    #[case] expected: Place,
    #[case] effect: Option<SagaEffect>,
    #[values(Running, Parked)] phase: SagaPhase,
) {
    let (next, _, happens) = next(&saga(step, direction, phase, 1), SagaEvent::Succeeded);
    assert_eq!((place(&next), happens), (expected, effect));
    assert_eq!(next.last_error, None);
}

#[rstest]
#[case(Authorise, Forward, (Authorise, Forward, Done, Some(Undone), 1), Some(ReleaseDeclined))]
#[case(Authorise, Undo, (Authorise, Undo, Running, None, 2), None)]
#[case(Complete, Forward, (Complete, Forward, Running, None, 2), None)]
#[case(Complete, Undo, (Complete, Undo, Running, None, 2), None)]
#[case(Capture, Forward, (Capture, Forward, Running, None, 2), None)]
#[case(Capture, Undo, (Capture, Undo, Running, None, 2), None)]
#[case(Refund, Forward, (Refund, Forward, Done, Some(Undone), 1), Some(KeepPaid))]
#[case(Refund, Undo, (Refund, Undo, Done, Some(Undone), 1), Some(KeepPaid))]
fn declined_with_quick_tries_left(
    #[case] step: SagaStep,
    #[case] direction: SagaDirection,
    #[case] expected: Place,
    #[case] effect: Option<SagaEffect>,
) {
    let (next, _, happens) = next(&saga(step, direction, Running, 1), declined());
    assert_eq!((place(&next), happens), (expected, effect));
    assert_eq!(next.last_error.as_deref(), Some("no funds"));
}

/// Tries before this one, and where that leads.
#[rstest]
#[case::the_first(0, Running, 1)]
#[case::the_last_but_one_quick_one(1, Running, 2)]
#[case::the_last_quick_one(2, Parked, 3)]
#[case::the_first_after_a_wait(3, Parked, 4)]
#[case::the_last_but_one_of_all(8, Parked, 9)]
#[case::the_last_of_all(9, Stuck, 10)]
fn an_undo_and_what_follows_completion_is_tried_parked_and_stuck(
    #[case] tries: u32,
    #[case] phase: SagaPhase,
    #[case] tries_then: u32,
    #[values(
        (Authorise, Undo, unanswered()),
        (Authorise, Undo, declined()),
        (Capture, Forward, unanswered()),
        (Capture, Forward, declined()),
        (Capture, Undo, unanswered()),
        (Complete, Forward, unanswered()),
        (Complete, Undo, unanswered()),
        (Refund, Forward, unanswered()),
        (Refund, Undo, unanswered()),
    )]
    call: (SagaStep, SagaDirection, SagaEvent),
    #[values(Running, Parked)] phase_before: SagaPhase,
) {
    let (step, direction, event) = call;
    let (next, _, happens) = next(&saga(step, direction, phase_before, tries), event);
    assert_eq!(place(&next), (step, direction, phase, None, tries_then));
    assert_eq!(happens, None);
    assert!(next.last_error.is_some());
}

#[rstest]
#[case::the_first(0, (Authorise, Forward, Running, None, 1), None)]
#[case::the_last_but_one(1, (Authorise, Forward, Running, None, 2), None)]
#[case::the_last(2, (Authorise, Undo, Running, None, 0), Some(ReleaseUnanswered))]
fn an_authorisation_without_an_answer_turns_back_and_is_never_parked(
    #[case] tries: u32,
    #[case] expected: Place,
    #[case] effect: Option<SagaEffect>,
) {
    let (next, _, happens) = next(&saga(Authorise, Forward, Running, tries), unanswered());
    assert_eq!((place(&next), happens), (expected, effect));
    assert_eq!(next.due_at, LATER.plus_micros(PATIENCE.lease));
}

#[rstest]
fn a_retry_begins_again_at_the_same_call_for_whoever_takes_it_over(
    #[values(Authorise, Complete, Capture, Refund)] step: SagaStep,
    #[values(Forward, Undo)] direction: SagaDirection,
) {
    let (next, _, happens) = next(&saga(step, direction, Stuck, 10), retry());
    assert_eq!(place(&next), (step, direction, Running, None, 0));
    assert_eq!(happens, None);
    assert!(next.is_due(LATER));
}

#[rstest]
#[case(Authorise, Captured, Undone, Some(StrayPayment))]
#[case(Authorise, Voided, Undone, None)]
#[case(Authorise, Nothing, Undone, None)]
#[case(Complete, Captured, Completed, None)]
#[case(Complete, Voided, Undone, Some(PaymentLost))]
#[case(Complete, Nothing, Undone, Some(PaymentLost))]
#[case(Capture, Captured, Completed, None)]
#[case(Capture, Voided, Undone, Some(PaymentLost))]
#[case(Capture, Nothing, Undone, Some(PaymentLost))]
#[case(Refund, Captured, Undone, Some(KeepPaid))]
#[case(Refund, Voided, Completed, Some(Return))]
#[case(Refund, Nothing, Undone, Some(KeepPaid))]
fn an_abandoned_saga_ends_as_its_call_was_settled(
    #[case] step: SagaStep,
    #[case] settled: Settled,
    #[case] outcome: SagaOutcome,
    #[case] effect: Option<SagaEffect>,
    #[values(Forward, Undo)] direction: SagaDirection,
) {
    let (next, _, happens) = next(&saga(step, direction, Stuck, 10), abandon(settled));
    assert_eq!(place(&next), (step, direction, Done, Some(outcome), 10));
    assert_eq!(happens, effect);
    assert!(!next.is_live());
}

#[rstest]
fn only_a_stuck_saga_is_an_operators(
    #[values(Authorise, Complete, Capture, Refund)] step: SagaStep,
    #[values(Forward, Undo)] direction: SagaDirection,
    #[values(Running, Parked, Done)] phase: SagaPhase,
    #[values(retry(), abandon(Captured), abandon(Voided), abandon(Nothing))] event: SagaEvent,
) {
    let saga = saga(step, direction, phase, 3);
    let refused = saga.next(event, LATER, &PATIENCE);
    assert_eq!(refused, Err(SagaRefusal::NotStuck));
}

#[rstest]
fn a_saga_that_has_ended_or_stuck_takes_no_answer(
    #[values(Authorise, Complete, Capture, Refund)] step: SagaStep,
    #[values(Forward, Undo)] direction: SagaDirection,
    #[values(Stuck, Done)] phase: SagaPhase,
    #[values(SagaEvent::Succeeded, declined(), unanswered())] event: SagaEvent,
) {
    let saga = saga(step, direction, phase, 3);
    let refused = saga.next(event, LATER, &PATIENCE);
    assert_eq!(refused, Err(SagaRefusal::NotWaiting));
}

#[rstest]
fn every_change_raises_the_epoch_and_leaves_its_trace_where_it_stood(
    #[values(
        (Running, SagaEvent::Succeeded, TraceEvent::Succeeded),
        (Running, declined(), TraceEvent::Declined),
        (Running, unanswered(), TraceEvent::Unanswered),
        (Stuck, retry(), TraceEvent::Retried),
        (Stuck, abandon(Voided), TraceEvent::Abandoned),
    )]
    change: (SagaPhase, SagaEvent, TraceEvent),
) {
    let (phase, event, name) = change;
    let before = saga(Authorise, Forward, phase, 2);
    let (after, trace, _) = next(&before, event);
    assert_eq!(after.epoch, before.epoch + 1);
    assert_eq!(
        (trace.sequence, after.traced),
        (before.traced, before.traced + 1)
    );
    assert_eq!((trace.saga_id, trace.at), (SAGA, LATER));
    assert_eq!(
        (trace.step, trace.direction, trace.event),
        (Authorise, Forward, name)
    );
    let same = (before.id, before.order_id, before.kind, before.began_at);
    assert_eq!((after.id, after.order_id, after.kind, after.began_at), same);
}

#[test]
fn taking_over_raises_the_epoch_and_changes_nothing_of_where_it_stands() {
    let before = saga(Capture, Forward, Parked, 4);
    let (after, trace) = before.taken_over(LATER, &PATIENCE);
    assert_eq!(after.epoch, before.epoch + 1);
    assert_eq!(place(&after), (Capture, Forward, Running, None, 4));
    assert_eq!(after.due_at, LATER.plus_micros(PATIENCE.lease));
    assert_eq!((trace.sequence, trace.event), (1, TraceEvent::TakenOver));
    assert_eq!(after.traced, 2);
}

#[rstest]
#[case::running(Running, true)]
#[case::parked(Parked, true)]
#[case::stuck(Stuck, false)]
#[case::done(Done, false)]
fn a_saga_is_due_from_its_moment_on_unless_nobody_may_work_on_it(
    #[case] phase: SagaPhase,
    #[case] ever: bool,
) {
    let mut saga = saga(Capture, Forward, phase, 1);
    saga.due_at = at(1_000);
    assert!(!saga.is_due(at(999)));
    assert_eq!(saga.is_due(at(1_000)), ever);
    assert_eq!(saga.is_due(at(1_001)), ever);
}

#[test]
fn a_saga_begins_with_its_maker_and_one_of_local_steps_ends_at_once() {
    let order_id = OrderId::from_uuid(uuid(10));
    let call = (SagaKind::Refund, Refund);
    let (begun, trace) = Saga::begin(SAGA, order_id, call, NOW, &PATIENCE);
    assert_eq!(place(&begun), (Refund, Forward, Running, None, 0));
    assert_eq!(
        (begun.epoch, begun.traced, begun.kind),
        (1, 1, SagaKind::Refund)
    );
    assert_eq!(begun.due_at, NOW.plus_micros(PATIENCE.lease));
    assert_eq!((trace.len(), trace[0].event), (1, TraceEvent::Began));

    let (done, trace) = Saga::at_once(SAGA, order_id, SagaKind::Purchase, NOW);
    assert_eq!(place(&done), (Complete, Forward, Done, Some(Completed), 0));
    assert_eq!((done.traced, done.due_at), (1, NOW));
    let only = (trace.len(), trace[0].sequence, trace[0].event);
    assert_eq!(only, (1, 0, TraceEvent::Succeeded));
}
