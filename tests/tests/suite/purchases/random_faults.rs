//! Hundreds of purchases and refunds at once, over a ledger and a provider that fail by chance, on
//! several nodes, while time passes and sagas are taken from those who work on them; then all recover,
//! and everything is counted.
//!
//! `FC_SEED` makes chance the same again, as far as that goes with tasks that race.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use adapter_payments::{HttpPayments, HttpPaymentsConfig};
use application::{ChangeOrderError, KeyError, NewOrder, PaidBy, PlaceOrderError, Written};
use domain::ports::{Clock, KeyScope, Keyed, KeyedRequest, PaymentAction, RequestDigest};
use domain::{
    Amount, Charge, ConsumerId, CouponId, EntryId, IssuedCouponId, Money, Order, OrderId,
    OrderStatus, Payment, PaymentMethod, Product, ProductId, ProductName, Quantity, SellerId,
    Stock,
};
use firstcome_tests::crash::{Desk, Luck, UnluckyPurchases};
use firstcome_tests::given::{START, consumer, created, everything, issue_kind, issued, use_kind};
use firstcome_tests::provider::{DECLINED, Lie, Misbehaviour, Provider};
use firstcome_tests::{Acknowledged, Fixture, assert_exact};
use parking_lot::Mutex;
use tokio::task::JoinSet;

const CONSUMERS: usize = 40;
const ORDERS_EACH: usize = 6;
const BALANCE: i64 = 20_000;
const STOCK: u32 = 300;
/// How often a client asks before it goes away without an answer.
const PATIENCE: usize = 8;

/// Everything that the clients share.
struct Fair {
    fixture: Fixture,
    luck: Arc<Luck>,
    ledger: Arc<UnluckyPurchases>,
    provider: Provider,
    /// Two nodes that take money from wallets, two whose orders a provider pays.
    desks: Vec<Desk>,
    products: Vec<ProductId>,
    coupons: Vec<CouponId>,
    copies: HashMap<ConsumerId, Vec<IssuedCouponId>>,
    /// What was said of an order last, and why it must stay so.
    told: Mutex<HashMap<OrderId, Order>>,
}

impl Fair {
    async fn open(fixture: Fixture) -> Self {
        let luck = Luck::seeded();
        let provider = Provider::start();
        let ledger = UnluckyPurchases::new(fixture.store.clone(), luck.clone());
        let address = HttpPaymentsConfig::at(provider.base_url().parse().unwrap());
        let payments = Arc::new(HttpPayments::new(address));
        let desk = |paid_by| {
            let store = fixture.store.clone();
            Desk::over(store, ledger.clone(), payments.clone(), paid_by)
        };
        let by = [PaidBy::Wallet, PaidBy::Provider];
        let mut fair = Self {
            desks: by.into_iter().chain(by).map(desk).collect(),
            fixture,
            luck,
            ledger: ledger.clone(),
            provider,
            products: Vec::new(),
            coupons: Vec::new(),
            copies: HashMap::new(),
            told: Mutex::default(),
        };
        fair.stock().await;
        fair.upset();
        fair
    }

    async fn stock(&mut self) {
        let store = &self.fixture.store;
        for name in ["one", "other"] {
            let product = Product {
                id: ProductId::from_uuid(self.fixture.id()),
                seller_id: SellerId::new("seller").unwrap(),
                name: ProductName::new(name).unwrap(),
                description: None,
                price: Money::new(1_000).unwrap(),
                stock: Stock::new(STOCK.into()).unwrap(),
                created_at: START,
            };
            let product = created(store.create_product(product, None).await.unwrap());
            self.products.push(product.id);
        }
        let coupons = [
            self.fixture.coupon(issue_kind(1_000)).await,
            self.fixture.coupon(use_kind(15, 1)).await,
        ];
        for number in 0..CONSUMERS {
            let who = name(number);
            let charge = Charge {
                id: EntryId::from_uuid(self.fixture.id()),
                consumer_id: consumer(&who),
                amount: Amount::new(BALANCE).unwrap(),
            };
            let key = KeyedRequest {
                scope: scope(number, 0),
                digest: DIGEST,
                answer: |_, _| Vec::new(),
            };
            let charged = store.charge(charge, key).await.unwrap();
            assert!(matches!(charged, Keyed::Done(..)));
            for coupon in &coupons {
                let copy = issued(&self.fixture.ask(coupon, &who).await);
                let copies = self.copies.entry(consumer(&who)).or_default();
                copies.push(copy.id);
            }
        }
        self.coupons = coupons.iter().map(|coupon| coupon.id).collect();
    }

    fn upset(&self) {
        let how = vec![
            Misbehaviour::Refuse,
            Misbehaviour::HangUp,
            Misbehaviour::LoseAnswer,
            Misbehaviour::Lie(Lie::OtherSaga),
            Misbehaviour::Lie(Lie::Garbage),
            Misbehaviour::Lie(Lie::CutOff),
        ];
        self.provider.at_random(self.luck.below(u64::MAX), 200, how);
        for nth in 1..=CONSUMERS {
            if self.luck.once_in(5) {
                let decline = Misbehaviour::Decline;
                self.provider.misbehave(PaymentAction::Refund, nth, decline);
            }
        }
    }

    /// Now and then time passes, and somebody takes over what is due by then.
    async fn meanwhile(&self) {
        let clock = &self.fixture.clock;
        if self.luck.once_in(2) {
            let micros = self.luck.below(4_000_000);
            clock.set(clock.now().plus_micros(micros.cast_signed()));
        }
        if self.luck.once_in(4) {
            self.desk().resume().await;
        }
    }

    fn desk(&self) -> &Desk {
        let number = self.luck.below(self.desks.len().try_into().unwrap());
        &self.desks[usize::try_from(number).unwrap()]
    }

    /// One consumer's orders, one after the other.
    async fn shop(&self, number: usize) {
        for nth in 1..=ORDERS_EACH {
            let wanted = self.wanted(number, nth);
            let Some(order) = self.place(wanted).await else {
                continue;
            };
            self.told.lock().insert(order.id, order.clone());
            if order.status == OrderStatus::Paid && self.luck.once_in(2) {
                self.refund(&order, scope(number, 100 + nth)).await;
            }
        }
    }

    fn wanted(&self, number: usize, nth: usize) -> NewOrder {
        let luck = &self.luck;
        let quantity = || Quantity::new(1 + luck.below(3).cast_signed()).unwrap();
        let mut items = vec![(self.products[0], quantity())];
        if luck.once_in(2) {
            items.push((self.products[1], quantity()));
        }
        let who = consumer(name(number));
        let copies = &self.copies[&who];
        let copy = usize::try_from(luck.below(3)).unwrap();
        let method = luck
            .once_in(6)
            .then(|| PaymentMethod::new(DECLINED).unwrap());
        NewOrder {
            key: scope(number, nth),
            digest: DIGEST,
            items,
            points: Amount::ZERO,
            issued_coupon_id: copies.get(copy).copied(),
            payment_method: method,
            wait: None,
            consumer_id: who,
        }
    }

    /// Asks until there is an answer, at the same node or at another.
    async fn place(&self, wanted: NewOrder) -> Option<Order> {
        for _ in 0..PATIENCE {
            self.meanwhile().await;
            match self.desk().place.execute(wanted.clone()).await {
                Ok(order) => return Some(order),
                Err(PlaceOrderError::Store(_) | PlaceOrderError::Key(KeyError::InUse)) => {}
                Err(PlaceOrderError::Refused(_)) => return None,
                Err(other) => panic!("{other:?}"),
            }
        }
        None
    }

    async fn refund(&self, order: &Order, scope: KeyScope) {
        let key = KeyedRequest {
            scope,
            digest: DIGEST,
            answer: |order: &Order, _| format!("{:?}", order.status).into_bytes(),
        };
        // What it is from here on is known only when somebody says so.
        self.told.lock().remove(&order.id);
        for _ in 0..PATIENCE {
            self.meanwhile().await;
            let refund = &self.desk().refund;
            let refunded = refund.execute(order.id, &order.consumer_id, None, Some(key));
            match refunded.await {
                Ok(Written::Now(order, _)) if !order.is_under_way() => {
                    // Declined; or still paid, and an earlier try's saga goes on.
                    if order.status != OrderStatus::Paid {
                        self.told.lock().insert(order.id, order);
                    }
                    return;
                }
                Ok(Written::Before(answer)) => {
                    let status = match answer.as_slice() {
                        b"Refunded" => OrderStatus::Refunded,
                        b"Paid" | b"Failed" => return,
                        other => panic!("{other:?}"),
                    };
                    let order = order.clone();
                    self.told.lock().insert(order.id, Order { status, ..order });
                    return;
                }
                Ok(Written::Now(..)) => return,
                Err(ChangeOrderError::Store(_) | ChangeOrderError::Key(KeyError::InUse)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    /// Everything works again; what is alive is brought to its end.
    async fn recover(&self) {
        for desk in &self.desks {
            desk.rest().await;
        }
        self.ledger.heal();
        self.provider.heal();
        self.desks[0].settle(&self.fixture.clock).await;
    }

    /// What was said holds, and everything adds up to what the orders say.
    async fn assert_exact(&self) {
        let store = &*self.fixture.store;
        let orders = store.orders(None, everything()).await.unwrap();
        let keys: HashSet<_> = orders.iter().map(|order| order.request_key).collect();
        assert_eq!(keys.len(), orders.len(), "an order was placed twice");
        let by_id: HashMap<_, _> = orders.iter().map(|order| (order.id, order)).collect();
        for (id, told) in &*self.told.lock() {
            let order = by_id[id];
            if told.status != OrderStatus::Pending {
                let (said, is) = (told.status, order.status);
                assert_eq!(said, is, "{told:?} {order:?}");
                assert_eq!(told.failure, order.failure);
            }
        }
        let has_goods = |order: &&Order| order.status == OrderStatus::Paid;
        let ends = [
            OrderStatus::Paid,
            OrderStatus::Failed,
            OrderStatus::Refunded,
        ];
        assert!(orders.iter().all(|order| ends.contains(&order.status)));

        let paid = |of: &dyn Fn(&Order) -> bool| {
            let paid = orders.iter().filter(has_goods).filter(|order| of(order));
            paid.map(|order| order.paid_amount.get()).sum::<i64>()
        };
        let moved = self.provider.moved();
        let by_provider = paid(&|order| order.payment != Payment::Wallet);
        assert_eq!(
            (moved.captured - moved.refunded, moved.held),
            (by_provider, 0)
        );
        for who in self.copies.keys() {
            let spent =
                paid(&|order| order.consumer_id == *who && order.payment == Payment::Wallet);
            let wallet = store.wallet(who.clone()).await.unwrap();
            assert_eq!(wallet.balance.get(), BALANCE - spent);
        }
        for product in &self.products {
            let items = orders
                .iter()
                .filter(has_goods)
                .flat_map(|order| &order.items);
            let sold: u32 = items
                .filter(|item| item.product_id == *product)
                .map(|item| item.quantity.get())
                .sum();
            let left = store.product(*product).await.unwrap().unwrap().stock.get();
            assert_eq!(left + sold, STOCK);
        }
        let told = self.copies.iter().flat_map(|(who, copies)| {
            let copies = copies.iter().zip(&self.coupons);
            copies.map(|(copy, coupon)| Acknowledged {
                issued_coupon_id: *copy,
                coupon_id: *coupon,
                consumer_id: who.clone(),
            })
        });
        assert_exact(store, &self.coupons, told).await;
        let books = store.audit_books(0).await.unwrap();
        assert_eq!(books.violations, []);
        assert_eq!((books.live_sagas, books.stuck_sagas), (0, 0));
        self.assert_something_happened(&orders);
    }

    /// Else all of the above would be true of nothing.
    fn assert_something_happened(&self, orders: &[Order]) {
        let count = |status| orders.iter().filter(|order| order.status == status).count();
        let counts = [
            OrderStatus::Paid,
            OrderStatus::Failed,
            OrderStatus::Refunded,
        ]
        .map(count);
        let told = self.told.lock().len();
        println!(
            "{} orders: paid, failed, refunded {counts:?}; {told} told",
            orders.len()
        );
        assert!(counts.into_iter().all(|count| count > 5), "{counts:?}");
    }
}

const DIGEST: RequestDigest = RequestDigest([7; 32]);

fn name(number: usize) -> String {
    format!("consumer-{number}")
}

/// The key of the n-th request of this consumer.
fn scope(number: usize, nth: usize) -> KeyScope {
    let mut scope = [0; 32];
    scope[..8].copy_from_slice(&number.to_le_bytes());
    scope[8..16].copy_from_slice(&nth.to_le_bytes());
    KeyScope(scope)
}

async fn fair(fixture: Fixture) {
    let fair = Arc::new(Fair::open(fixture).await);
    let mut clients = JoinSet::new();
    for number in 0..CONSUMERS {
        let fair = fair.clone();
        clients.spawn(async move { fair.shop(number).await });
    }
    clients.join_all().await;
    fair.recover().await;
    fair.assert_exact().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_exact_after_purchases_that_fail_by_chance() {
    fair(Fixture::memory().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_is_exact_after_purchases_that_fail_by_chance() {
    fair(Fixture::sqlite().await).await;
}
