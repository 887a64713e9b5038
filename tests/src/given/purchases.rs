//! What tests of purchases begin with: products, wallets, orders, sagas, holds.

use domain::ports::{
    Clock, KeyScope, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, Placed, RequestDigest,
};
use domain::{
    Amount, CallerId, Charge, Coupon, DeliveryStatus, EntryId, Hold, HoldId, HoldName, HoldRequest,
    HoldSeconds, IssuedCoupon, IssuedCouponId, Money, Order, OrderCommand, OrderId, OrderRefusal,
    Payment, PaymentMethod, Product, ProductId, ProductName, PurchaseRefusal, PurchaseRequest,
    Quantity, Saga, SagaEvent, SagaId, SagaPatience, SellerId, SettleRefusal, Settlement, Stock,
    Wallet,
};

use super::{consumer, created, issued};
use crate::Fixture;

/// An amount.
pub fn amount(number: i64) -> Amount {
    Amount::new(number).unwrap()
}

/// A seller.
pub fn seller(name: &str) -> SellerId {
    SellerId::new(name).unwrap()
}

/// A shop's own checkout, or an operator.
pub fn caller(name: &str) -> CallerId {
    CallerId::new(name).unwrap()
}

/// What a caller calls its hold.
pub fn hold_name(name: &str) -> HoldName {
    HoldName::new(name).unwrap()
}

/// The same purchase, with so many points.
pub fn with_points(request: PurchaseRequest, points: i64) -> PurchaseRequest {
    let points = amount(points);
    PurchaseRequest { points, ..request }
}

/// The same purchase, with this copy.
pub fn with_copy(request: PurchaseRequest, copy: &IssuedCoupon) -> PurchaseRequest {
    let issued_coupon_id = Some(copy.id);
    PurchaseRequest {
        issued_coupon_id,
        ..request
    }
}

/// The same purchase, paid by the provider.
pub fn by_provider(request: PurchaseRequest) -> PurchaseRequest {
    let method = PaymentMethod::new("tok_1").unwrap();
    let payment = Payment::Provider(Some(method));
    PurchaseRequest { payment, ..request }
}

/// The order that was placed just now, and its saga.
pub fn placed(placed: Placed) -> (Order, Saga) {
    match placed {
        Placed::Now(order, saga) => (order, saga),
        other => panic!("not placed: {other:?}"),
    }
}

/// Why nothing was placed.
pub fn not_placed(placed: Placed) -> PurchaseRefusal {
    match placed {
        Placed::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// What was done, or why it was refused.
pub fn unkeyed<T: std::fmt::Debug, R: std::fmt::Debug>(keyed: Keyed<T, R>) -> Result<T, R> {
    match keyed {
        Keyed::Done(done, _) => Ok(done),
        Keyed::Refused(refusal) => Err(refusal),
        Keyed::Answered(answered) => panic!("no key came: {answered:?}"),
    }
}

/// No definite answer, and no jitter.
pub fn unanswered() -> SagaEvent {
    SagaEvent::Unanswered("no answer".to_owned(), domain::Jitter::default())
}

/// Refused for good.
pub fn declined() -> SagaEvent {
    SagaEvent::Declined("no".to_owned())
}

impl Fixture {
    /// A key that no other request has.
    pub fn key(&self) -> KeyScope {
        let mut key = [0; 32];
        key[..16].copy_from_slice(self.id().as_bytes());
        KeyScope(key)
    }

    /// A product of the seller `seller`, at 1,000, of which there are 100; not stored.
    pub fn new_product(&self) -> Product {
        Product {
            id: ProductId::from_uuid(self.id()),
            seller_id: seller("seller"),
            name: ProductName::new(format!("product {}", self.number())).unwrap(),
            description: None,
            price: Money::new(1_000).unwrap(),
            stock: Stock::new(100).unwrap(),
            created_at: self.clock.now(),
        }
    }

    /// A product at this price, of which there are so many, stored.
    pub async fn product(&self, price: i64, stock: i64) -> Product {
        let product = Product {
            price: Money::new(price).unwrap(),
            stock: Stock::new(stock).unwrap(),
            ..self.new_product()
        };
        self.store_product(product).await
    }

    /// Stores the product.
    pub async fn store_product(&self, product: Product) -> Product {
        created(self.store.create_product(product, None).await.unwrap())
    }

    /// How many of the product are left.
    pub async fn left(&self, product: &Product) -> u32 {
        let product = self.store.product(product.id).await.unwrap();
        product.unwrap().stock.get()
    }

    /// Puts money into a consumer's wallet.
    pub async fn charge(&self, name: &str, number: i64) -> Wallet {
        let charge = Charge {
            id: EntryId::from_uuid(self.id()),
            consumer_id: consumer(name),
            amount: amount(number),
        };
        let key = KeyedRequest {
            scope: self.key(),
            digest: RequestDigest([0; 32]),
            answer: |_: &Wallet, _| Vec::new(),
        };
        unkeyed(self.store.charge(charge, key).await.unwrap()).unwrap()
    }

    /// A consumer's balance and points.
    pub async fn has(&self, name: &str) -> (i64, i64) {
        let wallet = self.store.wallet(consumer(name)).await.unwrap();
        assert_eq!(wallet.consumer_id, consumer(name));
        (wallet.balance.get(), wallet.points.get())
    }

    /// Lets a consumer earn so many points, with an order that is confirmed.
    pub async fn earn(&self, name: &str, points: i64) {
        let price = points * 40;
        let product = self.product(price, 1).await;
        self.charge(name, price).await;
        let order = self.buy(name, &product).await;
        self.deliver(&order).await;
        self.change(&order, OrderCommand::Confirm).await.unwrap();
    }

    /// A purchase from the wallet, with new ids and a key of its own.
    pub fn purchase(&self, name: &str, items: &[(&Product, i64)]) -> PurchaseRequest {
        let quantity = |number: i64| Quantity::new(number).unwrap();
        PurchaseRequest {
            order_id: OrderId::from_uuid(self.id()),
            saga_id: SagaId::from_uuid(self.id()),
            hold_id: HoldId::from_uuid(self.id()),
            consumer_id: consumer(name),
            key: self.key(),
            digest: RequestDigest([1; 32]),
            items: items
                .iter()
                .map(|(product, number)| (product.id, quantity(*number)))
                .collect(),
            points: Amount::ZERO,
            issued_coupon_id: None,
            payment: Payment::Wallet,
            yields: false,
            patience: SagaPatience::default(),
        }
    }

    /// What a purchase is answered.
    pub async fn place(&self, request: &PurchaseRequest) -> Placed {
        self.store.place(request.clone()).await.unwrap()
    }

    /// An order of one of this product, paid from a wallet that has the money.
    pub async fn buy(&self, name: &str, product: &Product) -> Order {
        let request = self.purchase(name, &[(product, 1)]);
        placed(self.place(&request).await).0
    }

    /// An order of one of this product that waits for the provider, and its saga.
    pub async fn begin(&self, name: &str, product: &Product) -> (Order, Saga) {
        let request = by_provider(self.purchase(name, &[(product, 1)]));
        placed(self.place(&request).await)
    }

    /// The order as the store has it.
    pub async fn order(&self, order: &Order) -> Order {
        self.store.order(order.id).await.unwrap().unwrap()
    }

    /// The saga as the store has it.
    pub async fn saga(&self, id: SagaId) -> Saga {
        self.store.saga(id).await.unwrap().unwrap().0
    }

    /// What becomes of a command without a key.
    pub async fn change(
        &self,
        order: &Order,
        command: OrderCommand,
    ) -> Result<Order, OrderRefusal> {
        let changed = self.store.change_order(order.id, command, None).await;
        unkeyed(changed.unwrap())
    }

    /// Delivers the order.
    pub async fn deliver(&self, order: &Order) {
        for status in [DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery] {
            let delivered = self.change(order, OrderCommand::Deliver(status)).await;
            assert_eq!(delivered.unwrap().delivery, status);
        }
    }

    /// A refund, with a new id for its saga.
    pub fn refund(&self) -> OrderCommand {
        OrderCommand::Refund {
            saga_id: SagaId::from_uuid(self.id()),
            patience: SagaPatience::default(),
        }
    }

    /// Asks for a refund that needs the provider: its saga.
    pub async fn begin_refund(&self, order: &Order) -> Saga {
        let saga_id = SagaId::from_uuid(self.id());
        let patience = SagaPatience::default();
        let command = OrderCommand::Refund { saga_id, patience };
        self.change(order, command).await.unwrap();
        self.saga(saga_id).await
    }

    /// What becomes of an order by the outcome that a worker tells who has seen `saga`.
    pub async fn told(&self, saga: &Saga, event: SagaEvent) -> Result<Order, OrderRefusal> {
        self.happens(saga, Some(saga.epoch), event).await
    }

    /// What becomes of an order by what an operator says.
    pub async fn operator(&self, saga: &Saga, event: SagaEvent) -> Result<Order, OrderRefusal> {
        self.happens(saga, None, event).await
    }

    async fn happens(
        &self,
        saga: &Saga,
        epoch: Option<u64>,
        event: SagaEvent,
    ) -> Result<Order, OrderRefusal> {
        let command = OrderCommand::Saga {
            saga_id: saga.id,
            epoch,
            event,
            patience: SagaPatience::default(),
        };
        let changed = self.store.change_order(saga.order_id, command, None).await;
        unkeyed(changed.unwrap())
    }

    /// Tells the saga this again and again: the order and the saga after the last.
    pub async fn told_often(&self, id: SagaId, times: u32, event: SagaEvent) -> (Order, Saga) {
        let mut order = None;
        for _ in 0..times {
            let saga = self.saga(id).await;
            order = Some(self.told(&saga, event.clone()).await.unwrap());
        }
        (order.unwrap(), self.saga(id).await)
    }

    /// A consumer's copy, issued now.
    pub async fn copy(&self, coupon: &Coupon, name: &str) -> IssuedCoupon {
        issued(&self.ask(coupon, name).await)
    }

    /// The copy as the store has it.
    pub async fn read_copy(&self, id: IssuedCouponId) -> IssuedCoupon {
        self.store.issued_coupon(id).await.unwrap().unwrap()
    }

    /// The wish of the caller `shop` to hold this copy for an order of 1,000, for a minute.
    pub fn hold_request(&self, copy: &IssuedCoupon) -> HoldRequest {
        HoldRequest {
            id: HoldId::from_uuid(self.id()),
            caller_id: caller("shop"),
            name: hold_name(&format!("hold-{}", self.number())),
            issued_coupon_id: copy.id,
            order_amount: amount(1_000),
            seconds: HoldSeconds::new(60).unwrap(),
            yields: false,
        }
    }

    /// What becomes of a wish to hold a copy.
    pub async fn open(&self, request: &HoldRequest) -> Result<OpenedHold, OpenHoldRefusal> {
        let opened = self.store.open_hold(request.clone(), None).await;
        unkeyed(opened.unwrap())
    }

    /// A hold of this copy that is opened now, and how it was asked for.
    pub async fn held(&self, copy: &IssuedCoupon) -> HoldRequest {
        let request = self.hold_request(copy);
        let opened = self.open(&request).await.unwrap();
        assert!(matches!(opened, OpenedHold::Now(_)), "{opened:?}");
        request
    }

    /// What becomes of a hold that is to end so.
    pub async fn settle(
        &self,
        request: &HoldRequest,
        settlement: Settlement,
    ) -> Result<Hold, SettleRefusal> {
        let (caller, name) = (request.caller_id.clone(), request.name.clone());
        let settled = self.store.settle_hold(caller, name, settlement, None).await;
        unkeyed(settled.unwrap())
    }

    /// Uses the copy, finally, on an order of another shop.
    pub async fn use_up(&self, copy: &IssuedCoupon) -> HoldRequest {
        let request = self.held(copy).await;
        let settled = self.settle(&request, Settlement::Confirm).await;
        settled.unwrap();
        request
    }

    /// The hold of this name, as it is written down.
    pub async fn hold(&self, request: &HoldRequest) -> Hold {
        let (caller, name) = (request.caller_id.clone(), request.name.clone());
        let hold = self.store.hold(caller, name).await.unwrap();
        hold.unwrap().0
    }
}
