//! Something to buy, and somebody who buys it.

use domain::ports::{
    CouponLedger, Creation, HoldLedger, KeyScope, Keyed, KeyedRequest, Placed, Products,
    PurchaseLedger, RequestDigest, Wallets,
};
use domain::{
    Amount, BooksAudit, CallerId, Charge, ConsumerId, Coupon, DeliveryStatus, EntryId, Hold,
    HoldId, HoldName, HoldRequest, HoldSeconds, IssueOutcome, IssuedCouponId, Money, Order,
    OrderCommand, OrderId, OrderRefusal, Payment, Product, ProductId, ProductName, PurchaseRequest,
    Quantity, Saga, SagaEvent, SagaId, SagaPatience, SellerId, Settlement, Stock, Timestamp,
    Wallet,
};

use super::{issue, next_id};
use crate::SqliteStore;

pub(crate) fn amount(amount: i64) -> Amount {
    Amount::new(amount).unwrap()
}

pub(crate) fn consumer(name: &str) -> ConsumerId {
    ConsumerId::new(name).unwrap()
}

/// A key that nobody has used.
pub(crate) fn new_key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(next_id().as_bytes());
    key
}

/// A request under a new key, whose answer is its effect as a debugger sees it.
pub(crate) fn keyed<T: std::fmt::Debug>() -> KeyedRequest<T> {
    KeyedRequest {
        scope: KeyScope(new_key()),
        digest: RequestDigest([1; 32]),
        answer: |done, _| format!("{done:?}").into_bytes(),
    }
}

pub(crate) fn new_product(name: &str, price: i64, stock: i64) -> Product {
    Product {
        id: ProductId::from_uuid(next_id()),
        seller_id: SellerId::new("seller").unwrap(),
        name: ProductName::new(name).unwrap(),
        description: None,
        price: Money::new(price).unwrap(),
        stock: Stock::new(stock).unwrap(),
        created_at: Timestamp::from_micros(0),
    }
}

/// Stores a product of the seller `seller`.
pub(crate) async fn on_sale(store: &SqliteStore, name: &str, price: i64, stock: i64) -> Product {
    let product = new_product(name, price, stock);
    match store.create_product(product, None).await.unwrap() {
        Creation::Created(product, _) => product,
        other => panic!("{other:?}"),
    }
}

/// Puts this much into the consumer's wallet.
pub(crate) async fn charge(store: &SqliteStore, name: &str, much: i64) -> Wallet {
    let charge = Charge {
        id: EntryId::from_uuid(next_id()),
        consumer_id: consumer(name),
        amount: amount(much),
    };
    match store.charge(charge, keyed()).await.unwrap() {
        Keyed::Done(wallet, _) => wallet,
        other => panic!("{other:?}"),
    }
}

/// Gives the consumer a copy.
pub(crate) async fn copy_of(store: &SqliteStore, coupon: &Coupon, name: &str) -> IssuedCouponId {
    match issue(store, coupon, name).await {
        IssueOutcome::Issued(copy) => copy.id,
        other => panic!("{other:?}"),
    }
}

/// One of each product, paid from the wallet, without points and coupon.
pub(crate) fn purchase(name: &str, products: &[&Product]) -> PurchaseRequest {
    PurchaseRequest {
        order_id: OrderId::from_uuid(next_id()),
        saga_id: SagaId::from_uuid(next_id()),
        hold_id: HoldId::from_uuid(next_id()),
        consumer_id: consumer(name),
        key: KeyScope(new_key()),
        digest: RequestDigest([2; 32]),
        items: products
            .iter()
            .map(|product| (product.id, Quantity::new(1).unwrap()))
            .collect(),
        points: Amount::ZERO,
        issued_coupon_id: None,
        payment: Payment::Wallet,
        yields: false,
        patience: SagaPatience::default(),
    }
}

/// The same, paid by the provider: the order is PENDING, its saga waits.
pub(crate) fn by_provider(request: PurchaseRequest) -> PurchaseRequest {
    PurchaseRequest {
        payment: Payment::Provider(None),
        ..request
    }
}

/// The same with this copy.
pub(crate) fn with_copy(request: PurchaseRequest, copy: IssuedCouponId) -> PurchaseRequest {
    PurchaseRequest {
        issued_coupon_id: Some(copy),
        ..request
    }
}

/// Places an order that nothing speaks against.
pub(crate) async fn placed(store: &SqliteStore, request: PurchaseRequest) -> (Order, Saga) {
    match store.place(request).await.unwrap() {
        Placed::Now(order, saga) => (order, saga),
        other => panic!("{other:?}"),
    }
}

/// What becomes of the order under this command.
pub(crate) async fn changed(
    store: &SqliteStore,
    order: OrderId,
    command: OrderCommand,
) -> Result<Order, OrderRefusal> {
    match store.change_order(order, command, None).await.unwrap() {
        Keyed::Done(order, _) => Ok(order),
        Keyed::Refused(refusal) => Err(refusal),
        Keyed::Answered(answered) => panic!("{answered:?}"),
    }
}

/// The saga's own worker says what has happened.
pub(crate) fn happened(saga: &Saga, event: SagaEvent) -> OrderCommand {
    OrderCommand::Saga {
        saga_id: saga.id,
        epoch: Some(saga.epoch),
        event,
        patience: SagaPatience::default(),
    }
}

pub(crate) fn refund() -> OrderCommand {
    OrderCommand::Refund {
        saga_id: SagaId::from_uuid(next_id()),
        patience: SagaPatience::default(),
    }
}

/// A caller's hold of this copy, on an order of 1,000, for a second.
pub(crate) fn hold_request(name: &str, copy: IssuedCouponId) -> HoldRequest {
    HoldRequest {
        id: HoldId::from_uuid(next_id()),
        caller_id: CallerId::new("shop").unwrap(),
        name: HoldName::new(name).unwrap(),
        issued_coupon_id: copy,
        order_amount: amount(1_000),
        seconds: HoldSeconds::new(1).unwrap(),
        yields: false,
    }
}

/// The books; a saga may be due for a minute.
pub(crate) async fn books(store: &SqliteStore) -> BooksAudit {
    store.audit_books(60_000_000).await.unwrap()
}

/// How many copies the coupon has withdrawn, and whether there are more to withdraw.
pub(crate) async fn withdrawn(store: &SqliteStore, coupon: &Coupon, limit: u32) -> (u32, bool) {
    let withdrawn = store.withdraw(coupon.id, coupon.epoch, limit).await;
    let withdrawn = withdrawn.unwrap();
    (withdrawn.copies, withdrawn.more)
}

/// Opens a hold that nothing speaks against.
pub(crate) async fn open_hold(store: &SqliteStore, request: HoldRequest) {
    let opened = store.open_hold(request, None).await.unwrap();
    assert!(matches!(opened, Keyed::Done(..)), "{opened:?}");
}

/// A shop holds the copy, and confirms the use.
pub(crate) async fn used(store: &SqliteStore, copy: IssuedCouponId) {
    let name = copy.to_string();
    open_hold(store, hold_request(&name, copy)).await;
    settled(store, &name, Settlement::Confirm).await;
}

/// Ends the hold of this name.
pub(crate) async fn settled(store: &SqliteStore, name: &str, settlement: Settlement) -> Hold {
    let (caller, name) = (CallerId::new("shop").unwrap(), HoldName::new(name).unwrap());
    match store
        .settle_hold(caller, name, settlement, None)
        .await
        .unwrap()
    {
        Keyed::Done(hold, _) => hold,
        other => panic!("{other:?}"),
    }
}

/// A paid order is delivered and confirmed.
pub(crate) async fn confirmed(store: &SqliteStore, order: OrderId) -> Order {
    for status in [DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery] {
        let delivered = changed(store, order, OrderCommand::Deliver(status)).await;
        assert_eq!(delivered.unwrap().delivery, status);
    }
    changed(store, order, OrderCommand::Confirm).await.unwrap()
}
