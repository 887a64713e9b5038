use super::*;
use rstest::rstest;
use uuid::Uuid;

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A coupon of an event `[100, 200)`, expiring at 190.
pub(crate) fn coupon(kind: CouponKind) -> Coupon {
    Coupon {
        id: CouponId::from_uuid(Uuid::from_u128(1)),
        name: CouponName::new("c").unwrap(),
        event_id: EventId::from_uuid(Uuid::from_u128(2)),
        event_window: Window::new(at(100), at(200)).unwrap(),
        discount_policy_id: DiscountPolicyId::from_uuid(Uuid::from_u128(3)),
        kind,
        expires_at: at(190),
        paused: false,
        epoch: Epoch(1),
        counters: Counters::default(),
    }
}

pub(crate) fn issue_kind(cap: i64) -> CouponKind {
    CouponKind::Issue {
        maximum_issued: Cap::new(cap).unwrap(),
        redundant_usable: false,
    }
}

pub(crate) fn use_kind(cap: i64, limit: i64) -> CouponKind {
    CouponKind::Use {
        maximum_usage: Cap::new(cap).unwrap(),
        per_consumer_limit: PerConsumerLimit::new(limit).unwrap(),
    }
}

#[rstest]
#[case(99, CouponStatus::Scheduled)]
#[case(100, CouponStatus::Open)]
#[case(189, CouponStatus::Open)]
#[case(190, CouponStatus::Expired)]
#[case(200, CouponStatus::Expired)]
fn a_coupon_is_open_from_its_events_start_until_it_expires(
    #[case] now: i64,
    #[case] status: CouponStatus,
) {
    assert_eq!(coupon(issue_kind(1)).status(at(now)), status);
}

#[test]
fn paused_shows_before_exhausted_and_after_the_window() {
    let mut coupon = coupon(issue_kind(1));
    coupon.counters.issued = 1;
    assert_eq!(coupon.status(at(150)), CouponStatus::Exhausted);
    coupon.paused = true;
    assert_eq!(coupon.status(at(150)), CouponStatus::Paused);
    assert_eq!(coupon.status(at(99)), CouponStatus::Scheduled);
    assert_eq!(coupon.status(at(190)), CouponStatus::Expired);
}

#[test]
fn an_issue_coupon_is_exhausted_by_copies_a_use_coupon_by_uses_and_neither_by_holds() {
    let mut issue = coupon(issue_kind(2));
    issue.counters = Counters {
        issued: 1,
        held: 5,
        used: 5,
        withdrawn: 0,
    };
    assert!(!issue.is_exhausted());
    issue.counters.issued = 2;
    assert!(issue.is_exhausted());

    let mut usage = coupon(use_kind(2, 1));
    usage.counters = Counters {
        issued: 9,
        held: 2,
        used: 1,
        withdrawn: 0,
    };
    assert!(!usage.is_exhausted());
    usage.counters.used = 2;
    assert!(usage.is_exhausted());
}

#[rstest]
#[case(100, Err(InvalidExpiry::BeforeEvent))]
#[case(149, Err(InvalidExpiry::Past))]
#[case(150, Err(InvalidExpiry::Past))]
#[case(151, Ok(()))]
#[case(200, Ok(()))]
#[case(201, Err(InvalidExpiry::AfterEvent))]
fn a_coupon_expires_after_now_and_no_later_than_its_event_ends(
    #[case] expires_at: i64,
    #[case] expected: Result<(), InvalidExpiry>,
) {
    let window = Window::new(at(100), at(200)).unwrap();
    assert_eq!(
        Coupon::check_expiry(at(expires_at), window, at(150)),
        expected
    );
}

#[rstest]
#[case(9, Err(ChangeRefusal::CapNotRaised { present: 10 }))]
#[case(10, Err(ChangeRefusal::CapNotRaised { present: 10 }))]
#[case(11, Ok(true))]
fn a_cap_can_only_be_raised(#[case] cap: i64, #[case] expected: Result<bool, ChangeRefusal>) {
    let cap = Some(Cap::new(cap).unwrap());
    let issue = CouponChange {
        maximum_issued: cap,
        ..CouponChange::default()
    };
    let usage = CouponChange {
        maximum_usage: cap,
        ..CouponChange::default()
    };
    assert_eq!(
        coupon(issue_kind(10)).changed(&issue).map(|c| c.is_some()),
        expected
    );
    assert_eq!(
        coupon(use_kind(10, 1)).changed(&usage).map(|c| c.is_some()),
        expected
    );
}

#[test]
fn a_refused_cap_takes_the_pause_with_it() {
    let change = CouponChange {
        maximum_issued: Some(Cap::new(1).unwrap()),
        paused: Some(true),
        ..CouponChange::default()
    };
    assert!(coupon(issue_kind(10)).changed(&change).is_err());
}

#[test]
fn each_kind_has_only_its_own_cap() {
    let cap = Some(Cap::new(20).unwrap());
    let issue = CouponChange {
        maximum_issued: cap,
        ..CouponChange::default()
    };
    let usage = CouponChange {
        maximum_usage: cap,
        ..CouponChange::default()
    };
    assert_eq!(
        coupon(issue_kind(10)).changed(&usage),
        Err(ChangeRefusal::NoMaximumUsage)
    );
    assert_eq!(
        coupon(use_kind(10, 1)).changed(&issue),
        Err(ChangeRefusal::NoMaximumIssued)
    );
}

#[test]
fn pausing_what_is_paused_changes_nothing() {
    let mut paused = coupon(issue_kind(1));
    paused.paused = true;
    let pause = CouponChange {
        paused: Some(true),
        ..CouponChange::default()
    };
    let resume = CouponChange {
        paused: Some(false),
        ..CouponChange::default()
    };
    assert_eq!(paused.changed(&pause), Ok(None));
    assert!(!paused.changed(&resume).unwrap().unwrap().paused);
    assert_eq!(paused.changed(&CouponChange::default()), Ok(None));
}
