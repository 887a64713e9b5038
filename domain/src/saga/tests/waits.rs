//! How long a saga waits, and how often it tries.

use rstest::rstest;

use super::super::*;
use crate::OutOfRange;
use crate::testing::{NOW, PATIENCE, SAGA, uuid};

fn capturing(tries: u32) -> Saga {
    let call = (SagaKind::Purchase, SagaStep::Capture);
    let order_id = OrderId::from_uuid(uuid(10));
    let (saga, _) = Saga::begin(SAGA, order_id, call, NOW, &PATIENCE);
    Saga { tries, ..saga }
}

fn jitter(permille: u16) -> Jitter {
    Jitter::new(permille).unwrap()
}

fn unanswered(saga: &Saga, jitter: Jitter, patience: &SagaPatience) -> Saga {
    let event = SagaEvent::Unanswered("timed out".to_owned(), jitter);
    saga.next(event, NOW, patience).unwrap().0
}

#[rstest]
#[case(1, 100_000)]
#[case(2, 200_000)]
#[case(3, 400_000)]
#[case::before_any_try(0, 100_000)]
#[case::the_last_below_the_cap(13, 409_600_000)]
#[case::capped(14, 600_000_000)]
#[case::capped_for_ever(u32::MAX, 600_000_000)]
fn quick_waits_double_up_to_ten_minutes(#[case] tries: u32, #[case] wait: i64) {
    assert_eq!(capturing(tries).quick_wait(jitter(0)), wait);
}

#[rstest]
#[case(2, 2_000_000)]
#[case(3, 8_000_000)]
#[case(4, 32_000_000)]
#[case(5, 128_000_000)]
#[case(6, 512_000_000)]
#[case::capped(7, 600_000_000)]
#[case::capped_for_ever(u32::MAX - 2, 600_000_000)]
fn parked_waits_grow_fourfold_up_to_ten_minutes(#[case] tries: u32, #[case] wait: i64) {
    let patience = SagaPatience {
        most_tries: u32::MAX,
        ..PATIENCE
    };
    let parked = unanswered(&capturing(tries), jitter(0), &patience);
    assert_eq!(parked.phase, SagaPhase::Parked);
    assert_eq!(parked.due_at.micros_since(NOW), wait);
}

#[rstest]
#[case::none(0, 2_000_000)]
#[case::half_of_it(500, 2_500_000)]
#[case::most(1_000, 3_000_000)]
fn jitter_adds_at_most_half_of_a_wait(#[case] permille: u16, #[case] wait: i64) {
    let parked = unanswered(&capturing(2), jitter(permille), &PATIENCE);
    assert_eq!(parked.due_at.micros_since(NOW), wait);
    let quick = capturing(1).quick_wait(jitter(permille));
    assert_eq!(quick, wait / 20);
}

#[test]
fn a_quick_try_is_its_workers_until_the_lease_runs_out() {
    let next = unanswered(&capturing(0), jitter(1_000), &PATIENCE);
    assert_eq!(next.phase, SagaPhase::Running);
    assert_eq!(next.due_at, NOW.plus_micros(PATIENCE.lease));
}

#[test]
fn a_jitter_is_from_0_to_1000() {
    assert!(Jitter::new(1_000).is_ok());
    let range = OutOfRange {
        minimum: 0,
        maximum: 1_000,
    };
    assert_eq!(Jitter::new(1_001), Err(range));
}

#[rstest]
#[case::one_try_in_all(1, 1, 0, SagaPhase::Stuck)]
#[case::no_try_in_all(0, 0, 0, SagaPhase::Stuck)]
#[case::no_quick_try(0, 2, 0, SagaPhase::Parked)]
#[case::no_quick_try_the_last(0, 2, 1, SagaPhase::Stuck)]
#[case::quick_tries_only(3, 3, 1, SagaPhase::Running)]
#[case::quick_tries_only_the_last(3, 3, 2, SagaPhase::Stuck)]
#[case::more_than_can_be_counted(3, u32::MAX, u32::MAX, SagaPhase::Stuck)]
fn the_limits_of_tries(
    #[case] quick_tries: u32,
    #[case] most_tries: u32,
    #[case] tries: u32,
    #[case] phase: SagaPhase,
) {
    let patience = SagaPatience {
        quick_tries,
        most_tries,
        ..PATIENCE
    };
    let next = unanswered(&capturing(tries), jitter(0), &patience);
    assert_eq!(next.phase, phase);
    assert_eq!(next.tries, tries.saturating_add(1));
}

#[test]
fn by_default_sagas_are_as_patient_as_the_tests_are() {
    assert_eq!(SagaPatience::default(), PATIENCE);
}
