//! All that is stored, behind one lock: whoever has it reads, decides and writes as one step.
//!
//! Nothing waits while it has the lock, and everything that can fail or panic comes before the first
//! write, so every call happens wholly or not at all.

use std::collections::HashMap;
use std::sync::Arc;

use domain::ports::{Answered, Clock, KeyScope};
use domain::{Coupon, DiscountPolicy, Epoch, Event, Timestamp};
use parking_lot::{Mutex, MutexGuard};

use crate::copies::Copies;
use crate::table::Table;

/// The store in memory. Answers no [`StoreError`](domain::ports::StoreError) but `Corrupt`, when an
/// id that must be new is known or a coupon's event or policy is not.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) events: Table<Event>,
    pub(crate) discount_policies: Table<DiscountPolicy>,
    pub(crate) coupons: Table<Coupon>,
    pub(crate) copies: Copies,
    pub(crate) answered: HashMap<KeyScope, Answered>,
    newest_epoch: u64,
}

impl MemoryStore {
    /// An empty store whose time is `clock`'s.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let tables = Mutex::default();
        Self { clock, tables }
    }

    /// The lock, and the ledger's time, read under it.
    pub(crate) fn lock(&self) -> (MutexGuard<'_, Tables>, Timestamp) {
        let tables = self.tables.lock();
        let now = self.clock.now();
        (tables, now)
    }
}

impl Tables {
    /// The newest epoch that was drawn.
    pub(crate) const fn newest_epoch(&self) -> Epoch {
        Epoch(self.newest_epoch)
    }

    /// The next epoch. One that is drawn and then not used is only a gap.
    pub(crate) const fn draw_epoch(&mut self) -> Epoch {
        self.newest_epoch = self.newest_epoch.saturating_add(1);
        self.newest_epoch()
    }
}
