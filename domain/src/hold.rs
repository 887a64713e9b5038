//! A use of a copy that is reserved, and how it ends.
//!
//! | state | event | next |
//! |---|---|---|
//! | OPEN | confirm, before the deadline | CONFIRMED |
//! | OPEN | cancel, before the deadline | CANCELLED |
//! | OPEN | the deadline passes | EXPIRED |
//! | CONFIRMED | return: ISSUE_COUPON, before it expires | RETURNED |
//!
//! The same event again changes nothing; any other is refused. A hold past its deadline is EXPIRED at
//! once, whether or not anybody has written that down. A saga's hold has no deadline: only its saga
//! ends it.

use crate::{
    Amount, CallerId, CouponId, HoldId, HoldName, HoldSeconds, IssuedCouponId, SagaId, Timestamp,
};

/// How a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// Reserved.
    Open,
    /// The use is final.
    Confirmed,
    /// Given back by its owner.
    Cancelled,
    /// Given back by its deadline.
    Expired,
    /// A final use that was refunded.
    Returned,
}

/// Who ends a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOwner {
    /// A shop's own checkout, which calls it by this name.
    Caller {
        /// Whose.
        caller_id: CallerId,
        /// What the caller calls it; unique among the caller's.
        name: HoldName,
        /// How long it was to stay open.
        seconds: HoldSeconds,
        /// The first instant at which it is expired.
        deadline: Timestamp,
    },
    /// A purchase.
    Saga(SagaId),
}

/// A use of a copy that is reserved or final, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its row's id.
    pub id: HoldId,
    /// Who ends it.
    pub owner: HoldOwner,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The copy.
    pub issued_coupon_id: IssuedCouponId,
    /// The copy can be used once only: no other hold of it may be OPEN or CONFIRMED beside this.
    pub single_use: bool,
    /// What the order amounts to, before the discount.
    pub order_amount: Amount,
    /// What the coupon takes off.
    pub discount: Amount,
    /// As it is written down; see [`state_at`](Self::state_at).
    pub state: HoldState,
    /// When the ledger opened it.
    pub opened_at: Timestamp,
}

impl Hold {
    /// The first instant at which it is expired; a saga's has none.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match &self.owner {
            HoldOwner::Caller { deadline, .. } => Some(*deadline),
            HoldOwner::Saga(_) => None,
        }
    }

    /// Its deadline has passed, and nobody has written that down.
    #[must_use]
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.state == HoldState::Open && self.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// How it stands at `now`.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> HoldState {
        if self.has_lapsed(now) {
            HoldState::Expired
        } else {
            self.state
        }
    }

    /// Written down as OPEN or CONFIRMED: it keeps others from a single-use copy.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.state, HoldState::Open | HoldState::Confirmed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SAGA, hold, issue_kind, using, with_state};
    use rstest::rstest;

    const DEADLINE: Timestamp = Timestamp::from_micros(1_000_150);

    #[rstest]
    #[case(HoldState::Open, -1, HoldState::Open)]
    #[case(HoldState::Open, 0, HoldState::Expired)]
    #[case(HoldState::Open, 1, HoldState::Expired)]
    #[case(HoldState::Confirmed, 0, HoldState::Confirmed)]
    #[case(HoldState::Cancelled, 0, HoldState::Cancelled)]
    #[case(HoldState::Expired, -1, HoldState::Expired)]
    #[case(HoldState::Returned, 0, HoldState::Returned)]
    fn only_an_open_hold_expires_and_does_so_at_its_deadline(
        #[case] written: HoldState,
        #[case] after_deadline: i64,
        #[case] stands: HoldState,
    ) {
        let hold = with_state(written, hold(1, &using(issue_kind(1))));
        assert_eq!(hold.deadline(), Some(DEADLINE));
        let now = DEADLINE.plus_micros(after_deadline);
        assert_eq!(hold.state_at(now), stands);
        assert_eq!(hold.has_lapsed(now), stands != written);
    }

    #[test]
    fn a_sagas_hold_has_no_deadline() {
        let mut hold = hold(1, &using(issue_kind(1)));
        hold.owner = HoldOwner::Saga(SAGA);
        assert_eq!(hold.deadline(), None);
        let the_end_of_time = Timestamp::from_micros(i64::MAX);
        assert_eq!(hold.state_at(the_end_of_time), HoldState::Open);
    }

    #[rstest]
    #[case(HoldState::Open, true)]
    #[case(HoldState::Confirmed, true)]
    #[case(HoldState::Cancelled, false)]
    #[case(HoldState::Expired, false)]
    #[case(HoldState::Returned, false)]
    fn open_and_final_uses_are_live(#[case] state: HoldState, #[case] live: bool) {
        let hold = with_state(state, hold(1, &using(issue_kind(1))));
        assert_eq!(hold.is_live(), live);
    }
}
