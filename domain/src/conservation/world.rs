//! The world: rows as a store would have them, and the steps that change them.

use std::collections::BTreeMap;

use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};

use crate::testing::{amount, at, issue_kind, product, redundant_kind, use_kind, using, uuid};
use crate::{
    Account, Charge, ConsumerId, Coupon, CouponId, DiscountPolicy, EntryId, Hold, HoldId,
    HoldState, IssuedCoupon, IssuedCouponId, MoneyEntry, MoneyKind, Order, OrderId, Product,
    ProductId, Saga, SagaId, SagaPhase, SagaTrace, StockEntry, Timestamp, UseReading, Wallet,
    Window, Writes,
};

pub(super) const CONSUMERS: [&str; 2] = ["ann", "bob"];

/// All rows, and all entries ever appended.
pub(super) struct World {
    pub(super) now: Timestamp,
    made: u128,
    pub(super) policies: BTreeMap<CouponId, DiscountPolicy>,
    pub(super) coupons: BTreeMap<CouponId, Coupon>,
    pub(super) copies: BTreeMap<IssuedCouponId, IssuedCoupon>,
    pub(super) holds: BTreeMap<HoldId, Hold>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) wallets: BTreeMap<ConsumerId, Wallet>,
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) sagas: BTreeMap<SagaId, Saga>,
    pub(super) money: Vec<MoneyEntry>,
    pub(super) stock: Vec<StockEntry>,
    pub(super) trace: Vec<SagaTrace>,
}

impl World {
    /// Three coupons, of each kind of use, each consumer with copies; three products with little stock;
    /// some money and some points.
    pub(super) fn new() -> Self {
        let mut world = Self {
            now: at(150),
            made: 1_000,
            policies: BTreeMap::new(),
            coupons: BTreeMap::new(),
            copies: BTreeMap::new(),
            holds: BTreeMap::new(),
            products: BTreeMap::new(),
            wallets: BTreeMap::new(),
            orders: BTreeMap::new(),
            sagas: BTreeMap::new(),
            money: Vec::new(),
            stock: Vec::new(),
            trace: Vec::new(),
        };
        for kind in [issue_kind(9), redundant_kind(9), use_kind(2, 2)] {
            world.offer(using(kind));
        }
        for (n, price, stock) in [(1, 300, 9), (2, 1_000, 4), (3, 7, 20)] {
            let product = product(n, price, stock);
            world.stock.push(product.first_entry(world.now));
            world.products.insert(product.id, product);
        }
        for name in CONSUMERS {
            world.charge(ConsumerId::new(name).unwrap(), 6_000, 300);
        }
        world
    }

    pub(super) fn id(&mut self) -> uuid::Uuid {
        self.made += 1;
        uuid(self.made)
    }

    fn offer(&mut self, like: UseReading) {
        let coupon_id = CouponId::from_uuid(self.id());
        let mut coupon = Coupon {
            id: coupon_id,
            // Long enough for holds to lapse and sagas to be parked before it expires.
            expires_at: at(30_000_000),
            event_window: Window::new(at(100), at(40_000_000)).unwrap(),
            ..like.coupon
        };
        coupon.counters.issued = 4;
        for (consumer, ordinal) in [("ann", 0), ("ann", 1), ("bob", 0), ("bob", 1)] {
            let copy = IssuedCoupon {
                id: IssuedCouponId::from_uuid(self.id()),
                coupon_id,
                consumer_id: ConsumerId::new(consumer).unwrap(),
                ordinal,
                ..like.copy.clone()
            };
            self.copies.insert(copy.id, copy);
        }
        self.policies.insert(coupon_id, like.policy);
        self.coupons.insert(coupon_id, coupon);
    }

    fn charge(&mut self, consumer: ConsumerId, money: i64, points: i64) {
        let charge = Charge {
            id: EntryId::from_uuid(self.id()),
            consumer_id: consumer.clone(),
            amount: amount(money),
        };
        let wallet = Wallet::empty(consumer.clone());
        let (mut wallet, entry) = charge.into_wallet(wallet, self.now).unwrap();
        // As if they were earned before.
        wallet.points = amount(points);
        self.money.push(entry);
        let earned = MoneyEntry {
            reference: self.id(),
            kind: MoneyKind::PointsEarned,
            line: 0,
            from: Account::Rewards,
            to: Account::Points(consumer.clone()),
            amount: amount(points),
            at: self.now,
        };
        self.money.push(earned);
        self.wallets.insert(consumer, wallet);
    }

    /// Writes it as a store does, which relies on what the fields of [`Writes`] promise.
    pub(super) fn write(&mut self, writes: Writes) -> Result<(), TestCaseError> {
        if let Some(coupon) = writes.coupon {
            let mut before = self.coupons[&coupon.id].clone();
            before.counters.held = coupon.counters.held;
            before.counters.used = coupon.counters.used;
            prop_assert_eq!(&before, &coupon);
            self.coupons.insert(coupon.id, coupon);
        }
        if let Some(copy) = writes.copy {
            let mut before = self.copies[&copy.id].clone();
            before.used = copy.used;
            prop_assert_eq!(&before, &copy);
            self.copies.insert(copy.id, copy);
        }
        let is_new = |hold: &&Hold| !self.holds.contains_key(&hold.id);
        prop_assert!(writes.holds.iter().filter(is_new).count() <= 1);
        for hold in writes.holds {
            if let Some(before) = self.holds.get(&hold.id) {
                prop_assert!(before.state != HoldState::Cancelled);
                prop_assert!(before.state != HoldState::Expired);
                let before = crate::testing::with_state(hold.state, before.clone());
                prop_assert_eq!(&before, &hold);
            }
            self.holds.insert(hold.id, hold);
        }
        for product in writes.products {
            let mut before = self.products[&product.id].clone();
            before.stock = product.stock;
            prop_assert_eq!(&before, &product);
            self.products.insert(product.id, product);
        }
        if let Some(wallet) = writes.wallet {
            self.wallets.insert(wallet.consumer_id.clone(), wallet);
        }
        if let Some(order) = writes.order {
            if let Some(mut before) = self.orders.remove(&order.id) {
                before.status = order.status;
                before.failure = order.failure;
                before.delivery = order.delivery;
                prop_assert_eq!(&before, &order);
            }
            self.orders.insert(order.id, order);
        }
        if let Some(saga) = writes.saga {
            let before = self.sagas.get(&saga.id);
            prop_assert!(before.is_none_or(|before| before.epoch < saga.epoch));
            prop_assert!(before.is_none_or(|before| before.phase != SagaPhase::Done));
            self.sagas.insert(saga.id, saga);
        }
        self.money.extend(writes.money_entries);
        self.stock.extend(writes.stock_entries);
        self.trace.extend(writes.trace);
        Ok(())
    }

    /// What there is to see of it: statuses, ends and kinds of entries.
    pub(super) fn seen(&self) -> impl Iterator<Item = String> {
        let orders = self.orders.values();
        let orders = orders.map(|order| format!("order {:?}", order.status));
        let failures = self.orders.values().filter_map(|order| order.failure);
        let failures = failures.map(|failure| format!("failure {failure:?}"));
        let holds = self
            .holds
            .values()
            .map(|hold| format!("hold {:?}", hold.state));
        let money = self
            .money
            .iter()
            .map(|entry| format!("money {:?}", entry.kind));
        let stock = self
            .stock
            .iter()
            .map(|entry| format!("stock {:?}", entry.kind));
        let sagas = self.sagas.values().map(|saga| {
            let place = (saga.step, saga.direction, saga.phase);
            format!("saga {place:?}")
        });
        let of_orders = orders.chain(failures).chain(holds).chain(sagas);
        of_orders.chain(money).chain(stock)
    }
}
