//! One consumer's way through the shop, and what each answer means for it. Pure: sends nothing.
//!
//! | step | yes | all gone | ask again | else |
//! |---|---|---|---|---|
//! | issue | a copy: done, or top up (kind use) | done | 5xx, contended | odd: done |
//! | top up | order | | 5xx | odd: done |
//! | order | paid: done | done | 5xx, contended, pending | odd: done |
//!
//! The same request again is the same request, so an answer that was lost is asked for again, until
//! the consumer knows.

use std::{
    borrow::Cow,
    cmp::Reverse,
    time::{Duration, Instant},
};

use serde::Deserialize;
use uuid::Uuid;

use super::wire::Answer;

/// How long before a request is sent again when the answer does not say.
const SOON: Duration = Duration::from_millis(200);

/// No consumer waits longer, whatever the answer says.
const LATE: Duration = Duration::from_secs(5);

/// What a consumer asks for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Issue,
    /// The till puts money into the consumer's wallet.
    TopUp(Uuid),
    /// An order with this copy.
    Order(Uuid),
}

/// See the module's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errand {
    pub consumer: u32,
    pub step: Step,
    /// When it is to be sent.
    pub due: Instant,
    /// How often this step was sent and brought no decision.
    pub tries: u32,
}

impl Errand {
    pub(super) fn new(consumer: u32, due: Instant) -> Self {
        Self {
            consumer,
            step: Step::Issue,
            due,
            tries: 0,
        }
    }

    /// Nothing has been sent for this consumer.
    pub(super) fn has_not_begun(&self) -> bool {
        self.step == Step::Issue && self.tries == 0
    }

    /// The same step once more.
    pub(super) fn again(self, due: Instant) -> Self {
        Self {
            due,
            tries: self.tries.saturating_add(1),
            ..self
        }
    }

    /// The next step, at once.
    pub(super) fn then(self, step: Step, due: Instant) -> Self {
        Self {
            step,
            due,
            tries: 0,
            ..self
        }
    }

    /// For a heap that gives the earliest first.
    pub(super) fn order(&self) -> Reverse<(Instant, u32)> {
        Reverse((self.due, self.consumer))
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The consumer has this copy.
    Copy(Uuid),
    ToppedUp,
    /// This order is paid, with the copy.
    Paid(Uuid),
    /// All are gone, finally.
    Gone,
    /// No decision: the same again after so long.
    Later(Duration),
    /// Nothing that a rehearsal expects; final.
    Odd,
}

/// What an answer may say. `status` is a text in an order, and a number in a problem.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Words<'a> {
    #[serde(borrow)]
    pub code: Option<Cow<'a, str>>,
    issued_coupon_id: Option<Uuid>,
    order_id: Option<Uuid>,
}

/// What `answer` means for whoever is at `step` and has `tried` it before.
pub(super) fn heard(step: Step, tried: bool, answer: &Answer<'_>, words: &Words<'_>) -> Heard {
    let code = words.code.as_deref().unwrap_or_default();
    match (step, answer.status, code) {
        (Step::Issue, 201, _) => words.issued_coupon_id.map_or(Heard::Odd, Heard::Copy),
        // Only who has asked before can have one already.
        (Step::Issue, 409, "SINGLE_COUPON_AVAILABLE_PER_EVENT" | "COUPON_LIMIT_PER_CONSUMER")
            if tried =>
        {
            words.issued_coupon_id.map_or(Heard::Odd, Heard::Copy)
        }
        (Step::Issue, 409, "COUPON_NOT_ISSUABLE" | "COUPON_NOT_USABLE")
        | (Step::Order(_), 409, "COUPON_NOT_USABLE") => Heard::Gone,
        (Step::TopUp(_), 201, _) => Heard::ToppedUp,
        (Step::Order(_), 201, _) => words.order_id.map_or(Heard::Odd, Heard::Paid),
        (Step::Order(_), 202, _)
        | (_, 408 | 429 | 500..=599, _)
        | (_, 409, "COUPON_HELD" | "IDEMPOTENCY_KEY_IN_USE" | "EVENT_NOT_OPEN") => {
            let asked = answer.retry_after.map(Duration::from_secs);
            Heard::Later(asked.unwrap_or(SOON).min(LATE))
        }
        _ => Heard::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ID: Uuid = Uuid::from_u128(7);

    fn hear(step: Step, tried: bool, status: u16, body: &str) -> Heard {
        let body = body.replace("ID", &ID.to_string());
        let answer = Answer {
            status,
            retry_after: (status == 503).then_some(2),
            body: body.as_bytes(),
        };
        heard(step, tried, &answer, &answer.json().unwrap_or_default())
    }

    const ORDER: Step = Step::Order(ID);
    const TOP_UP: Step = Step::TopUp(ID);
    const HAS_ONE: &str =
        r#"{"status":409,"code":"SINGLE_COUPON_AVAILABLE_PER_EVENT","issuedCouponId":"ID"}"#;

    #[rstest]
    #[case(
        Step::Issue,
        201,
        r#"{"issuedCouponId":"ID","state":"ACTIVE"}"#,
        Heard::Copy(ID)
    )]
    #[case(Step::Issue, 409, r#"{"code":"COUPON_NOT_ISSUABLE"}"#, Heard::Gone)]
    #[case(Step::Issue, 409, r#"{"code":"COUPON_NOT_USABLE"}"#, Heard::Gone)]
    #[case(Step::Issue, 201, "{}", Heard::Odd)]
    #[case(Step::Issue, 410, r#"{"code":"RESOURCE_EXPIRED"}"#, Heard::Odd)]
    #[case(TOP_UP, 201, r#"{"balance":1,"points":0}"#, Heard::ToppedUp)]
    #[case(TOP_UP, 409, r#"{"code":"COUPON_NOT_USABLE"}"#, Heard::Odd)]
    #[case(ORDER, 201, r#"{"orderId":"ID","status":"PAID"}"#, Heard::Paid(ID))]
    #[case(
        ORDER,
        202,
        r#"{"orderId":"ID","status":"PENDING"}"#,
        Heard::Later(SOON)
    )]
    #[case(ORDER, 409, r#"{"code":"COUPON_NOT_USABLE"}"#, Heard::Gone)]
    #[case(ORDER, 409, r#"{"code":"COUPON_HELD"}"#, Heard::Later(SOON))]
    #[case(ORDER, 409, r#"{"code":"NOT_ENOUGH_BALANCE"}"#, Heard::Odd)]
    #[case(
        ORDER,
        503,
        r#"{"code":"OVERLOADED"}"#,
        Heard::Later(Duration::from_secs(2))
    )]
    #[case(Step::Issue, 502, "<html>", Heard::Later(SOON))]
    fn an_answer_means_one_thing(
        #[case] step: Step,
        #[case] status: u16,
        #[case] body: &str,
        #[case] means: Heard,
    ) {
        assert_eq!(hear(step, false, status, body), means);
    }

    #[test]
    fn only_who_has_asked_before_may_be_told_that_it_has_one() {
        assert_eq!(hear(Step::Issue, true, 409, HAS_ONE), Heard::Copy(ID));
        assert_eq!(hear(Step::Issue, false, 409, HAS_ONE), Heard::Odd);
    }
}
