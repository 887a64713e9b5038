//! Issuing: when. The ledger's time decides, to the microsecond.

use domain::{Coupon, Event, IssueOutcome, IssueRefusal, Timestamp};

use super::changing::{changed, pause};
use crate::Fixture;
use crate::given::{END, START, issue_kind, issued, refused, use_kind, window};

const NOT_OPEN: IssueRefusal = IssueRefusal::EventNotOpen { opens_at: START };

async fn ask_at(fixture: &Fixture, now: Timestamp, coupon: &Coupon, name: &str) -> IssueOutcome {
    fixture.clock.set(now);
    fixture.ask(coupon, name).await
}

pub async fn the_window_is_half_open_to_the_microsecond(fixture: Fixture) {
    for kind in [issue_kind(9), use_kind(9, 1)] {
        let coupon = fixture.coupon(kind).await;
        let before = ask_at(&fixture, START.plus_micros(-1), &coupon, "a").await;
        assert_eq!(refused(&before), NOT_OPEN);
        issued(&ask_at(&fixture, START, &coupon, "a").await);
        issued(&ask_at(&fixture, END.plus_micros(-1), &coupon, "b").await);
        let over = ask_at(&fixture, END, &coupon, "c").await;
        assert_eq!(refused(&over), IssueRefusal::ResourceExpired);
    }
    // The last and the first instants that there are.
    let [first, last] = [i64::MIN, i64::MAX].map(Timestamp::from_micros);
    let always = Event {
        window: window(first, last),
        ..fixture.new_event()
    };
    let always = fixture.store_event(always).await;
    let coupon = fixture.coupon_of(&always, issue_kind(9)).await;
    issued(&ask_at(&fixture, first, &coupon, "a").await);
    issued(&ask_at(&fixture, last.plus_micros(-1), &coupon, "b").await);
    let over = ask_at(&fixture, last, &coupon, "c").await;
    assert_eq!(refused(&over), IssueRefusal::ResourceExpired);
}

pub async fn a_coupon_may_expire_before_its_event_ends(fixture: Fixture) {
    let (event, policy) = (fixture.event().await, fixture.policy().await);
    let expires_at = END.plus_micros(-1_000_000);
    for kind in [issue_kind(9), use_kind(9, 1)] {
        let coupon = fixture.new_coupon(&event, &policy, kind);
        let coupon = fixture
            .store_coupon(Coupon {
                expires_at,
                ..coupon
            })
            .await;
        let last = ask_at(&fixture, expires_at.plus_micros(-1), &coupon, "a").await;
        assert_eq!(issued(&last).expires_at, expires_at);
        let over = ask_at(&fixture, expires_at, &coupon, "b").await;
        assert_eq!(refused(&over), IssueRefusal::ResourceExpired);
    }
}

pub async fn the_window_comes_before_the_pause_the_cap_and_the_own_copies(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    issued(&fixture.ask(&coupon, "a").await);
    changed(&fixture, &coupon, pause(true)).await;
    for name in ["a", "b"] {
        let early = ask_at(&fixture, START.plus_micros(-1), &coupon, name).await;
        assert_eq!(refused(&early), NOT_OPEN);
        let over = ask_at(&fixture, END, &coupon, name).await;
        assert_eq!(refused(&over), IssueRefusal::ResourceExpired);
    }
}

pub async fn a_paused_coupon_issues_nothing_until_it_is_resumed(fixture: Fixture) {
    for kind in [issue_kind(1), use_kind(1, 1)] {
        let coupon = fixture.coupon(kind).await;
        changed(&fixture, &coupon, pause(true)).await;
        let outcome = fixture.ask(&coupon, "a").await;
        assert_eq!(refused(&outcome), IssueRefusal::CouponPaused);
        changed(&fixture, &coupon, pause(false)).await;
        issued(&fixture.ask(&coupon, "a").await);
    }
}

pub async fn the_time_of_a_copy_is_the_ledgers(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    // It may step back, and whoever was issued a copy keeps it.
    for (name, micros) in [("a", 1_234_567), ("b", 1_234_568), ("c", 7)] {
        let now = START.plus_micros(micros);
        assert_eq!(
            issued(&ask_at(&fixture, now, &coupon, name).await).issued_at,
            now
        );
    }
}
