//! The use cases, one file each, and the funnel.
//!
//! First stage: [`FinalAnswers`], what this node knows for certain. Last stage: [`Lanes`], in which
//! requests that arrive while a commit is in flight become the next batch; between a batch and the
//! ledger may stand a gate ([`NodeGate`]). Nothing here knows HTTP
//! or a store; nothing here may say yes before the ledger has.

mod change_coupon;
mod change_product;
mod charge_wallet;
mod confirm_order;
mod coupon_reader;
mod create_coupon;
mod create_discount_policy;
mod create_event;
mod create_product;
mod deliver_order;
mod expire_holds;
mod fill_gate;
mod final_answers;
mod fold_seller_credits;
mod forget_answered_requests;
mod gates_to_fill;
mod in_turn;
mod issue_coupon;
mod keyed_requests;
mod lane_queue;
mod lanes;
mod ledger_clock;
mod node_gate;
mod open_hold;
mod order_changes;
mod order_end;
mod place_order;
mod reconcile_gate;
mod refresh_final_answers;
mod refund_order;
mod resume_sagas;
mod saga_worker;
mod settle_hold;
mod settle_saga;
mod sync;
#[cfg(test)]
mod testing;
mod wait_queue;
mod withdraw_coupons;

pub use change_coupon::{ChangeCoupon, ChangeCouponError};
pub use change_product::{ChangeProduct, ChangeProductError};
pub use charge_wallet::{ChargeWallet, ChargeWalletError};
pub use confirm_order::ConfirmOrder;
pub use create_coupon::{CreateCoupon, CreateCouponError, NewCoupon};
pub use create_discount_policy::{
    CreateDiscountPolicy, CreateDiscountPolicyError, NewDiscountPolicy,
};
pub use create_event::{CreateEvent, CreateEventError, NewEvent};
pub use create_product::{CreateProduct, CreateProductError, NewProduct};
pub use deliver_order::DeliverOrder;
pub use expire_holds::ExpireHolds;
pub use fill_gate::FillGate;
pub use final_answers::{Closed, FinalAnswers, HolderSet, KnownCoupon};
pub use fold_seller_credits::FoldSellerCredits;
pub use forget_answered_requests::ForgetAnsweredRequests;
pub use issue_coupon::{IssueCoupon, IssueCouponError, IssueCouponRequest};
pub use keyed_requests::{KeyError, KeyedRequests, KeysInFlight, Written};
pub use lanes::{LaneLimits, Lanes, LanesError};
pub use ledger_clock::{LedgerClock, LedgerTime};
pub use node_gate::NodeGate;
pub use open_hold::{NewHold, OpenHold, OpenHoldError};
pub use order_changes::ChangeOrderError;
pub use place_order::{NewOrder, PaidBy, PlaceOrder, PlaceOrderError};
pub use reconcile_gate::ReconcileGate;
pub use refresh_final_answers::RefreshFinalAnswers;
pub use refund_order::RefundOrder;
pub use resume_sagas::ResumeSagas;
pub use saga_worker::SagaWorker;
pub use settle_hold::{SettleHold, SettleHoldError};
pub use settle_saga::{SettleSaga, SettleSagaError};
pub use wait_queue::{WaitLimits, WaitQueue};
pub use withdraw_coupons::WithdrawCoupons;
