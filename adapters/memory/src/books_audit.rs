//! The books, counted: what is stored as one number against what its rows add up to. Nothing here
//! trusts a number that another part of the store has added up.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use domain::{
    Account, Amount, BookSubject, BookViolation, BooksAudit, ConsumerId, HoldOwner, HoldState,
    IssuedCouponId, Order, OrderStatus, ProductId, SagaId, SagaPhase, SellerId, Timestamp,
};
use uuid::Uuid;

use crate::store::Tables;

/// What the rows add up to.
#[derive(Default)]
struct Sums {
    accounts: HashMap<Account, i64>,
    /// What references have in SALES.
    sales: HashMap<Uuid, i64>,
    folded: HashMap<SellerId, i64>,
    stock: HashMap<ProductId, i64>,
    /// What references have put into stock.
    moved: HashMap<Uuid, i64>,
    /// CONFIRMED holds.
    uses: HashMap<IssuedCouponId, i64>,
    /// OPEN holds.
    open: HashMap<SagaId, i64>,
}

impl Sums {
    fn of(tables: &Tables) -> Self {
        let mut sums = Self::default();
        for entry in tables.books.money() {
            for (account, amount) in [
                (&entry.to, entry.amount.get()),
                (&entry.from, -entry.amount.get()),
            ] {
                add(&mut sums.accounts, account.clone(), amount);
                if *account == Account::Sales {
                    add(&mut sums.sales, entry.reference, amount);
                }
            }
        }
        for (seller, amount) in tables.books.folded_credits() {
            add(&mut sums.folded, seller.clone(), amount.get());
        }
        for entry in tables.books.stock() {
            add(&mut sums.stock, entry.product_id, entry.quantity);
            add(&mut sums.moved, entry.reference, entry.quantity);
        }
        for hold in tables.holds.rows() {
            match (hold.state, &hold.owner) {
                (HoldState::Confirmed, _) => add(&mut sums.uses, hold.issued_coupon_id, 1),
                (HoldState::Open, HoldOwner::Saga(saga)) => add(&mut sums.open, *saga, 1),
                _ => {}
            }
        }
        sums
    }
}

impl Tables {
    pub(crate) fn audit_books(&self, grace: i64, now: Timestamp) -> BooksAudit {
        let sums = Sums::of(self);
        let orders = |compared: fn(&Sums, &Order) -> Compared| {
            differing(self.orders.rows().map(|order| compared(&sums, order)))
        };
        let violations = [
            differing(self.balances(&sums)),
            differing(self.points(&sums)),
            differing(self.sellers(&sums)),
            differing(self.stock(&sums)),
            orders(items),
            orders(sales),
            orders(taken),
            differing(self.uses(&sums)),
            orders(open_holds),
            self.overdue(grace, now),
        ];
        let live = || self.sagas.rows().filter(|saga| saga.is_live());
        let stuck = live().filter(|saga| saga.phase == SagaPhase::Stuck);
        BooksAudit {
            wallets: self.wallets.values().map(|_| 1).sum(),
            products: self.products.rows().map(|_| 1).sum(),
            orders: self.orders.rows().map(|_| 1).sum(),
            live_sagas: live().map(|_| 1).sum(),
            stuck_sagas: stuck.map(|_| 1).sum(),
            violations: violations.into_iter().flatten().collect(),
        }
    }

    fn balances(&self, sums: &Sums) -> impl Iterator<Item = Compared> {
        self.consumers(sums).into_iter().map(|consumer| Compared {
            stored: self.wallet(&consumer).balance.get(),
            counted: sum(&sums.accounts, &Account::Balance(consumer.clone())),
            subject: BookSubject::Balance(consumer),
        })
    }

    fn points(&self, sums: &Sums) -> impl Iterator<Item = Compared> {
        self.consumers(sums).into_iter().map(|consumer| Compared {
            stored: self.wallet(&consumer).points.get(),
            counted: sum(&sums.accounts, &Account::Points(consumer.clone())),
            subject: BookSubject::Points(consumer),
        })
    }

    /// Who has a wallet, and who should have one by the entries.
    fn consumers(&self, sums: &Sums) -> BTreeSet<ConsumerId> {
        let booked = sums.accounts.keys().filter_map(|account| match account {
            Account::Balance(consumer) | Account::Points(consumer) => Some(consumer),
            _ => None,
        });
        self.wallets.keys().chain(booked).cloned().collect()
    }

    fn sellers<'a>(&'a self, sums: &'a Sums) -> impl Iterator<Item = Compared> + 'a {
        let folded = self.books.folded();
        let sellers: BTreeSet<_> = folded.keys().chain(sums.folded.keys()).collect();
        sellers.into_iter().map(|seller| Compared {
            stored: folded.get(seller).copied().map_or(0, Amount::get),
            counted: sum(&sums.folded, seller),
            subject: BookSubject::Seller(seller.clone()),
        })
    }

    fn stock(&self, sums: &Sums) -> impl Iterator<Item = Compared> {
        self.products.rows().map(|product| Compared {
            stored: product.stock.get().into(),
            counted: sum(&sums.stock, &product.id),
            subject: BookSubject::Stock(product.id),
        })
    }

    fn uses(&self, sums: &Sums) -> impl Iterator<Item = Compared> {
        self.copies.rows().map(|copy| Compared {
            stored: i64::try_from(copy.used).unwrap_or(i64::MAX),
            counted: sum(&sums.uses, &copy.id),
            subject: BookSubject::Uses(copy.id),
        })
    }

    fn overdue(&self, grace: i64, now: Timestamp) -> Vec<BookViolation> {
        let due = self.sagas.due(now).into_iter();
        due.filter(|saga| now.micros_since(saga.due_at) > grace)
            .map(|saga| BookViolation::Overdue(saga.id))
            .take(named())
            .collect()
    }
}

fn items(_: &Sums, order: &Order) -> Compared {
    let lines = order.items.iter().map(|item| item.amount.get());
    Compared {
        stored: order.items_amount.get(),
        counted: lines.fold(0, i64::saturating_add),
        subject: BookSubject::Items(order.id),
    }
}

fn sales(sums: &Sums, order: &Order) -> Compared {
    let stored = match order.status {
        OrderStatus::Pending => order.points_used.get(),
        OrderStatus::Paid | OrderStatus::Refunding => order.items_amount.get(),
        OrderStatus::Failed | OrderStatus::Refunded | OrderStatus::Confirmed => 0,
    };
    Compared {
        stored,
        counted: sum(&sums.sales, order.id.as_uuid()),
        subject: BookSubject::Sales(order.id),
    }
}

fn taken(sums: &Sums, order: &Order) -> Compared {
    let quantities = order.items.iter().map(|item| item.quantity.get());
    let stored = match order.status {
        OrderStatus::Failed | OrderStatus::Refunded => 0,
        _ => quantities.map(i64::from).sum(),
    };
    Compared {
        stored,
        counted: -sum(&sums.moved, order.id.as_uuid()),
        subject: BookSubject::Taken(order.id),
    }
}

fn open_holds(sums: &Sums, order: &Order) -> Compared {
    let reserves = order.status == OrderStatus::Pending && order.coupon.is_some();
    Compared {
        stored: i64::from(reserves),
        counted: sum(&sums.open, &order.saga_id),
        subject: BookSubject::OpenHolds(order.id),
    }
}

/// One number, as stored and as counted.
struct Compared {
    subject: BookSubject,
    stored: i64,
    counted: i64,
}

/// What differs, as many as are named.
fn differing(compared: impl Iterator<Item = Compared>) -> Vec<BookViolation> {
    compared
        .filter(|one| one.stored != one.counted)
        .map(|one| BookViolation::Differs {
            subject: one.subject,
            stored: one.stored,
            counted: one.counted,
        })
        .take(named())
        .collect()
}

fn named() -> usize {
    usize::try_from(BooksAudit::NAMED).unwrap_or(usize::MAX)
}

fn add<K: Eq + Hash>(sums: &mut HashMap<K, i64>, key: K, number: i64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(number);
}

fn sum<K: Eq + Hash>(sums: &HashMap<K, i64>, key: &K) -> i64 {
    sums.get(key).copied().unwrap_or_default()
}
