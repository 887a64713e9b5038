//! A process that does as it is told by its parent, and dies where it is told to.
//!
//! It is the test's own binary, running one test of it, which calls [`obey`]. What it must do stands in
//! an environment variable; what it has passed it writes into a file, if it lives to do so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapter_memory::ManualClock;
use adapter_payments::{HttpPayments, HttpPaymentsConfig};
use application::{NewOrder, Written};
use domain::ports::{KeyScope, KeyedRequest, RequestDigest};
use domain::{Amount, Order, OrderId, OrderStatus, Quantity};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use super::points::{CountedPayments, CountedPurchases, Death, Moment, Points};
use super::stage::{self, ORDERED, POINTS_USED, mina};
use super::variant::{Deed, Variant};
use crate::Store;
use crate::given::{START, everything};

/// The variable that says what a child has to do.
pub const ORDERS: &str = "FC_CHILD";
/// A child that hangs ends after this, with this status.
const LIMIT: (Duration, i32) = (Duration::from_secs(60), 9);
/// How far the clock of a process that recovers is ahead: no lease lasts that long.
const LATER: i64 = 600_000_000;

/// What a child has to do.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Where the store is.
    pub place: Place,
    /// The file in which to leave the points that were passed.
    pub report: PathBuf,
    /// Where the provider is.
    pub provider: String,
    /// The n-th of all variants.
    pub variant: usize,
    /// Is what was begun to be recovered? Else it is to be begun.
    pub recover: bool,
    /// Where to die.
    pub death: Option<Death>,
}

impl Orders {
    /// As they stand in the variable.
    pub fn written(&self) -> String {
        let death = self
            .death
            .map(|death| json!([death.point, death.moment == Moment::Before]));
        json!([
            self.place.written(),
            self.report,
            self.provider,
            self.variant,
            self.recover,
            death
        ])
        .to_string()
    }

    /// As they stand in the variable.
    pub fn read(text: &str) -> Self {
        let orders: Value = serde_json::from_str(text).unwrap();
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let death = orders[5].as_array().map(|death| Death {
            point: number(&death[0]),
            moment: if death[1] == true {
                Moment::Before
            } else {
                Moment::After
            },
        });
        Self {
            place: Place::read(&orders[0]),
            report: orders[1].as_str().unwrap().into(),
            provider: orders[2].as_str().unwrap().to_owned(),
            variant: number(&orders[3]),
            recover: orders[4] == true,
            death,
        }
    }
}

/// Does as the orders say.
///
/// # Panics
/// When anything is not as it must be; then the process ends with a failed test.
pub async fn obey(orders: Orders) {
    // Dying is what it is for: nobody wants to look into its memory.
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, nothing).unwrap();
    std::thread::spawn(|| {
        std::thread::sleep(LIMIT.0);
        std::process::exit(LIMIT.1);
    });
    let clock = Arc::new(ManualClock::new(if orders.recover {
        START.plus_micros(LATER)
    } else {
        START
    }));
    let store = orders.place.open(clock.clone()).await.store();
    let points = Points::up_to(orders.death);
    let provider = HttpPaymentsConfig::at(orders.provider.parse().unwrap());
    let variant = &Variant::all()[orders.variant];
    let client = Client {
        variant,
        desk: Desk::over(
            store.clone(),
            Arc::new(CountedPurchases {
                ledger: store.clone(),
                points: points.clone(),
            }),
            Arc::new(CountedPayments {
                provider: Arc::new(HttpPayments::new(provider)),
                points: points.clone(),
            }),
            variant.paid_by,
        ),
        store,
    };
    if orders.recover {
        points.begin();
        client.desk.settle(&clock).await;
        client.ask_again().await;
        client.desk.settle(&clock).await;
    } else {
        client.ask(&points).await;
    }
    std::fs::write(&orders.report, json!(points.passed()).to_string()).unwrap();
}

/// The client, and the node that it asks.
struct Client<'a> {
    variant: &'a Variant,
    desk: Desk,
    store: Arc<dyn Store>,
}

impl Client<'_> {
    /// Asks for the deed; points count from where it begins.
    async fn ask(&self, points: &Points) {
        if self.variant.deed == Deed::Purchase {
            points.begin();
        }
        let order = self.place().await;
        self.desk.rest().await;
        if self.variant.deed == Deed::Refund {
            points.begin();
            self.refund(order.id).await;
            self.desk.rest().await;
        }
    }

    /// The same requests with the same keys, by a client that has heard nothing.
    async fn ask_again(&self) {
        let before = self.orders().await;
        let order = self.place().await;
        self.desk.rest().await;
        let orders = self.orders().await;
        assert_eq!(
            orders.len(),
            2,
            "the one that gave points, and this: {orders:?}"
        );
        assert!(orders.contains(&order.id));
        // What a dead process has placed is what its client finds.
        assert!(before.len() == 1 || before.contains(&order.id));
        if self.variant.deed == Deed::Refund {
            self.refund(order.id).await;
            self.desk.rest().await;
        }
    }

    async fn orders(&self) -> Vec<OrderId> {
        let orders = self.store.orders(Some(mina()), everything()).await;
        orders.unwrap().iter().map(|order| order.id).collect()
    }

    async fn place(&self) -> Order {
        let lines = stage::products().into_iter().zip(ORDERED);
        let order = NewOrder {
            consumer_id: mina(),
            key: KeyScope([1; 32]),
            digest: RequestDigest([1; 32]),
            items: lines
                .map(|(product, quantity)| (product, Quantity::new(quantity.into()).unwrap()))
                .collect(),
            points: Amount::new(POINTS_USED).unwrap(),
            issued_coupon_id: stage::copy(self.variant.with),
            payment_method: None,
            wait: None,
        };
        self.desk.place.execute(order).await.unwrap()
    }

    async fn refund(&self, order: OrderId) {
        let key = KeyedRequest {
            scope: KeyScope([2; 32]),
            digest: RequestDigest([2; 32]),
            answer: |order: &Order, _| format!("{:?}", order.status).into_bytes(),
        };
        let mina = mina();
        let refunded = self.desk.refund.execute(order, &mina, None, Some(key));
        match refunded.await.unwrap() {
            Written::Now(order, _) => assert_ne!(order.status, OrderStatus::Failed),
            // What is kept is a last word.
            Written::Before(answer) => assert_eq!(answer, b"Refunded"),
        }
    }
}
