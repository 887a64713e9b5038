//! What the routes work with: the use cases, the ports they read from, and how a caller is known.

use std::sync::Arc;

use application::{
    ChangeCoupon, ChangeProduct, ChargeWallet, ConfirmOrder, CreateCoupon, CreateDiscountPolicy,
    CreateEvent, CreateProduct, DeliverOrder, IssueCoupon, LedgerClock, NodeGate, OpenHold,
    PlaceOrder, RefundOrder, SettleHold, SettleSaga,
};
use domain::ports::{
    Catalogue, Clock, CouponLedger, HoldLedger, IdGenerator, Products, PurchaseLedger, Wallets,
};

use crate::TokenVerifier;

/// Everything that a request may need. Writes go through use cases; reads, which have no rules of
/// their own, go straight to the ports.
pub struct Api {
    /// Knows a caller by its token.
    pub tokens: TokenVerifier,
    /// The machine's own time: what tokens expire by.
    pub clock: Arc<dyn Clock>,
    /// The ledger's time: what everything else goes by.
    pub ledger_clock: Arc<LedgerClock>,
    /// Makes request ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Events, discount policies, coupons.
    pub catalogue: Arc<dyn Catalogue>,
    /// Issued coupons.
    pub ledger: Arc<dyn CouponLedger>,
    /// The gate in front of the ledger, if there is one.
    pub gate: Option<Arc<NodeGate>>,
    /// Orders and their sagas.
    pub purchases: Arc<dyn PurchaseLedger>,
    /// Holds of shops with a checkout of their own.
    pub holds: Arc<dyn HoldLedger>,
    /// Wallets of consumers, balances of sellers.
    pub wallets: Arc<dyn Wallets>,
    /// Products on sale.
    pub products: Arc<dyn Products>,
    /// The use case.
    pub create_event: CreateEvent,
    /// The use case.
    pub create_discount_policy: CreateDiscountPolicy,
    /// The use case.
    pub create_coupon: CreateCoupon,
    /// The use case.
    pub change_coupon: ChangeCoupon,
    /// The use case.
    pub issue_coupon: IssueCoupon,
    /// The use case.
    pub place_order: PlaceOrder,
    /// The use case.
    pub refund_order: RefundOrder,
    /// The use case.
    pub confirm_order: ConfirmOrder,
    /// The use case.
    pub deliver_order: DeliverOrder,
    /// The use case.
    pub settle_saga: SettleSaga,
    /// The use case.
    pub open_hold: OpenHold,
    /// The use case.
    pub settle_hold: SettleHold,
    /// The use case.
    pub charge_wallet: ChargeWallet,
    /// The use case.
    pub create_product: CreateProduct,
    /// The use case.
    pub change_product: ChangeProduct,
    /// Renders the metrics as Prometheus text.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
}
