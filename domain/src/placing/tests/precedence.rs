//! Which refusal comes first: every row of the table, and every pair of rows that both hold.

use rstest::rstest;

use crate::testing::{
    NOW, amount, ann, hold, issue_kind, line, product, provider, reading, request_with_all,
    use_kind, using,
};
use crate::{
    ConsumerId, IssuedCouponState, MinimumOrderNotMet, Money, Payment, ProductId, PurchaseReading,
    PurchaseRefusal, PurchaseRequest, UseReading, UseRefusal,
};

/// The rows of the table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    UnknownProduct,
    TooLarge,
    AnothersCopy,
    UsedCopy,
    Expired,
    Paused,
    Withdrawn,
    TooSmall,
    ExcessivePoints,
    HeldCopy,
    HeldCoupon,
    NoStock,
    NoPoints,
    NoBalance,
}

const ROWS: [Row; 14] = [
    Row::UnknownProduct,
    Row::TooLarge,
    Row::AnothersCopy,
    Row::UsedCopy,
    Row::Expired,
    Row::Paused,
    Row::Withdrawn,
    Row::TooSmall,
    Row::ExcessivePoints,
    Row::HeldCopy,
    Row::HeldCoupon,
    Row::NoStock,
    Row::NoPoints,
    Row::NoBalance,
];

/// A purchase that would be placed: a copy with 1 use left, 1,600 with 100 off and 50 points.
struct Given {
    request: PurchaseRequest,
    reading: PurchaseReading,
}

impl Given {
    fn new(payment: Payment) -> Self {
        Self {
            request: request_with_all(payment),
            reading: reading(Some(using(use_kind(1, 1)))),
        }
    }

    fn coupon(&mut self) -> &mut UseReading {
        self.reading.coupon.as_mut().unwrap()
    }

    /// Makes the row hold, whatever else holds already.
    fn with(&mut self, row: Row) -> &mut Self {
        match row {
            Row::UnknownProduct => self.request.items.push(line(9, 1)),
            Row::TooLarge => {
                // More lines than an order may have: what fits into 100 always fits.
                let most = product(8, 1_000_000_000_000, 1_000_000_000);
                self.reading.products.push(most);
                let many = std::iter::repeat_n(line(8, 10_000), 1_000);
                self.request.items.splice(0..0, many);
            }
            Row::AnothersCopy => self.coupon().copy.consumer_id = ConsumerId::new("eve").unwrap(),
            Row::UsedCopy => self.coupon().copy.used = 1,
            Row::Expired => self.coupon().coupon.expires_at = NOW,
            Row::Paused => self.coupon().coupon.paused = true,
            Row::Withdrawn => self.coupon().copy.state = IssuedCouponState::Withdrawn,
            Row::TooSmall => {
                self.coupon().policy.minimum_order_amount = Some(Money::new(1_601).unwrap());
            }
            Row::ExcessivePoints => self.request.points = amount(1_501),
            Row::HeldCopy => {
                let using = self.coupon();
                using.holds.push(hold(1, using));
                using.coupon.counters.held = 1;
            }
            Row::HeldCoupon => self.coupon().coupon.counters.held = 1,
            Row::NoStock => {
                self.reading
                    .products
                    .retain(|other| other.price.amount() != 1_000);
                self.reading.products.push(product(2, 1_000, 0));
            }
            Row::NoPoints => self.reading.wallet.points = amount(49),
            Row::NoBalance => self.reading.wallet.balance = amount(0),
        }
        self
    }

    fn refusal(&self) -> PurchaseRefusal {
        let placement = self.request.place(self.reading.clone(), NOW);
        placement.unwrap_err()
    }
}

fn answer(row: Row) -> PurchaseRefusal {
    let product = |n| ProductId::from_uuid(crate::testing::uuid(n));
    match row {
        Row::UnknownProduct => PurchaseRefusal::ProductNotFound(product(9)),
        Row::TooLarge => PurchaseRefusal::TooLarge(crate::AmountOverflow),
        Row::AnothersCopy => PurchaseRefusal::IssuedCouponNotFound,
        Row::UsedCopy => UseRefusal::AlreadyUsedCoupon.into(),
        Row::Expired => UseRefusal::ResourceExpired.into(),
        Row::Paused => UseRefusal::CouponPaused.into(),
        Row::Withdrawn => UseRefusal::CouponNotUsable.into(),
        Row::TooSmall => UseRefusal::from(MinimumOrderNotMet {
            minimum: Money::new(1_601).unwrap(),
        })
        .into(),
        Row::ExcessivePoints => PurchaseRefusal::ExcessivePointUse,
        Row::HeldCopy => UseRefusal::CopyHeld.into(),
        Row::HeldCoupon => UseRefusal::CouponHeld.into(),
        Row::NoStock => PurchaseRefusal::NotEnoughProductStock(product(2)),
        Row::NoPoints => PurchaseRefusal::NotEnoughPoint,
        Row::NoBalance => PurchaseRefusal::NotEnoughBalance,
    }
}

#[rstest]
fn every_row_alone_is_its_own_answer(#[values(Payment::Wallet, provider())] payment: Payment) {
    for row in ROWS {
        let mut given = Given::new(payment.clone());
        given.with(row);
        if row == Row::NoBalance && payment != Payment::Wallet {
            let placement = given.request.place(given.reading, NOW);
            assert!(placement.is_ok(), "a provider looks at no balance");
        } else {
            assert_eq!(given.refusal(), answer(row), "{row:?}");
        }
    }
}

#[test]
fn of_two_rows_that_hold_the_upper_one_is_the_answer() {
    for (upper, first) in ROWS.into_iter().enumerate() {
        for second in ROWS.into_iter().skip(upper + 1) {
            let mut given = Given::new(Payment::Wallet);
            given.with(first).with(second);
            assert_eq!(given.refusal(), answer(first), "{first:?}, {second:?}");
        }
    }
}

#[test]
fn all_uses_final_is_final_also_for_a_copy_that_is_there() {
    let mut given = Given::new(Payment::Wallet);
    given.coupon().coupon.counters.used = 1;
    assert_eq!(given.refusal(), UseRefusal::CouponNotUsable.into());
}

#[test]
fn a_copy_that_is_not_there_is_not_found() {
    let mut given = Given::new(Payment::Wallet);
    given.reading.coupon = None;
    assert_eq!(given.refusal(), PurchaseRefusal::IssuedCouponNotFound);
}

#[test]
fn a_buyer_yields_a_capped_use_to_those_who_wait_and_only_that() {
    let mut given = Given::new(Payment::Wallet);
    given.request.yields = true;
    assert_eq!(given.refusal(), UseRefusal::CouponHeld.into());
    given.reading.coupon = Some(using(issue_kind(1)));
    assert!(given.request.place(given.reading, NOW).is_ok());
}

#[rstest]
#[case::exactly_enough(2, 1, None)]
#[case::one_short_of_the_first(1, 1, Some(1))]
#[case::one_short_of_the_second(2, 0, Some(2))]
#[case::the_first_that_is_short(1, 0, Some(1))]
fn stock_is_enough_to_the_last_piece(
    #[case] first: i64,
    #[case] second: i64,
    #[case] missing: Option<u128>,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let mut given = Given::new(payment);
    given.reading.products = vec![product(1, 300, first), product(2, 1_000, second)];
    let placed = given.request.place(given.reading, NOW);
    let missing = missing.map(|n| {
        let id = ProductId::from_uuid(crate::testing::uuid(n));
        PurchaseRefusal::NotEnoughProductStock(id)
    });
    assert_eq!(placed.err(), missing);
}

#[rstest]
#[case::exactly(50, None)]
#[case::one_short(49, Some(PurchaseRefusal::NotEnoughPoint))]
fn points_are_enough_to_the_last_one(
    #[case] points: i64,
    #[case] refusal: Option<PurchaseRefusal>,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let mut given = Given::new(payment);
    given.reading.wallet.points = amount(points);
    assert_eq!(given.request.place(given.reading, NOW).err(), refusal);
}

#[rstest]
#[case::all_that_is_left(1_500, None)]
#[case::one_above(1_501, Some(PurchaseRefusal::ExcessivePointUse))]
fn points_pay_for_no_more_than_there_is_to_pay(
    #[case] points: i64,
    #[case] refusal: Option<PurchaseRefusal>,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let mut given = Given::new(payment);
    given.reading.wallet.points = amount(5_000);
    given.request.points = amount(points);
    assert_eq!(given.request.place(given.reading, NOW).err(), refusal);
}

#[rstest]
#[case::exactly(1_450, None)]
#[case::one_short(1_449, Some(PurchaseRefusal::NotEnoughBalance))]
fn a_balance_is_enough_to_the_last_unit(
    #[case] balance: i64,
    #[case] refusal: Option<PurchaseRefusal>,
) {
    let mut given = Given::new(Payment::Wallet);
    given.reading.wallet.balance = amount(balance);
    assert_eq!(given.request.place(given.reading, NOW).err(), refusal);
}

#[test]
fn the_given_purchase_is_placed() {
    let given = Given::new(Payment::Wallet);
    let placed = given.request.place(given.reading, NOW).unwrap();
    assert_eq!(placed.order.consumer_id, ann());
}
