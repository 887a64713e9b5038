//! The rules of first-come coupons, synchronous and pure, and the ports at their edge.
//!
//! Nothing here knows a database, a network, a clock or a random number: time, ids and stored rows
//! come in as arguments, decisions and effects go out as data. That is what lets every store share
//! one set of rules, and lets a test ask about any instant.

mod audit;
mod books;
mod books_audit;
#[cfg(test)]
mod conservation;
mod count;
mod coupon;
mod discount_policy;
mod event;
mod hold;
mod holding;
mod id;
mod issued_coupon;
mod issuing;
mod money;
mod order;
mod order_change;
mod page;
mod placing;
pub mod ports;
mod product;
mod report;
mod saga;
mod settled;
#[cfg(test)]
mod testing;
mod text;
mod time;
mod using;
mod writes;

pub use audit::{Audit, AuditReading, RowCounts, Violation};
pub use books::{
    Account, Charge, MoneyEntry, MoneyKind, StockEntry, StockKind, UnknownAccount, Wallet,
};
pub use books_audit::{BookSubject, BookViolation, BooksAudit};
pub use count::{Cap, HoldSeconds, OutOfRange, PerConsumerLimit, Quantity};
pub use coupon::{
    ChangeRefusal, Counters, Coupon, CouponChange, CouponKind, CouponStatus, Epoch, InvalidExpiry,
};
pub use discount_policy::{Discount, DiscountPolicy, DiscountRate, MinimumOrderNotMet};
pub use event::Event;
pub use hold::{Hold, HoldOwner, HoldState};
pub use holding::{HoldRefusal, HoldRequest, SettleRefusal, Settlement, expire};
pub use id::{
    CouponId, DiscountPolicyId, EntryId, EventId, HoldId, InvalidId, IssuedCouponId, OrderId,
    ProductId, SagaId,
};
pub use issued_coupon::{IssuedCoupon, IssuedCouponState, RequestKey};
pub use issuing::{IssueOutcome, IssueRefusal, IssueRequest, IssueScope, Issuing};
pub use money::{Amount, AmountOverflow, InvalidMoney, Money};
pub use order::{DeliveryStatus, Order, OrderFailure, OrderItem, OrderStatus, Payment};
pub use order_change::{OrderCommand, OrderReading, OrderRefusal};
pub use page::Page;
pub use placing::{Placement, PurchaseReading, PurchaseRefusal, PurchaseRequest};
pub use product::{Product, ProductChange, Stock};
pub use report::CouponReport;
pub use saga::{
    Jitter, Saga, SagaDirection, SagaEffect, SagaEvent, SagaKind, SagaOutcome, SagaPatience,
    SagaPhase, SagaRefusal, SagaStep, SagaTrace, TraceEvent,
};
pub use settled::Settled;
pub use text::{
    CallerId, ConsumerId, CouponName, DiscountPolicyName, EventName, HoldName, InvalidText,
    PaymentMethod, ProductDescription, ProductName, Reason, SellerId,
};
pub use time::{InvalidWindow, Timestamp, Window};
pub use using::{UseReading, UseRefusal};
pub use writes::Writes;
