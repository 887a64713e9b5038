//! What must hold of the rows after every step; counted here, with no rule's help.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};

use super::world::World;
use crate::{
    Account, CouponKind, DeliveryStatus, Hold, HoldOwner, HoldState, MoneyKind, Order,
    OrderFailure, OrderStatus, SagaKind, SagaOutcome, SagaPhase, SagaStep,
};

type Holds = Result<(), TestCaseError>;

pub(super) fn balance(world: &World) -> Holds {
    nothing_is_entered_twice(world)?;
    accounts_are_what_their_entries_say(world)?;
    stock_is_what_its_entries_say(world)?;
    coupons_count_their_holds(world)?;
    for order in world.orders.values() {
        an_order_adds_up(world, order)?;
        an_order_has_the_sagas_of_its_status(world, order)?;
    }
    traces_have_no_gap(world)
}

fn nothing_is_entered_twice(world: &World) -> Holds {
    let money = world
        .money
        .iter()
        .map(|one| (one.reference, one.kind, one.line));
    prop_assert_eq!(money.collect::<HashSet<_>>().len(), world.money.len());
    let stock = world
        .stock
        .iter()
        .map(|one| (one.reference, one.product_id, one.kind));
    prop_assert_eq!(stock.collect::<HashSet<_>>().len(), world.stock.len());
    prop_assert!(world.money.iter().all(|entry| entry.amount.get() > 0));
    Ok(())
}

/// What each account has by the entries.
fn accounts(world: &World) -> HashMap<Account, i128> {
    let mut accounts = HashMap::new();
    for entry in &world.money {
        let amount = i128::from(entry.amount.get());
        *accounts.entry(entry.from.clone()).or_default() -= amount;
        *accounts.entry(entry.to.clone()).or_default() += amount;
    }
    accounts
}

fn accounts_are_what_their_entries_say(world: &World) -> Holds {
    let mut accounts = accounts(world);
    // The stored wallets, and by their entries all accounts that nobody stores: together nothing.
    let mut all = 0;
    for (consumer, wallet) in &world.wallets {
        let mut entered = |account| accounts.remove(&account).unwrap_or_default();
        let (balance, points) = (wallet.balance.get(), wallet.points.get());
        prop_assert_eq!(
            entered(Account::Balance(consumer.clone())),
            i128::from(balance)
        );
        prop_assert_eq!(
            entered(Account::Points(consumer.clone())),
            i128::from(points)
        );
        all += i128::from(balance) + i128::from(points);
    }
    let not_stored = accounts.values().sum::<i128>();
    prop_assert_eq!(all + not_stored, 0);
    // Money only comes from outside; what is for sellers and fees only comes in.
    for (account, sum) in accounts {
        let right = match account {
            Account::Outside | Account::Discounts | Account::Rewards | Account::Losses => sum <= 0,
            Account::Sales | Account::Seller(_) | Account::Fees => sum >= 0,
            Account::Provider => true,
            Account::Balance(_) | Account::Points(_) => false,
        };
        prop_assert!(right, "{} has {}", account, sum);
    }
    Ok(())
}

fn stock_is_what_its_entries_say(world: &World) -> Holds {
    for product in world.products.values() {
        let entries = world
            .stock
            .iter()
            .filter(|entry| entry.product_id == product.id);
        let entered: i64 = entries.map(|entry| entry.quantity).sum();
        prop_assert_eq!(entered, i64::from(product.stock.get()));
    }
    Ok(())
}

fn count(world: &World, state: HoldState, of: impl Fn(&Hold) -> bool) -> u64 {
    let holds = world
        .holds
        .values()
        .filter(|hold| hold.state == state && of(hold));
    u64::try_from(holds.count()).unwrap()
}

fn coupons_count_their_holds(world: &World) -> Holds {
    for coupon in world.coupons.values() {
        let of = |hold: &Hold| hold.coupon_id == coupon.id;
        let counters = coupon.counters;
        prop_assert_eq!(counters.held, count(world, HoldState::Open, of));
        prop_assert_eq!(counters.used, count(world, HoldState::Confirmed, of));
        if let CouponKind::Use { maximum_usage, .. } = coupon.kind {
            prop_assert!(counters.used + counters.held <= u64::from(maximum_usage.get()));
        }
    }
    for copy in world.copies.values() {
        let of = |hold: &Hold| hold.issued_coupon_id == copy.id;
        let used = count(world, HoldState::Confirmed, of);
        prop_assert_eq!(copy.used, used);
        let redundant = match world.coupons[&copy.coupon_id].kind {
            CouponKind::Issue {
                redundant_usable, ..
            } => redundant_usable,
            CouponKind::Use { .. } => false,
        };
        prop_assert!(redundant || used + count(world, HoldState::Open, of) <= 1);
    }
    Ok(())
}

fn an_order_adds_up(world: &World, order: &Order) -> Holds {
    let lines: i64 = order.items.iter().map(|item| item.amount.get()).sum();
    let items = order.items_amount.get();
    prop_assert_eq!(lines, items);
    let rest = items - order.discount.get() - order.points_used.get();
    prop_assert_eq!(order.paid_amount.get(), rest);

    // What it has in SALES, what it has taken and what it holds is what its status says.
    let (in_sales, has_taken) = match order.status {
        OrderStatus::Pending => (order.points_used.get(), true),
        OrderStatus::Paid | OrderStatus::Refunding => (items, true),
        OrderStatus::Confirmed => (0, true),
        OrderStatus::Failed | OrderStatus::Refunded => (0, false),
    };
    let reference = *order.id.as_uuid();
    let entries = || {
        world
            .money
            .iter()
            .filter(|entry| entry.reference == reference)
    };
    let side = |account: &Account, amount| {
        if *account == Account::Sales {
            amount
        } else {
            0
        }
    };
    let moved = entries().map(|one| {
        let amount = one.amount.get();
        side(&one.to, amount) - side(&one.from, amount)
    });
    prop_assert_eq!(moved.sum::<i64>(), in_sales);
    for item in &order.items {
        let its = |entry: &&crate::StockEntry| {
            entry.reference == reference && entry.product_id == item.product_id
        };
        let taken: i64 = world
            .stock
            .iter()
            .filter(its)
            .map(|entry| -entry.quantity)
            .sum();
        let quantity = i64::from(item.quantity.get());
        prop_assert_eq!(taken, if has_taken { quantity } else { 0 });
    }
    let own = |hold: &Hold| hold.owner == HoldOwner::Saga(order.saga_id);
    let is_open = order.status == OrderStatus::Pending && order.coupon.is_some();
    prop_assert_eq!(count(world, HoldState::Open, own), u64::from(is_open));
    let is_final = matches!(
        order.status,
        OrderStatus::Paid | OrderStatus::Refunding | OrderStatus::Confirmed
    );
    if is_final {
        let uses = u64::from(order.coupon.is_some());
        prop_assert_eq!(count(world, HoldState::Confirmed, own), uses);
    }

    // Only goods that went out are written off, only a failed order's payment goes astray.
    let has = |kind| entries().any(|entry| entry.kind == kind);
    let is_here = order.delivery == DeliveryStatus::BeforeDelivery;
    prop_assert!(!has(MoneyKind::WrittenOff) || !is_here);
    prop_assert!(!has(MoneyKind::StrayPayment) || order.status == OrderStatus::Failed);
    prop_assert_eq!(
        has(MoneyKind::Sale) || has(MoneyKind::Fee),
        order.status == OrderStatus::Confirmed
    );
    prop_assert_eq!(order.failure.is_some(), order.status == OrderStatus::Failed);
    prop_assert!(order.failure != Some(OrderFailure::PaymentDeclined) || !has(MoneyKind::Payment));
    Ok(())
}

fn an_order_has_the_sagas_of_its_status(world: &World, order: &Order) -> Holds {
    let purchase = &world.sagas[&order.saga_id];
    let is_authorising = purchase.is_live()
        && purchase.step == SagaStep::Authorise
        && purchase.direction == crate::SagaDirection::Forward;
    prop_assert_eq!(order.status == OrderStatus::Pending, is_authorising);
    let of_refunds = |saga: &&crate::Saga| saga.kind == SagaKind::Refund;
    let refunds: Vec<_> = world.sagas_of(order).filter(of_refunds).collect();
    let live = refunds.iter().filter(|saga| saga.is_live()).count();
    prop_assert!(live <= 1);
    prop_assert!(order.status != OrderStatus::Refunding || live == 1);
    if order.status == OrderStatus::Refunded {
        let done = |saga: &&&crate::Saga| saga.outcome == Some(SagaOutcome::Completed);
        prop_assert_eq!(refunds.iter().filter(done).count(), 1);
    }
    for saga in world.sagas_of(order) {
        prop_assert_eq!(saga.outcome.is_some(), saga.phase == SagaPhase::Done);
    }
    Ok(())
}

fn traces_have_no_gap(world: &World) -> Holds {
    for saga in world.sagas.values() {
        let entries = world.trace.iter().filter(|entry| entry.saga_id == saga.id);
        let places: Vec<_> = entries.map(|entry| entry.sequence).collect();
        prop_assert_eq!(places, (0..saga.traced).collect::<Vec<_>>());
    }
    let known: BTreeSet<_> = world.sagas.keys().collect();
    prop_assert!(
        world
            .trace
            .iter()
            .all(|entry| known.contains(&entry.saga_id))
    );
    Ok(())
}
