//! Holds of a shop's own checkout: opened, and settled, by the rules of [`UseReading`] and [`Hold`].

use crate::{
    Amount, CallerId, Coupon, Hold, HoldId, HoldName, HoldOwner, HoldSeconds, HoldState,
    IssuedCoupon, IssuedCouponId, Timestamp, UseReading, UseRefusal, Writes, using::return_use,
};

/// A shop's checkout wants a use reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    /// The id that its row will have; made before the first try.
    pub id: HoldId,
    /// Who asks.
    pub caller_id: CallerId,
    /// What the caller calls it.
    pub name: HoldName,
    /// The copy.
    pub issued_coupon_id: IssuedCouponId,
    /// What the order amounts to.
    pub order_amount: Amount,
    /// How long it stays open.
    pub seconds: HoldSeconds,
    /// Others wait for the coupon before this one: it must not have what they wait for.
    pub yields: bool,
}

/// Why there is no hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// There is no such copy.
    #[error("there is no such issued coupon")]
    IssuedCouponNotFound,
    /// The copy can't be used.
    #[error(transparent)]
    Coupon(#[from] UseRefusal),
}

/// How a hold is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The use is final.
    Confirm,
    /// The use is given back.
    Cancel,
    /// A final use is refunded.
    Return,
}

/// Why a hold does not end so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleRefusal {
    /// The caller has no such hold.
    #[error("there is no such hold")]
    NotFound,
    /// It has come to another end.
    #[error("the hold is not open")]
    NotOpen(HoldState),
    /// Only a final use of an ISSUE_COUPON that has not expired is refunded.
    #[error("the use can't be returned")]
    ReturnNotAvailable,
}

impl HoldRequest {
    /// Is `hold`, which has its name, what it asks for?
    #[must_use]
    pub fn is_for(&self, hold: &Hold) -> bool {
        let same_owner = matches!(
            &hold.owner,
            HoldOwner::Caller { caller_id, name, seconds, .. }
                if *caller_id == self.caller_id && *name == self.name && *seconds == self.seconds
        );
        same_owner
            && hold.issued_coupon_id == self.issued_coupon_id
            && hold.order_amount == self.order_amount
    }

    /// The decision, once no hold has its name: the new hold is the last of the holds to write.
    ///
    /// # Errors
    /// [`HoldRefusal`], the first that holds; then nothing is written.
    pub fn open(
        &self,
        reading: Option<UseReading>,
        now: Timestamp,
    ) -> Result<(Hold, Writes), HoldRefusal> {
        let using = reading.ok_or(HoldRefusal::IssuedCouponNotFound)?;
        let discount = using.discount_on(self.order_amount, now)?;
        let lifetime = i64::from(self.seconds.get()).saturating_mul(1_000_000);
        let hold = Hold {
            id: self.id,
            owner: HoldOwner::Caller {
                caller_id: self.caller_id.clone(),
                name: self.name.clone(),
                seconds: self.seconds,
                deadline: now.plus_micros(lifetime),
            },
            coupon_id: using.coupon.id,
            issued_coupon_id: using.copy.id,
            single_use: using.coupon.is_single_use(),
            order_amount: self.order_amount,
            discount,
            state: HoldState::Open,
            opened_at: now,
        };
        let (coupon, holds) = using.put(hold.clone(), self.yields, now)?;
        let writes = Writes {
            coupon: Some(coupon),
            holds,
            ..Writes::default()
        };
        Ok((hold, writes))
    }
}

impl Settlement {
    /// The hold as it is then, and what to write; nothing when it has ended so already.
    ///
    /// # Errors
    /// [`SettleRefusal`]; then nothing is written.
    pub fn settle(
        self,
        (hold, copy, coupon): (Hold, IssuedCoupon, Coupon),
        now: Timestamp,
    ) -> Result<(Hold, Writes), SettleRefusal> {
        let state = hold.state_at(now);
        match (self, state) {
            (Self::Confirm, HoldState::Open) => Ok(confirmed(hold, copy, coupon)),
            (Self::Cancel, HoldState::Open) => Ok(ended(hold, HoldState::Cancelled, coupon)),
            (Self::Confirm, HoldState::Confirmed)
            | (Self::Cancel, HoldState::Cancelled)
            | (Self::Return, HoldState::Returned) => Ok((hold, Writes::default())),
            (Self::Confirm | Self::Cancel, other) => Err(SettleRefusal::NotOpen(other)),
            (Self::Return, _) => {
                let returned = return_use(hold, copy, coupon, now);
                let (hold, copy, coupon) = returned.ok_or(SettleRefusal::ReturnNotAvailable)?;
                let mut writes = written(hold.clone(), coupon);
                writes.copy = Some(copy);
                Ok((hold, writes))
            }
        }
    }
}

/// Writes down that a hold has lapsed; nothing when it has not.
#[must_use]
pub fn expire(hold: Hold, coupon: Coupon, now: Timestamp) -> Option<Writes> {
    let lapsed = hold.has_lapsed(now);
    lapsed.then(|| ended(hold, HoldState::Expired, coupon).1)
}

fn confirmed(hold: Hold, copy: IssuedCoupon, mut coupon: Coupon) -> (Hold, Writes) {
    let hold = Hold {
        state: HoldState::Confirmed,
        ..hold
    };
    coupon.make_final();
    let mut writes = written(hold.clone(), coupon);
    let used = copy.used.saturating_add(1);
    writes.copy = Some(IssuedCoupon { used, ..copy });
    (hold, writes)
}

fn ended(hold: Hold, state: HoldState, mut coupon: Coupon) -> (Hold, Writes) {
    let hold = Hold { state, ..hold };
    coupon.release();
    let writes = written(hold.clone(), coupon);
    (hold, writes)
}

fn written(hold: Hold, coupon: Coupon) -> Writes {
    Writes {
        coupon: Some(coupon),
        holds: vec![hold],
        ..Writes::default()
    }
}

#[cfg(test)]
mod tests;
