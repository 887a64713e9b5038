//! Rows with an id and a name, both unique, in the order of their ids.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

use domain::ports::StoreError;
use domain::{Counters, Coupon, CouponId, DiscountPolicy, DiscountPolicyId, Event, EventId, Page};

use crate::store::Tables;

/// What stands in a [`Table`].
pub(crate) trait Row: Clone {
    type Id: Copy + Ord;

    fn id(&self) -> Self::Id;
    fn name(&self) -> &str;
    fn table(tables: &mut Tables) -> &mut Table<Self>;

    /// The row as it is stored when it is new.
    fn prepared(self, _tables: &mut Tables) -> Result<Self, StoreError> {
        Ok(self)
    }
}

/// See the module's documentation.
pub(crate) struct Table<R: Row> {
    rows: BTreeMap<R::Id, R>,
    names: HashSet<String>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            names: HashSet::new(),
        }
    }
}

impl<R: Row> Table<R> {
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn get(&self, id: R::Id) -> Option<&R> {
        self.rows.get(&id)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// Writes a new row, or writes over the one with this id, whose name is the same.
    pub(crate) fn put(&mut self, row: R) {
        self.names.insert(row.name().to_owned());
        self.rows.insert(row.id(), row);
    }

    /// A page of the rows that are `wanted`.
    pub(crate) fn page(&self, page: Page<R::Id>, wanted: impl Fn(&R) -> bool) -> Vec<R> {
        let rows = self.rows.range(range_of(page)).map(|(_, row)| row);
        rows.filter(|row| wanted(row))
            .take(limit_of(page))
            .cloned()
            .collect()
    }
}

/// Everything after the page's id.
pub(crate) fn range_of<Id>(page: Page<Id>) -> (Bound<Id>, Bound<Id>) {
    let from = page.after.map_or(Bound::Unbounded, Bound::Excluded);
    (from, Bound::Unbounded)
}

pub(crate) fn limit_of<Id>(page: Page<Id>) -> usize {
    usize::try_from(page.limit).unwrap_or(usize::MAX)
}

impl Row for Event {
    type Id = EventId;

    fn id(&self) -> EventId {
        self.id
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.events
    }
}

impl Row for DiscountPolicy {
    type Id = DiscountPolicyId;

    fn id(&self) -> DiscountPolicyId {
        self.id
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.discount_policies
    }
}

impl Row for Coupon {
    type Id = CouponId;

    fn id(&self) -> CouponId {
        self.id
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.coupons
    }

    fn prepared(self, tables: &mut Tables) -> Result<Self, StoreError> {
        let event = tables.events.get(self.event_id);
        let event_window = event
            .ok_or_else(|| StoreError::corrupt("a coupon without its event"))?
            .window;
        if tables
            .discount_policies
            .get(self.discount_policy_id)
            .is_none()
        {
            return Err(StoreError::corrupt("a coupon without its discount policy"));
        }
        Ok(Self {
            event_window,
            epoch: tables.draw_epoch(),
            counters: Counters::default(),
            ..self
        })
    }
}
