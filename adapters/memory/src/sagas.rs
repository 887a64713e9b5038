//! The sagas with their traces, found by id and by order.

use std::collections::{BTreeMap, HashMap};

use domain::{OrderId, Page, Saga, SagaId, SagaPhase, SagaTrace, Timestamp};

use crate::table::page_of;

#[derive(Default)]
pub(crate) struct Sagas {
    rows: BTreeMap<SagaId, Saga>,
    of_orders: HashMap<OrderId, Vec<SagaId>>,
    traces: HashMap<SagaId, Vec<SagaTrace>>,
}

impl Sagas {
    /// Writes a new saga, or writes over the one with this id, whose order is the same.
    pub(crate) fn put(&mut self, saga: Saga) {
        let of_order = self.of_orders.entry(saga.order_id).or_default();
        if !of_order.contains(&saga.id) {
            of_order.push(saga.id);
        }
        self.rows.insert(saga.id, saga);
    }

    /// Appends to the saga's trace.
    pub(crate) fn append(&mut self, entry: SagaTrace) {
        self.traces.entry(entry.saga_id).or_default().push(entry);
    }

    pub(crate) fn get(&self, id: SagaId) -> Option<&Saga> {
        self.rows.get(&id)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Saga> {
        self.rows.values()
    }

    pub(crate) fn of_order(&self, order: OrderId) -> impl Iterator<Item = &Saga> {
        let ids = self.of_orders.get(&order).into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id))
    }

    pub(crate) fn trace(&self, id: SagaId) -> &[SagaTrace] {
        self.traces.get(&id).map_or(&[], Vec::as_slice)
    }

    /// A page of the sagas in this phase, of all when none is given.
    pub(crate) fn page(&self, phase: Option<SagaPhase>, page: Page<SagaId>) -> Vec<Saga> {
        page_of(&self.rows, page, |saga| {
            phase.is_none_or(|phase| saga.phase == phase)
        })
    }

    /// The sagas that somebody else may take over, the longest due first.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<&Saga> {
        let mut due: Vec<_> = self.rows().filter(|saga| saga.is_due(now)).collect();
        due.sort_by_key(|saga| (saga.due_at, saga.id));
        due
    }
}
