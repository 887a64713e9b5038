//! Why a copy can't be used: said alike to those who order and to shops that open a hold.

use domain::UseRefusal;

use super::sentence;
use crate::{Code, Failure, Problem};

impl From<UseRefusal> for Failure {
    fn from(refusal: UseRefusal) -> Self {
        match refusal {
            UseRefusal::AlreadyUsedCoupon => Code::AlreadyUsedCoupon.into(),
            UseRefusal::ResourceExpired => Code::ResourceExpired.into(),
            UseRefusal::CouponPaused => Code::CouponPaused.into(),
            UseRefusal::CouponNotUsable => Code::CouponNotUsable.into(),
            UseRefusal::MinimumOrderNotMet(refusal) => Problem::new(Code::MinimumOrderNotMet)
                .detail(sentence(&refusal))
                .into(),
            UseRefusal::CopyHeld => Problem::new(Code::CouponHeld)
                .detail("This issued coupon is held by a purchase that is not final. Try again after Retry-After seconds.")
                .into(),
            UseRefusal::CouponHeld => Code::CouponHeld.into(),
        }
    }
}
