//! Rows with an id and a name, both unique, in the order of their ids.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::ops::Bound;

use domain::ports::StoreError;
use domain::{
    Counters, Coupon, CouponId, DiscountPolicy, DiscountPolicyId, Event, EventId, Page, Product,
    ProductId, SellerId, Timestamp,
};

use crate::store::Tables;

/// What stands in a [`Table`].
pub(crate) trait Row: Clone {
    type Id: Copy + Ord;
    /// What is unique beside the id.
    type Name: Eq + Hash;

    fn id(&self) -> Self::Id;
    fn name(&self) -> Self::Name;
    fn table(tables: &mut Tables) -> &mut Table<Self>;

    /// The row as it is stored when it is new.
    fn prepared(self, _tables: &mut Tables, _now: Timestamp) -> Result<Self, StoreError> {
        Ok(self)
    }

    /// Writes what a new row begins with, after the row itself.
    fn begin(&self, _tables: &mut Tables, _now: Timestamp) {}
}

/// See the module's documentation.
pub(crate) struct Table<R: Row> {
    rows: BTreeMap<R::Id, R>,
    names: HashSet<R::Name>,
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
    pub(crate) fn has_name(&self, name: &R::Name) -> bool {
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
        self.names.insert(row.name());
        self.rows.insert(row.id(), row);
    }

    /// A page of the rows that are `wanted`.
    pub(crate) fn page(&self, page: Page<R::Id>, wanted: impl Fn(&R) -> bool) -> Vec<R> {
        page_of(&self.rows, page, wanted)
    }
}

/// A page of the rows that are `wanted`, in the order of their ids.
pub(crate) fn page_of<Id: Copy + Ord, R: Clone>(
    rows: &BTreeMap<Id, R>,
    page: Page<Id>,
    wanted: impl Fn(&R) -> bool,
) -> Vec<R> {
    let rows = rows.range(range_of(page)).map(|(_, row)| row);
    rows.filter(|row| wanted(row))
        .take(limit_of(page))
        .cloned()
        .collect()
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
    type Name = String;

    fn id(&self) -> EventId {
        self.id
    }

    fn name(&self) -> String {
        self.name.as_str().to_owned()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.events
    }
}

impl Row for DiscountPolicy {
    type Id = DiscountPolicyId;
    type Name = String;

    fn id(&self) -> DiscountPolicyId {
        self.id
    }

    fn name(&self) -> String {
        self.name.as_str().to_owned()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.discount_policies
    }
}

impl Row for Coupon {
    type Id = CouponId;
    type Name = String;

    fn id(&self) -> CouponId {
        self.id
    }

    fn name(&self) -> String {
        self.name.as_str().to_owned()
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.coupons
    }

    fn prepared(self, tables: &mut Tables, _now: Timestamp) -> Result<Self, StoreError> {
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

impl Row for Product {
    type Id = ProductId;
    type Name = (SellerId, String);

    fn id(&self) -> ProductId {
        self.id
    }

    fn name(&self) -> (SellerId, String) {
        (self.seller_id.clone(), self.name.as_str().to_owned())
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.products
    }

    fn prepared(self, _tables: &mut Tables, now: Timestamp) -> Result<Self, StoreError> {
        let created_at = now;
        Ok(Self { created_at, ..self })
    }

    fn begin(&self, tables: &mut Tables, now: Timestamp) {
        tables.books.append_stock(self.first_entry(now));
    }
}
