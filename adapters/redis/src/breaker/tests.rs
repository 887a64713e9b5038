use super::*;

const KEY: &str = "{tag}";

/// One with a connection, number 1.
fn closed() -> Breaker<u32> {
    let breaker = Breaker::new();
    assert!(!breaker.connected(1, &[]));
    breaker
}

fn why(breaker: &Breaker<u32>, part: u16) -> String {
    breaker.pass(part).unwrap_err().to_string()
}

const LATE: CallError = CallError::Late(Duration::from_millis(1));

#[test]
fn before_the_first_connection_every_call_fails_and_says_why() {
    let breaker = Breaker::<u32>::new();
    assert_eq!(why(&breaker, 0), CallError::NotYet.to_string());
    breaker.not_connected(LATE);
    assert_eq!(why(&breaker, 0), LATE.to_string());
    assert!(!breaker.connected(1, &[]));
    assert_eq!(breaker.pass(0).unwrap(), (1, 1));
}

#[test]
fn after_a_failure_every_call_fails_until_a_new_connection_has_answered() {
    let breaker = closed();
    assert!(breaker.failed(0, 1, KEY, LATE));
    assert_eq!(why(&breaker, 0), LATE.to_string());
    assert_eq!(breaker.keys(), [(0, KEY.to_owned())]);
    breaker.not_connected(CallError::Died);
    assert_eq!(why(&breaker, 0), CallError::Died.to_string());
    assert!(!breaker.connected(2, &[0]));
    assert_eq!(breaker.pass(0).unwrap(), (2, 2));
    assert!(breaker.keys().is_empty());
}

#[test]
fn of_all_whose_calls_fail_one_reconnects() {
    let breaker = closed();
    let reconnects = [0, 0, 1].map(|part| breaker.failed(part, 1, KEY, LATE));
    assert_eq!(reconnects, [true, false, false]);
    assert!(!breaker.connected(2, &[0, 1]));
    assert!(breaker.failed(0, 2, KEY, LATE), "the next time, one again");
}

#[test]
fn what_fails_over_an_older_connection_says_nothing_about_the_present_one() {
    let breaker = closed();
    breaker.failed(0, 1, KEY, LATE);
    breaker.connected(2, &[0]);
    assert!(!breaker.failed(0, 1, KEY, LATE));
    assert_eq!(breaker.pass(0).unwrap(), (2, 2));
}

#[test]
fn one_part_of_a_cluster_may_be_away_without_the_others() {
    let breaker = closed();
    breaker.failed(3, 1, KEY, LATE);
    assert_eq!(breaker.pass(4).unwrap(), (1, 1));
    breaker.failed(5, 1, KEY, LATE);
    assert!(breaker.connected(2, &[5]), "one is still away");
    assert_eq!(why(&breaker, 3), LATE.to_string());
    assert_eq!(breaker.pass(5).unwrap(), (2, 2));
    assert!(breaker.connected(3, &[]), "no better than what there is");
    assert_eq!(breaker.pass(4).unwrap(), (2, 2));
}

#[test]
fn the_first_attempt_is_made_at_once_and_the_next_ones_ever_later_up_to_a_bound() {
    let breaker = closed();
    breaker.failed(0, 1, KEY, LATE);
    let pauses: Vec<_> = (0..20).map(|_| breaker.pause()).collect();
    assert_eq!(pauses[0], Duration::ZERO);
    assert!(pauses.is_sorted());
    assert_eq!(pauses.last(), Some(&LONGEST_PAUSE));
}

#[test]
fn who_connects_and_answers_nothing_is_not_asked_at_once_again() {
    let breaker = closed();
    breaker.failed(0, 1, KEY, LATE);
    assert_eq!(breaker.pause(), Duration::ZERO);
    breaker.connected(2, &[0]);
    breaker.failed(0, 2, KEY, LATE);
    assert!(breaker.pause() > Duration::ZERO);
    breaker.connected(3, &[0]);
    breaker.answered(2);
    assert!(breaker.pause() > Duration::ZERO, "that was the one before");
    breaker.answered(3);
    assert_eq!(breaker.pause(), Duration::ZERO);
}
