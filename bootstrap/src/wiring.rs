//! Which use case gets which ports.

use std::sync::Arc;

use adapter_http::{Api, TokenVerifier};
use application::{
    ChangeCoupon, ChangeProduct, ChargeWallet, ConfirmOrder, CreateCoupon, CreateDiscountPolicy,
    CreateEvent, CreateProduct, DeliverOrder, ExpireHolds, FillGate, FinalAnswers,
    FoldSellerCredits, ForgetAnsweredRequests, IssueCoupon, KeyedRequests, KeysInFlight,
    LaneLimits, Lanes, NodeGate, OpenHold, PlaceOrder, ReconcileGate, RefreshFinalAnswers,
    RefundOrder, ResumeSagas, SagaWorker, SettleHold, SettleSaga, WaitLimits, WaitQueue,
    WithdrawCoupons,
};
use domain::{
    SagaPatience,
    ports::{Job, StoreError},
};

use crate::{Adapters, Measured};

/// How much the use cases take on, and how patient they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// What waits for the ledger.
    pub lanes: LaneLimits,
    /// Who waits for coupons that are held.
    pub waiting: WaitLimits,
    /// How patient sagas are.
    pub sagas: SagaPatience,
}

/// The use cases, wired.
pub(crate) struct Wired {
    pub(crate) api: Api,
    pub(crate) answers: Arc<FinalAnswers>,
    pub(crate) refresh: RefreshFinalAnswers,
    pub(crate) gate: Option<Gated>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) worker: Arc<SagaWorker>,
    pub(crate) jobs: Vec<Arc<dyn Job>>,
}

/// What looks after the gate on this node.
pub(crate) struct Gated {
    pub(crate) gate: Arc<NodeGate>,
    pub(crate) fill: FillGate,
}

/// Wires the use cases to `adapters`, and aligns with the ledger's time.
pub(crate) async fn wire(
    adapters: Adapters,
    tokens: TokenVerifier,
    limits: Limits,
    measured: &Measured,
) -> Result<Wired, StoreError> {
    let Adapters {
        catalogue,
        ledger,
        answered,
        purchases,
        holds,
        wallets,
        products,
        paid_by,
        payments,
        gate,
        clock,
        ids,
        ..
    } = adapters;
    let answers = Arc::new(FinalAnswers::default());
    let refresh = RefreshFinalAnswers::begin(Arc::clone(&ledger), Arc::clone(&answers)).await?;
    let ledger_clock = refresh.clock();
    let gate = gate.map(|ports| {
        let gate = NodeGate::new(
            ports.gate,
            ports.generations,
            Arc::clone(&answers),
            Arc::clone(&ledger_clock),
        );
        let fill = FillGate::new(
            Arc::clone(&gate),
            Arc::clone(&catalogue),
            Arc::clone(&ledger),
            ports.locks,
            ids.next_id(),
        );
        Gated { gate, fill }
    });
    let lanes = Lanes::new(
        Arc::clone(&ledger),
        Arc::clone(&answers),
        gate.as_ref().map(|gated| Arc::clone(&gated.gate)),
        limits.lanes,
    );
    let in_flight = Arc::new(KeysInFlight::default());
    let keyed = Arc::new(KeyedRequests::new(
        Arc::clone(&answered),
        Arc::clone(&in_flight),
    ));
    let queue = WaitQueue::new(limits.waiting);
    let worker = SagaWorker::new(
        Arc::clone(&purchases),
        payments,
        Arc::clone(&ids),
        Arc::clone(&queue),
        limits.sagas,
    );
    let mut jobs: Vec<Arc<dyn Job>> = vec![
        Arc::new(ResumeSagas::new(
            Arc::clone(&worker),
            Arc::clone(&purchases),
        )),
        Arc::new(WithdrawCoupons::new(Arc::clone(&ledger))),
        Arc::new(ExpireHolds::new(Arc::clone(&holds))),
        Arc::new(FoldSellerCredits::new(Arc::clone(&wallets))),
        Arc::new(ForgetAnsweredRequests::new(
            answered,
            Arc::clone(&ledger_clock),
        )),
    ];
    if let Some(gated) = &gate {
        jobs.push(Arc::new(ReconcileGate::new(
            Arc::clone(&gated.gate),
            Arc::clone(&catalogue),
            Arc::clone(&ledger),
        )));
    }
    let render = measured.clone();
    let api = Api {
        tokens,
        clock,
        create_event: CreateEvent::new(
            Arc::clone(&catalogue),
            Arc::clone(&keyed),
            Arc::clone(&ids),
            Arc::clone(&ledger_clock),
        ),
        create_discount_policy: CreateDiscountPolicy::new(
            Arc::clone(&catalogue),
            Arc::clone(&keyed),
            Arc::clone(&ids),
        ),
        create_coupon: CreateCoupon::new(
            Arc::clone(&catalogue),
            Arc::clone(&keyed),
            Arc::clone(&ids),
            Arc::clone(&ledger_clock),
        ),
        change_coupon: ChangeCoupon::new(Arc::clone(&catalogue), Arc::clone(&answers)),
        issue_coupon: IssueCoupon::new(
            Arc::clone(&answers),
            Arc::clone(&lanes),
            Arc::clone(&catalogue),
            Arc::clone(&ledger_clock),
            Arc::clone(&ids),
            Arc::clone(&in_flight),
        ),
        place_order: PlaceOrder::new(
            Arc::clone(&purchases),
            Arc::clone(&ledger),
            (Arc::clone(&worker), Arc::clone(&queue)),
            in_flight,
            Arc::clone(&ids),
            paid_by,
        ),
        refund_order: RefundOrder::new(
            Arc::clone(&purchases),
            Arc::clone(&keyed),
            Arc::clone(&worker),
            Arc::clone(&ids),
        ),
        confirm_order: ConfirmOrder::new(Arc::clone(&purchases), Arc::clone(&keyed)),
        deliver_order: DeliverOrder::new(Arc::clone(&purchases), Arc::clone(&keyed)),
        settle_saga: SettleSaga::new(
            Arc::clone(&purchases),
            Arc::clone(&keyed),
            Arc::clone(&worker),
        ),
        open_hold: OpenHold::new(
            Arc::clone(&holds),
            Arc::clone(&ledger),
            Arc::clone(&queue),
            Arc::clone(&keyed),
            Arc::clone(&ids),
        ),
        settle_hold: SettleHold::new(Arc::clone(&holds), Arc::clone(&keyed), queue),
        charge_wallet: ChargeWallet::new(
            Arc::clone(&wallets),
            Arc::clone(&keyed),
            Arc::clone(&ids),
        ),
        create_product: CreateProduct::new(
            Arc::clone(&products),
            keyed,
            Arc::clone(&ids),
            Arc::clone(&ledger_clock),
        ),
        change_product: ChangeProduct::new(Arc::clone(&products), Arc::clone(&ids)),
        ledger_clock,
        ids,
        catalogue,
        ledger,
        gate: gate.as_ref().map(|gated| Arc::clone(&gated.gate)),
        purchases,
        holds,
        wallets,
        products,
        metrics: Box::new(move || render.render()),
    };
    Ok(Wired {
        api,
        answers,
        refresh,
        gate,
        lanes,
        worker,
        jobs,
    })
}
