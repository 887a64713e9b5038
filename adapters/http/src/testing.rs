//! What the unit tests here share: an API on the memory store.

use std::{sync::Arc, time::Duration};

use adapter_memory::{ManualClock, MemoryStore, SequentialIds};
use application::{
    ChangeCoupon, ChangeProduct, ChargeWallet, ConfirmOrder, CreateCoupon, CreateDiscountPolicy,
    CreateEvent, CreateProduct, DeliverOrder, FinalAnswers, IssueCoupon, KeyedRequests,
    KeysInFlight, LaneLimits, Lanes, LedgerClock, OpenHold, PaidBy, PlaceOrder, RefundOrder,
    SagaWorker, SettleHold, SettleSaga, WaitLimits, WaitQueue,
};
use async_trait::async_trait;
use bytes::Bytes;
use domain::{ports::*, *};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, service::Service};
use hyper_util::service::TowerToHyperService;
use warp::{Filter, Rejection, reply::Response};

use crate::{
    Api, Code, Failure, Role, TokenAlgorithm, TokenConfiguration, TokenMint, TokenVerifier,
};

/// The code that a request is refused with.
pub(crate) fn code_of(failure: Failure) -> Code {
    failure.problem("").code()
}

/// The field that a request is refused for; none when it is taken.
pub(crate) fn refused_field<T>(request: Result<T, Failure>) -> Option<String> {
    let problem = request.err()?.problem("");
    assert_eq!(problem.code(), Code::BindError);
    let document: serde_json::Value = serde_json::from_slice(&problem.body()).unwrap();
    Some(document["field"].as_str().unwrap().to_owned())
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The code of a refusal; nothing of any other answer.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().unwrap())
    }
}

/// Asks a filter, without a connection in between, as somebody in a role. A body is JSON.
pub(crate) async fn ask(
    filter: &(impl Filter<Extract = (Response,), Error = Rejection> + Clone),
    (name, role): (&str, Role),
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: Option<serde_json::Value>,
) -> Answer {
    let name = ConsumerId::new(name).unwrap();
    let mint = TokenMint::new(&SECRET, "firstcome", "firstcome").unwrap();
    let (hour, now) = (Duration::from_secs(3_600), Timestamp::from_micros(0));
    let token = mint.mint(&name, role, hour, now).unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let text = body.map(|body| body.to_string());
    if let Some(text) = &text {
        request = request.header("content-type", "application/json");
        request = request.header("content-length", text.len());
    }
    let body = Full::new(Bytes::from(text.unwrap_or_default()));
    let service = TowerToHyperService::new(warp::service(filter.clone()));
    let response = service.call(request.body(body).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        bytes: body.collect().await.unwrap().to_bytes(),
    }
}

/// The secret of the tokens that the API believes.
const SECRET: [u8; 32] = [1; 32];

/// No provider: wallets pay.
struct NoPayments;

#[async_trait]
impl Payments for NoPayments {
    async fn call(&self, _: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        panic!("a wallet asks nobody")
    }

    async fn query(&self, _: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        panic!("a wallet asks nobody")
    }
}

pub(crate) fn api() -> Arc<Api> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
    let store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&clock)));
    let (catalogue, ledger): (Arc<dyn Catalogue>, Arc<dyn CouponLedger>) = (
        Arc::<MemoryStore>::clone(&store),
        Arc::<MemoryStore>::clone(&store),
    );
    let (purchases, holds): (Arc<dyn PurchaseLedger>, Arc<dyn HoldLedger>) = (
        Arc::<MemoryStore>::clone(&store),
        Arc::<MemoryStore>::clone(&store),
    );
    let (wallets, products): (Arc<dyn Wallets>, Arc<dyn Products>) = (
        Arc::<MemoryStore>::clone(&store),
        Arc::<MemoryStore>::clone(&store),
    );
    let ids: Arc<dyn IdGenerator> = Arc::new(SequentialIds::default());
    let ledger_clock = Arc::new(LedgerClock::new(clock.now(), std::time::Instant::now()));
    let answers = Arc::new(FinalAnswers::default());
    let in_flight = Arc::new(KeysInFlight::default());
    let keyed = Arc::new(KeyedRequests::new(store, Arc::clone(&in_flight)));
    let lanes = Lanes::new(
        Arc::clone(&ledger),
        Arc::clone(&answers),
        None,
        LaneLimits::default(),
    );
    let queue = WaitQueue::new(WaitLimits::default());
    let worker = SagaWorker::new(
        Arc::clone(&purchases),
        Arc::new(NoPayments),
        Arc::clone(&ids),
        Arc::clone(&queue),
        SagaPatience::default(),
    );
    let (c, k, i, l) = (&catalogue, &keyed, &ids, &ledger_clock);
    let (p, w, q) = (&purchases, &worker, &queue);
    Arc::new(Api {
        tokens: TokenVerifier::new(TokenConfiguration {
            algorithm: TokenAlgorithm::Hs256,
            key: &SECRET,
            previous_key: None,
            issuer: "firstcome",
            audience: "firstcome",
        })
        .unwrap(),
        create_event: CreateEvent::new(c.clone(), k.clone(), i.clone(), l.clone()),
        create_discount_policy: CreateDiscountPolicy::new(c.clone(), k.clone(), i.clone()),
        create_coupon: CreateCoupon::new(c.clone(), k.clone(), i.clone(), l.clone()),
        change_coupon: ChangeCoupon::new(c.clone(), answers.clone()),
        place_order: PlaceOrder::new(
            p.clone(),
            ledger.clone(),
            (w.clone(), q.clone()),
            in_flight.clone(),
            i.clone(),
            PaidBy::Wallet,
        ),
        refund_order: RefundOrder::new(p.clone(), k.clone(), w.clone(), i.clone()),
        confirm_order: ConfirmOrder::new(p.clone(), k.clone()),
        deliver_order: DeliverOrder::new(p.clone(), k.clone()),
        settle_saga: SettleSaga::new(p.clone(), k.clone(), w.clone()),
        open_hold: OpenHold::new(
            holds.clone(),
            ledger.clone(),
            q.clone(),
            k.clone(),
            i.clone(),
        ),
        settle_hold: SettleHold::new(holds.clone(), k.clone(), q.clone()),
        charge_wallet: ChargeWallet::new(wallets.clone(), k.clone(), i.clone()),
        create_product: CreateProduct::new(products.clone(), k.clone(), i.clone(), l.clone()),
        change_product: ChangeProduct::new(products.clone(), i.clone()),
        issue_coupon: IssueCoupon::new(answers, lanes, c.clone(), l.clone(), i.clone(), in_flight),
        clock,
        ledger_clock,
        ids,
        catalogue,
        ledger,
        gate: None,
        purchases,
        holds,
        wallets,
        products,
        metrics: Box::new(String::new),
    })
}

/// An order of "ann" for one thing, at this status.
pub(crate) fn order(status: OrderStatus) -> Order {
    let amount = |amount| Amount::new(amount).unwrap();
    Order {
        id: OrderId::OF_NOTHING,
        consumer_id: ConsumerId::new("ann").unwrap(),
        request_key: KeyScope([0; 32]),
        request_digest: RequestDigest([0; 32]),
        status,
        failure: None,
        delivery: DeliveryStatus::BeforeDelivery,
        items: vec![OrderItem {
            product_id: ProductId::OF_NOTHING,
            seller_id: SellerId::new("sam").unwrap(),
            quantity: Quantity::new(2).unwrap(),
            price: Money::new(500).unwrap(),
            amount: amount(1_000),
        }],
        items_amount: amount(1_000),
        discount: amount(300),
        points_used: amount(100),
        paid_amount: amount(600),
        earned_points: amount(15),
        coupon: None,
        payment: Payment::Provider(Some(PaymentMethod::new("tok_secret").unwrap())),
        saga_id: SagaId::OF_NOTHING,
        created_at: Timestamp::from_micros(0),
    }
}

/// An open hold of "shop" that is expired 10 microseconds after the Unix epoch.
pub(crate) fn hold(name: &str) -> Hold {
    Hold {
        id: HoldId::OF_NOTHING,
        owner: HoldOwner::Caller {
            caller_id: CallerId::new("shop").unwrap(),
            name: HoldName::new(name).unwrap(),
            seconds: HoldSeconds::new(1).unwrap(),
            deadline: Timestamp::from_micros(10),
        },
        coupon_id: CouponId::OF_NOTHING,
        issued_coupon_id: IssuedCouponId::OF_NOTHING,
        single_use: true,
        order_amount: Amount::new(100).unwrap(),
        discount: Amount::new(30).unwrap(),
        state: HoldState::Open,
        opened_at: Timestamp::from_micros(0),
    }
}
