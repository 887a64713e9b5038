//! The texts that stand for the domain's values in a row, the same in both directions.

use domain::{
    DeliveryStatus, HoldState, IssuedCouponState, MoneyKind, OrderFailure, OrderStatus,
    SagaDirection, SagaKind, SagaOutcome, SagaPhase, SagaStep, StockKind, TraceEvent,
};
use sqlx::Error;

use crate::unknown;

/// The kind of a discount of an amount.
pub const FIXED_DISCOUNT: &str = "FIXED_DISCOUNT";
/// The kind of a discount of so many per cent.
pub const RATE_DISCOUNT: &str = "RATE_DISCOUNT";
/// The kind of a coupon that the first ones get.
pub const ISSUE_COUPON: &str = "ISSUE_COUPON";
/// The kind of a coupon that the first ones use.
pub const USE_COUPON: &str = "USE_COUPON";
/// An order is paid from the wallet.
pub const WALLET: &str = "WALLET";
/// An order is paid by the payment provider.
pub const PROVIDER: &str = "PROVIDER";

/// A value that a row says as a text.
pub trait Text: Sized {
    /// The text that stands for it.
    fn text(self) -> &'static str;

    /// The value that the text stands for.
    ///
    /// # Errors
    /// [`Error::Decode`] of any other text.
    fn of(text: &str) -> Result<Self, Error>;
}

macro_rules! texts {
    ($($what:literal $type:ident { $($value:ident = $text:literal),* $(,)? })*) => {
        $(impl Text for $type {
            fn text(self) -> &'static str {
                match self {
                    $(Self::$value => $text),*
                }
            }

            fn of(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Self::$value),)*
                    other => Err(unknown($what, other)),
                }
            }
        })*

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn every_text_reads_back_as_the_value_that_it_stands_for() {
                $($(assert_eq!($type::of($text).unwrap().text(), $text);)*)*
                $(assert!($type::of("").is_err());)*
            }
        }
    };
}

texts! {
    "issued coupon" IssuedCouponState {
        Active = "ACTIVE",
        Withdrawn = "WITHDRAWN",
    }
    "order status" OrderStatus {
        Pending = "PENDING",
        Paid = "PAID",
        Failed = "FAILED",
        Refunding = "REFUNDING",
        Refunded = "REFUNDED",
        Confirmed = "CONFIRMED",
    }
    "order failure" OrderFailure {
        PaymentDeclined = "PAYMENT_DECLINED",
        PaymentUnavailable = "PAYMENT_UNAVAILABLE",
    }
    "delivery status" DeliveryStatus {
        BeforeDelivery = "BEFORE_DELIVERY",
        InDelivery = "IN_DELIVERY",
        CompleteDelivery = "COMPLETE_DELIVERY",
    }
    "hold state" HoldState {
        Open = "OPEN",
        Confirmed = "CONFIRMED",
        Cancelled = "CANCELLED",
        Expired = "EXPIRED",
        Returned = "RETURNED",
    }
    "saga kind" SagaKind {
        Purchase = "PURCHASE",
        Refund = "REFUND",
    }
    "saga direction" SagaDirection {
        Forward = "FORWARD",
        Undo = "UNDO",
    }
    "saga phase" SagaPhase {
        Running = "RUNNING",
        Parked = "PARKED",
        Stuck = "STUCK",
        Done = "DONE",
    }
    "saga outcome" SagaOutcome {
        Completed = "COMPLETED",
        Undone = "UNDONE",
    }
    "saga step" SagaStep {
        Authorise = "AUTHORISE",
        Complete = "COMPLETE",
        Capture = "CAPTURE",
        Refund = "REFUND",
    }
    "saga event" TraceEvent {
        Began = "BEGAN",
        Succeeded = "SUCCEEDED",
        Declined = "DECLINED",
        Unanswered = "UNANSWERED",
        TakenOver = "TAKEN_OVER",
        Retried = "RETRIED",
        Abandoned = "ABANDONED",
    }
    "kind of stock entry" StockKind {
        Initial = "INITIAL",
        Adjusted = "ADJUSTED",
        Reserved = "RESERVED",
        Released = "RELEASED",
        Returned = "RETURNED",
    }
    "kind of money entry" MoneyKind {
        Charge = "CHARGE",
        Payment = "PAYMENT",
        PointsUsed = "POINTS_USED",
        Discount = "DISCOUNT",
        PointsReleased = "POINTS_RELEASED",
        PaymentReturned = "PAYMENT_RETURNED",
        PointsReturned = "POINTS_RETURNED",
        DiscountReturned = "DISCOUNT_RETURNED",
        Sale = "SALE",
        Fee = "FEE",
        PointsEarned = "POINTS_EARNED",
        StrayPayment = "STRAY_PAYMENT",
        WrittenOff = "WRITTEN_OFF",
    }
}
