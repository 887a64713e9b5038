//! What a decision wants written, written: the one place where orders, holds, sagas, wallets and the
//! books change.
//!
//! Who writes checks first, all of it; [`Tables::write`] can't fail, so nothing is ever half written.

use domain::ports::StoreError;
use domain::{Hold, Order, SagaTrace, Writes};

use crate::store::Tables;

impl Tables {
    /// May this be written? What decisions are made from is read under the same lock, so "no" means
    /// that an id was used twice.
    pub(crate) fn check(&self, writes: &Writes) -> Result<(), StoreError> {
        let entries_are_new = self
            .books
            .have_room_for(&writes.money_entries, &writes.stock_entries);
        if !entries_are_new {
            return Err(StoreError::corrupt("an entry that is written already"));
        }
        if !writes.holds.iter().all(|hold| self.takes_hold(hold)) {
            return Err(StoreError::corrupt("two holds with one id"));
        }
        if !writes.order.iter().all(|order| self.takes_order(order)) {
            return Err(StoreError::corrupt("two orders with one id"));
        }
        if !self.takes_trace(&writes.trace) {
            return Err(StoreError::corrupt("two sagas with one id"));
        }
        Ok(())
    }

    /// Writes all of it. It was [checked](Self::check), or has nothing in it that is new.
    pub(crate) fn write(&mut self, writes: Writes) {
        let Writes {
            coupon,
            copy,
            holds,
            products,
            stock_entries,
            wallet,
            money_entries,
            order,
            saga,
            trace,
        } = writes;
        if let Some(coupon) = coupon {
            self.coupons.put(coupon);
        }
        if let Some(copy) = copy {
            self.copies.put(copy);
        }
        for hold in holds {
            self.holds.put(hold);
        }
        for product in products {
            self.products.put(product);
        }
        for entry in stock_entries {
            self.books.append_stock(entry);
        }
        if let Some(wallet) = wallet {
            self.wallets.insert(wallet.consumer_id.clone(), wallet);
        }
        for entry in money_entries {
            self.books.append_money(entry);
        }
        if let Some(order) = order {
            self.orders.put(order);
        }
        if let Some(saga) = saga {
            self.sagas.put(saga);
        }
        for entry in trace {
            self.sagas.append(entry);
        }
    }

    /// The hold is new, or differs from what is stored in its state alone.
    fn takes_hold(&self, hold: &Hold) -> bool {
        self.holds.get(hold.id).is_none_or(|stored| {
            let as_stored = Hold {
                state: stored.state,
                ..hold.clone()
            };
            as_stored == *stored
        })
    }

    /// The order is new, or differs from what is stored in how far it has come alone.
    fn takes_order(&self, order: &Order) -> bool {
        self.orders.get(order.id).is_none_or(|stored| {
            let as_stored = Order {
                status: stored.status,
                failure: stored.failure,
                delivery: stored.delivery,
                ..order.clone()
            };
            as_stored == *stored
        })
    }

    /// The entries come right after what is traced already.
    fn takes_trace(&self, trace: &[SagaTrace]) -> bool {
        trace.iter().enumerate().all(|(at, entry)| {
            let place = self.sagas.trace(entry.saga_id).len() + at;
            u32::try_from(place) == Ok(entry.sequence)
        })
    }
}
