//! A purchase and a hold that are refused for chosen reasons, several at once: which of them is told
//! is the order of precedence.

use domain::ports::CouponChanged;
use domain::{
    Coupon, HoldRequest, HoldSeconds, IssuedCoupon, IssuedCouponId, MinimumOrderNotMet, Money,
    ProductId, PurchaseRefusal, PurchaseRequest, UseRefusal,
};

use super::changing::pause;
use crate::Fixture;
use crate::given::{END, START, amount, created, use_kind, with_copy, with_points};

/// Why something is refused, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    NoProduct,
    NoCopy,
    AnothersCopy,
    Used,
    Expired,
    Paused,
    AllUsed,
    TooSmall,
    TooManyPoints,
    CopyHeld,
    CouponHeld,
    Yields,
    NoStock,
    NoPoints,
    NoBalance,
}

use Reason::{
    AllUsed, AnothersCopy, CopyHeld, CouponHeld, Expired, NoBalance, NoCopy, NoPoints, NoProduct,
    NoStock, Paused, TooManyPoints, TooSmall, Used, Yields,
};

impl Reason {
    pub(super) const ALL: [Self; 15] = [
        NoProduct,
        NoCopy,
        AnothersCopy,
        Used,
        Expired,
        Paused,
        AllUsed,
        TooSmall,
        TooManyPoints,
        CopyHeld,
        CouponHeld,
        Yields,
        NoStock,
        NoPoints,
        NoBalance,
    ];

    /// It is about a copy that is the consumer's.
    const fn is_of_copy(self) -> bool {
        matches!(
            self,
            Used | Expired | Paused | AllUsed | TooSmall | CopyHeld | CouponHeld | Yields
        )
    }

    /// It is one of those that a hold knows too.
    pub(super) const fn is_of_hold(self) -> bool {
        self.is_of_copy() || matches!(self, NoCopy)
    }

    /// Both may hold at once.
    pub(super) fn goes_with(self, later: Self) -> bool {
        match (self, later) {
            // Whoever has no copy has nothing that could be wrong with it.
            (NoCopy, AnothersCopy) => false,
            (NoCopy, later) => !later.is_of_copy(),
            // A single-use copy is used or held; a cap is reached by uses or with holds.
            (Used, CopyHeld) | (AllUsed, CopyHeld | CouponHeld) => false,
            // Told apart by nothing.
            (CouponHeld, Yields) => false,
            _ => true,
        }
    }
}

/// A purchase and a hold for which all these reasons hold. It is made on the fixture's store beside
/// what is there; its clock may stand elsewhere then.
pub(super) struct Scene {
    pub(super) coupon: Coupon,
    pub(super) purchase: PurchaseRequest,
    pub(super) hold: HoldRequest,
}

const CAP: i64 = 3;

impl Scene {
    pub(super) async fn of(fixture: &Fixture, reasons: &[Reason]) -> Self {
        let has = |reason: Reason| reasons.contains(&reason);
        fixture.clock.set(START);
        let coupon = coupon(fixture).await;
        let number = fixture.number();
        let name = format!("consumer-{number}");
        let owner = match has(AnothersCopy) {
            true => format!("another-{number}"),
            false => name.clone(),
        };
        let copy = fixture.copy(&coupon, &owner).await;
        let mut taken = 0;
        if has(Used) {
            use_up(fixture, &copy).await;
            taken += 1;
        }
        if has(CopyHeld) {
            hold(fixture, &copy).await;
            taken += 1;
        }
        if has(AllUsed) || has(CouponHeld) {
            for other in taken..CAP {
                let other = format!("other-{number}-{other}");
                let copy = fixture.copy(&coupon, &other).await;
                match has(AllUsed) {
                    true => use_up(fixture, &copy).await,
                    false => hold(fixture, &copy).await,
                }
            }
        }
        if !has(NoBalance) {
            fixture.charge(&name, 1_000_000).await;
        }
        let product = fixture.product(1_000, i64::from(!has(NoStock))).await;
        let mut purchase = with_copy(fixture.purchase(&name, &[(&product, 1)]), &copy);
        let mut hold = fixture.hold_request(&copy);
        if has(NoProduct) {
            let unknown = ProductId::from_uuid(fixture.id());
            purchase.items.push((unknown, purchase.items[0].1));
        }
        if has(NoCopy) {
            let unknown = IssuedCouponId::from_uuid(fixture.id());
            purchase.issued_coupon_id = Some(unknown);
            hold.issued_coupon_id = unknown;
        }
        if has(TooSmall) {
            // The policy asks for 500 at least.
            hold.order_amount = amount(499);
            let cheap = fixture.product(499, i64::from(!has(NoStock))).await;
            purchase.items[0].0 = cheap.id;
        }
        if has(TooManyPoints) {
            purchase = with_points(purchase, 1_000);
        } else if has(NoPoints) {
            purchase = with_points(purchase, 1);
        }
        purchase.yields = has(Yields);
        hold.yields = has(Yields);
        if has(Paused) {
            let paused = fixture.store.change_coupon(coupon.id, pause(true)).await;
            assert!(matches!(paused.unwrap(), CouponChanged::Changed(..)));
        }
        if has(Expired) {
            fixture.clock.set(END);
        }
        Self {
            coupon,
            purchase,
            hold,
        }
    }

    /// What a purchase is told for this reason.
    pub(super) fn told(&self, reason: Reason) -> PurchaseRefusal {
        let product = |at: usize| self.purchase.items[at].0;
        match reason {
            NoProduct => PurchaseRefusal::ProductNotFound(product(1)),
            NoCopy | AnothersCopy => PurchaseRefusal::IssuedCouponNotFound,
            TooManyPoints => PurchaseRefusal::ExcessivePointUse,
            NoStock => PurchaseRefusal::NotEnoughProductStock(product(0)),
            NoPoints => PurchaseRefusal::NotEnoughPoint,
            NoBalance => PurchaseRefusal::NotEnoughBalance,
            of_copy => use_refusal(of_copy).into(),
        }
    }
}

/// What is told for a reason that is about a copy.
pub(super) fn use_refusal(reason: Reason) -> UseRefusal {
    match reason {
        Used => UseRefusal::AlreadyUsedCoupon,
        Expired => UseRefusal::ResourceExpired,
        Paused => UseRefusal::CouponPaused,
        AllUsed => UseRefusal::CouponNotUsable,
        TooSmall => {
            let minimum = Money::new(500).unwrap();
            UseRefusal::MinimumOrderNotMet(MinimumOrderNotMet { minimum })
        }
        CopyHeld => UseRefusal::CopyHeld,
        CouponHeld | Yields => UseRefusal::CouponHeld,
        other => panic!("{other:?} is not about a copy"),
    }
}

/// A USE_COUPON that takes 500 off orders of 500 at least.
async fn coupon(fixture: &Fixture) -> Coupon {
    let policy = domain::DiscountPolicy {
        minimum_order_amount: Some(Money::new(500).unwrap()),
        ..fixture.new_policy()
    };
    let policy = fixture.store.create_discount_policy(policy, None).await;
    let event = fixture.event().await;
    let coupon = fixture.new_coupon(&event, &created(policy.unwrap()), use_kind(CAP, 1));
    fixture.store_coupon(coupon).await
}

async fn use_up(fixture: &Fixture, copy: &IssuedCoupon) {
    fixture.use_up(copy).await;
}

/// For longer than any scene goes on.
async fn hold(fixture: &Fixture, copy: &IssuedCoupon) {
    let request = HoldRequest {
        seconds: HoldSeconds::new(86_400).unwrap(),
        ..fixture.hold_request(copy)
    };
    fixture.open(&request).await.unwrap();
}
