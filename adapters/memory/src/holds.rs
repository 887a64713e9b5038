//! The holds, found by id, by who ends them, by copy, by coupon, and by their deadline while they
//! are OPEN.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    CallerId, CouponId, Hold, HoldId, HoldName, HoldOwner, HoldState, IssuedCouponId, SagaId,
    Timestamp,
};

type Ids = BTreeSet<HoldId>;

#[derive(Default)]
pub(crate) struct Holds {
    rows: BTreeMap<HoldId, Hold>,
    of_callers: HashMap<(CallerId, HoldName), HoldId>,
    of_sagas: HashMap<SagaId, HoldId>,
    of_copies: HashMap<IssuedCouponId, Ids>,
    of_coupons: HashMap<CouponId, Ids>,
    /// Of those that are written down as OPEN and have a deadline.
    deadlines: HashMap<CouponId, BTreeSet<(Timestamp, HoldId)>>,
}

impl Holds {
    /// Writes a new hold, or writes over the one with this id, of which only the state is another.
    pub(crate) fn put(&mut self, hold: Hold) {
        let id = hold.id;
        match &hold.owner {
            HoldOwner::Saga(saga) => self.of_sagas.insert(*saga, id),
            HoldOwner::Caller {
                caller_id, name, ..
            } => self
                .of_callers
                .insert((caller_id.clone(), name.clone()), id),
        };
        self.of_copies
            .entry(hold.issued_coupon_id)
            .or_default()
            .insert(id);
        self.of_coupons
            .entry(hold.coupon_id)
            .or_default()
            .insert(id);
        if let Some(deadline) = hold.deadline() {
            let deadlines = self.deadlines.entry(hold.coupon_id).or_default();
            match hold.state {
                HoldState::Open => deadlines.insert((deadline, id)),
                _ => deadlines.remove(&(deadline, id)),
            };
        }
        self.rows.insert(id, hold);
    }

    pub(crate) fn get(&self, id: HoldId) -> Option<&Hold> {
        self.rows.get(&id)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Hold> {
        self.rows.values()
    }

    /// The caller's hold of this name.
    pub(crate) fn of_caller(&self, caller: &CallerId, name: &HoldName) -> Option<&Hold> {
        let id = self.of_callers.get(&(caller.clone(), name.clone()))?;
        self.rows.get(id)
    }

    pub(crate) fn of_saga(&self, saga: SagaId) -> Option<&Hold> {
        self.rows.get(self.of_sagas.get(&saga)?)
    }

    /// The coupon's holds, however they stand.
    pub(crate) fn of_coupon(&self, coupon: CouponId) -> impl Iterator<Item = &Hold> {
        self.rows_of(self.of_coupons.get(&coupon))
    }

    /// The copy's holds, however they stand.
    pub(crate) fn of_copy(&self, copy: IssuedCouponId) -> impl Iterator<Item = &Hold> {
        self.rows_of(self.of_copies.get(&copy))
    }

    /// The coupon's holds that have lapsed, the longest lapsed first.
    pub(crate) fn lapsed_of_coupon(
        &self,
        coupon: CouponId,
        now: Timestamp,
    ) -> impl Iterator<Item = &Hold> {
        self.lapsed_among(self.deadlines.get(&coupon), now)
    }

    /// All holds that have lapsed.
    pub(crate) fn lapsed(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        self.lapsed_among(self.deadlines.values(), now)
    }

    fn lapsed_among<'a>(
        &'a self,
        deadlines: impl IntoIterator<Item = &'a BTreeSet<(Timestamp, HoldId)>>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Hold> {
        deadlines
            .into_iter()
            .flat_map(move |all| all.iter().take_while(move |(deadline, _)| *deadline <= now))
            .filter_map(|(_, id)| self.rows.get(id))
    }

    fn rows_of<'a>(&'a self, ids: Option<&'a Ids>) -> impl Iterator<Item = &'a Hold> {
        let ids = ids.into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id))
    }
}
