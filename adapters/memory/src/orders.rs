//! The orders, found by id, by idempotency key and by consumer, always in the order of their ids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::ports::KeyScope;
use domain::{ConsumerId, Order, OrderId, Page};

use crate::table::{limit_of, page_of, range_of};

#[derive(Default)]
pub(crate) struct Orders {
    rows: BTreeMap<OrderId, Order>,
    of_keys: HashMap<KeyScope, OrderId>,
    of_consumers: HashMap<ConsumerId, BTreeSet<OrderId>>,
}

impl Orders {
    /// Writes a new order, or writes over the one with this id, whose key and consumer are the same.
    pub(crate) fn put(&mut self, order: Order) {
        let consumer = order.consumer_id.clone();
        self.of_consumers
            .entry(consumer)
            .or_default()
            .insert(order.id);
        self.of_keys.insert(order.request_key, order.id);
        self.rows.insert(order.id, order);
    }

    pub(crate) fn get(&self, id: OrderId) -> Option<&Order> {
        self.rows.get(&id)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Order> {
        self.rows.values()
    }

    /// The order that was placed under this key.
    pub(crate) fn of_key(&self, key: KeyScope) -> Option<&Order> {
        self.rows.get(self.of_keys.get(&key)?)
    }

    /// A page of all orders.
    pub(crate) fn page(&self, page: Page<OrderId>) -> Vec<Order> {
        page_of(&self.rows, page, |_| true)
    }

    /// A page of the consumer's orders.
    pub(crate) fn page_of_consumer(
        &self,
        consumer: &ConsumerId,
        page: Page<OrderId>,
    ) -> Vec<Order> {
        let ids = self.of_consumers.get(consumer).into_iter();
        ids.flat_map(|ids| ids.range(range_of(page)))
            .take(limit_of(page))
            .filter_map(|id| self.rows.get(id))
            .cloned()
            .collect()
    }
}
