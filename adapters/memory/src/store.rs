//! All that is stored, behind one lock: whoever has it reads, decides and writes as one step.
//!
//! Nothing waits while it has the lock, and everything that can fail or panic comes before the first
//! write, so every call happens wholly or not at all.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::ports::{Clock, KeyScope};
use domain::{ConsumerId, Coupon, DiscountPolicy, Epoch, Event, Product, Timestamp, Wallet};
use parking_lot::{Mutex, MutexGuard};

use crate::answered_requests::Kept;
use crate::books::Books;
use crate::copies::Copies;
use crate::gate_generations::GateGeneration;
use crate::holds::Holds;
use crate::lock_manager::Held;
use crate::orders::Orders;
use crate::sagas::Sagas;
use crate::table::Table;

/// The store in memory. Answers no [`StoreError`](domain::ports::StoreError) but `Corrupt`: when an
/// id that must be new is known, when a coupon's event or policy is not, when a seller has more than
/// there is room for.
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
    pub(crate) holds: Holds,
    pub(crate) products: Table<Product>,
    pub(crate) orders: Orders,
    pub(crate) sagas: Sagas,
    pub(crate) wallets: BTreeMap<ConsumerId, Wallet>,
    pub(crate) books: Books,
    pub(crate) locks: HashMap<&'static str, Held>,
    pub(crate) answered: HashMap<KeyScope, Kept>,
    pub(crate) gate_generation: GateGeneration,
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
