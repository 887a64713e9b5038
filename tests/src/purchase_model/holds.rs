//! A shop's own holds, and what becomes of uses by themselves, restated.

use domain::{Hold, HoldOwner, HoldRequest, HoldState, SettleRefusal, Settlement, UseRefusal};

use super::step::Came;
use super::{PurchaseModel, Use};
use crate::given::amount;

impl PurchaseModel {
    pub(super) fn open_hold(&mut self, asked: &HoldRequest) -> Came<Hold, UseRefusal> {
        if let Some((known, hold)) = self.named(asked) {
            let same = HoldRequest {
                id: known.id,
                ..asked.clone()
            };
            return if same == known {
                Came::Before(hold)
            } else {
                Came::Reused
            };
        }
        let mut slips = self.slips.iter();
        let slip = slips.position(|slip| slip.id == asked.issued_coupon_id);
        let slip = slip.unwrap();
        let discount = match self.discount(slip, asked.order_amount.get()) {
            Ok(discount) => discount,
            Err(refusal) => return Came::Refused(refusal),
        };
        if let Err(refusal) = self.has_room(slip) {
            return Came::Refused(refusal);
        }
        let hold = Hold {
            id: asked.id,
            owner: HoldOwner::Caller {
                caller_id: asked.caller_id.clone(),
                name: asked.name.clone(),
                seconds: asked.seconds,
                deadline: self
                    .now
                    .plus_micros(i64::from(asked.seconds.get()) * 1_000_000),
            },
            coupon_id: self.offer_of(slip).id,
            issued_coupon_id: asked.issued_coupon_id,
            single_use: self.offer_of(slip).is_single_use,
            order_amount: asked.order_amount,
            discount: amount(discount),
            state: HoldState::Open,
            opened_at: self.now,
        };
        self.uses.push(Use {
            slip,
            state: HoldState::Open,
            shop: Some((asked.clone(), hold.clone())),
        });
        Came::Done(hold)
    }

    pub(super) fn settle(
        &mut self,
        asked: &HoldRequest,
        settlement: Settlement,
    ) -> Came<Hold, SettleRefusal> {
        let is_it = |one: &Use| {
            one.shop
                .as_ref()
                .is_some_and(|(shop, _)| shop.name == asked.name)
        };
        let Some(number) = self.uses.iter().position(is_it) else {
            return Came::Refused(SettleRefusal::NotFound);
        };
        let one = &self.uses[number];
        let offer = self.offer_of(one.slip);
        let may_return = offer.cap.is_none() && self.now < offer.ends;
        let state = match (settlement, one.state) {
            (Settlement::Confirm, HoldState::Open | HoldState::Confirmed) => HoldState::Confirmed,
            (Settlement::Cancel, HoldState::Open | HoldState::Cancelled) => HoldState::Cancelled,
            (Settlement::Confirm | Settlement::Cancel, other) => {
                return Came::Refused(SettleRefusal::NotOpen(other));
            }
            (Settlement::Return, HoldState::Returned) => HoldState::Returned,
            (Settlement::Return, HoldState::Confirmed) if may_return => HoldState::Returned,
            (Settlement::Return, _) => return Came::Refused(SettleRefusal::ReturnNotAvailable),
        };
        self.uses[number].state = state;
        Came::Done(self.named(asked).unwrap().1)
    }

    /// The hold of this name, as it stands now, and what was asked for.
    fn named(&self, asked: &HoldRequest) -> Option<(HoldRequest, Hold)> {
        self.shops_holds()
            .into_iter()
            .find(|(request, _)| request.name == asked.name)
    }

    /// All of the shop's.
    pub(super) fn shops_holds(&self) -> Vec<(HoldRequest, Hold)> {
        let of_shop = |one: &Use| {
            let (request, hold) = one.shop.clone()?;
            let state = one.state;
            Some((request, Hold { state, ..hold }))
        };
        self.uses.iter().filter_map(of_shop).collect()
    }

    /// Time passes: what has a deadline may be over.
    pub(super) fn lapse(&mut self) {
        for one in &mut self.uses {
            let deadline = one.shop.as_ref().and_then(|(_, hold)| match hold.owner {
                HoldOwner::Caller { deadline, .. } => Some(deadline),
                HoldOwner::Saga(_) => None,
            });
            if one.state == HoldState::Open && deadline.is_some_and(|end| end <= self.now) {
                one.state = HoldState::Expired;
            }
        }
    }

    /// How many copies of the n-th coupon are withdrawn: all unused ones, once all uses are final.
    pub(super) fn withdraw(&mut self, number: usize) -> u32 {
        let is_final = self.uses(number, HoldState::Confirmed);
        if self.offers[number].cap.is_none_or(|cap| is_final < cap) {
            return 0;
        }
        let mut withdrawn = 0;
        for slip in 0..self.slips.len() {
            let is_used = self.uses_of(slip, HoldState::Confirmed) > 0;
            let of = &mut self.slips[slip];
            if of.offer == number && !of.is_withdrawn && !is_used {
                of.is_withdrawn = true;
                withdrawn += 1;
            }
        }
        withdrawn
    }
}
