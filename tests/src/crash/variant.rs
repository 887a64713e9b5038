//! What is acted out: who pays, with which coupon, and what goes wrong at the provider; and the one
//! end that it must come to, wherever the process dies.

use std::fmt;

use application::PaidBy;
use domain::ports::PaymentAction::{Authorise, Capture, Refund};
use domain::{OrderFailure, OrderStatus};

use super::points::{Death, Moment};
use crate::provider::{Asked, Misbehaviour, Provider};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An order is placed.
    Purchase,
    /// An order that was placed before is refunded.
    Refund,
}

/// The copy that the order uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// None.
    NoCoupon,
    /// One of an ISSUE_COUPON.
    IssueCoupon,
    /// One of a USE_COUPON.
    UseCoupon,
}

impl With {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NoCoupon, Self::IssueCoupon, Self::UseCoupon];
}

/// What goes wrong at the provider, whoever asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// The authorisation is declined.
    AuthoriseDeclined,
    /// The authorisation never reaches anybody, until it is given up.
    AuthoriseRefused,
    /// The authorisation is done, and nobody is told so, until it is given up.
    AuthoriseUnheard,
    /// The authorisation is done, and the first answer is lost.
    AuthoriseLostOnce,
    /// The capture is done, and nobody is told so at first: three tries, then it is parked.
    CaptureUnheard,
    /// The refund is declined.
    RefundDeclined,
    /// The refund is done, and nobody is told so at first: three tries, then it is parked.
    RefundUnheard,
}

/// See the module's header.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What is done.
    pub deed: Deed,
    /// Who pays.
    pub paid_by: PaidBy,
    /// The copy that the order uses.
    pub with: With,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Where the first process died already: the points are then those of the recovery.
    pub died: Option<Death>,
}

/// What must have become of the order in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its status.
    pub status: OrderStatus,
    /// Why it failed.
    pub failure: Option<OrderFailure>,
}

impl Variant {
    /// All that are acted out.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |deed, paid_by, trouble, with: &[With], died| {
            all.extend(with.iter().map(|with| Self {
                deed,
                paid_by,
                with: *with,
                trouble,
                died,
            }));
        };
        for deed in [Deed::Purchase, Deed::Refund] {
            add(deed, PaidBy::Wallet, Trouble::Nothing, &With::ALL, None);
        }
        for (deed, trouble) in [
            (Deed::Purchase, Trouble::Nothing),
            (Deed::Purchase, Trouble::AuthoriseDeclined),
            (Deed::Purchase, Trouble::AuthoriseRefused),
            (Deed::Purchase, Trouble::AuthoriseUnheard),
            (Deed::Purchase, Trouble::AuthoriseLostOnce),
            (Deed::Purchase, Trouble::CaptureUnheard),
            (Deed::Refund, Trouble::Nothing),
            (Deed::Refund, Trouble::RefundDeclined),
            (Deed::Refund, Trouble::RefundUnheard),
        ] {
            add(deed, PaidBy::Provider, trouble, &With::ALL, None);
        }
        // The recovery itself dies: on the way forward, on the way back, in a refund.
        let after = |point| {
            Some(Death {
                point,
                moment: Moment::After,
            })
        };
        for (deed, trouble, died) in [
            (Deed::Purchase, Trouble::Nothing, after(1)),
            (Deed::Purchase, Trouble::AuthoriseUnheard, after(7)),
            (Deed::Refund, Trouble::Nothing, after(2)),
        ] {
            add(deed, PaidBy::Provider, trouble, &[With::UseCoupon], died);
        }
        all
    }

    /// Upsets the provider.
    pub fn upset(&self, provider: &Provider) {
        let refuse_questions = |times| {
            for nth in 1..=times {
                provider.misbehave(Asked::Query, nth, Misbehaviour::Refuse);
            }
        };
        match self.trouble {
            Trouble::Nothing => {}
            Trouble::AuthoriseDeclined => provider.always(Authorise, Misbehaviour::Decline),
            Trouble::AuthoriseRefused => {
                provider.always(Authorise, Misbehaviour::Refuse);
                refuse_questions(3);
            }
            Trouble::AuthoriseUnheard => {
                provider.always(Authorise, Misbehaviour::LoseAnswer);
                // One more than the tries: a death loses what one of them was answered.
                refuse_questions(3);
            }
            Trouble::AuthoriseLostOnce => {
                provider.misbehave(Authorise, 1, Misbehaviour::LoseAnswer);
            }
            Trouble::CaptureUnheard => {
                provider.misbehave(Capture, 1, Misbehaviour::LoseAnswer);
                refuse_questions(2);
            }
            Trouble::RefundDeclined => provider.always(Refund, Misbehaviour::Decline),
            Trouble::RefundUnheard => {
                provider.misbehave(Refund, 1, Misbehaviour::LoseAnswer);
                refuse_questions(2);
            }
        }
    }

    /// The one end that it may come to.
    pub fn end(&self) -> End {
        let failed = |why| End {
            status: OrderStatus::Failed,
            failure: Some(why),
        };
        let is = |status| End {
            status,
            failure: None,
        };
        match (self.trouble, self.deed) {
            (Trouble::AuthoriseDeclined, _) => failed(OrderFailure::PaymentDeclined),
            (Trouble::AuthoriseRefused | Trouble::AuthoriseUnheard, _) => {
                failed(OrderFailure::PaymentUnavailable)
            }
            (Trouble::RefundDeclined, _) | (_, Deed::Purchase) => is(OrderStatus::Paid),
            (_, Deed::Refund) => is(OrderStatus::Refunded),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            deed,
            paid_by,
            with,
            trouble,
            died,
        } = self;
        write!(f, "{deed:?}, {paid_by:?}, {with:?}, {trouble:?}")?;
        match died {
            Some(died) => write!(f, ", recovery after a death at {}", died.point),
            None => Ok(()),
        }
    }
}
