//! What an order comes to, up to the edges of 64 bits.

use proptest::prelude::*;
use rstest::rstest;

use crate::testing::{NOW, amount, ann, line, product, reading, request, request_with_all, using};
use crate::testing::{issue_kind, provider};
use crate::{
    Amount, AmountOverflow, Discount, DiscountRate, Money, Order, Payment, PurchaseReading,
    PurchaseRefusal, PurchaseRequest, Wallet,
};

/// So many lines at the highest price and quantity.
fn of_the_largest(lines: u128) -> (PurchaseRequest, PurchaseReading) {
    let mut request = request(Payment::Wallet);
    let mut reading = reading(None);
    request.items = (1..=lines).map(|n| line(n, 10_000)).collect();
    let largest = |n| product(n, 1_000_000_000_000, 10_000);
    reading.products = (1..=lines).map(largest).collect();
    reading.wallet.balance = Amount::MAXIMUM;
    (request, reading)
}

#[test]
fn a_hundred_lines_of_the_largest_price_and_quantity_fit() {
    let (request, reading) = of_the_largest(100);
    let placement = request.place(reading, NOW).unwrap();
    let all = 1_000_000_000_000 * 10_000 * 100;
    assert_eq!(placement.order.paid_amount, amount(all));
    let left = placement.writes.wallet.unwrap().balance;
    assert_eq!(left, amount(i64::MAX - all));
    assert!(
        placement
            .writes
            .products
            .iter()
            .all(|left| left.stock.get() == 0)
    );
}

#[rstest]
#[case::the_last_that_fits(922, true)]
#[case::one_more(923, false)]
fn a_total_beyond_64_bits_is_refused_never_wrapped(#[case] lines: u128, #[case] fits: bool) {
    let (request, reading) = of_the_largest(lines);
    let placed = request.place(reading, NOW);
    let refusal = PurchaseRefusal::TooLarge(AmountOverflow);
    assert_eq!(placed.err(), (!fits).then_some(refusal));
}

#[rstest]
#[case::nothing_left(Payment::Wallet, 0)]
#[case::a_provider_has_nothing_to_do(provider(), 0)]
fn a_discount_above_the_order_takes_all_of_it_and_no_more(
    #[case] payment: Payment,
    #[case] paid: i64,
) {
    let mut request = request_with_all(payment);
    request.points = Amount::ZERO;
    let mut using = using(issue_kind(1));
    using.policy.discount = Discount::Fixed {
        amount: Money::MAXIMUM,
    };
    let order = request.place(reading(Some(using)), NOW).unwrap().order;
    assert_eq!(
        (order.discount, order.paid_amount),
        (amount(1_600), amount(paid))
    );
    assert!(!order.is_under_way());
}

#[derive(Clone, Debug)]
struct Asked {
    /// Price and quantity of each line.
    lines: Vec<(i64, i64)>,
    discount: Option<Discount>,
    points: i64,
    payment: Payment,
}

fn at_the_edges(most: i64) -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0..=most, 1 => Just(0), 1 => Just(1), 1 => Just(most), 1 => 0..=most.min(5_000)]
}

fn discount() -> impl Strategy<Value = Discount> {
    let money = || at_the_edges(Money::MAXIMUM.amount()).prop_map(|n| Money::new(n).unwrap());
    let rate = (1..=100_i64).prop_map(|n| DiscountRate::new(n).unwrap());
    prop_oneof![
        money().prop_map(|amount| Discount::Fixed { amount }),
        (rate, proptest::option::of(money()))
            .prop_map(|(rate, maximum)| Discount::Rate { rate, maximum }),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let price = at_the_edges(Money::MAXIMUM.amount());
    let line = (price, at_the_edges(9_999).prop_map(|n| n + 1));
    (
        proptest::collection::vec(line, 1..=100),
        proptest::option::of(discount()),
        at_the_edges(i64::MAX),
        prop_oneof![Just(Payment::Wallet), Just(provider())],
    )
        .prop_map(|(lines, discount, points, payment)| Asked {
            lines,
            discount,
            points,
            payment,
        })
}

fn given(asked: &Asked) -> (PurchaseRequest, PurchaseReading) {
    let numbered = || (1..).zip(&asked.lines);
    let mut request = request_with_all(asked.payment.clone());
    request.items = numbered()
        .map(|(n, &(_, number))| line(n, number))
        .collect();
    request.points = amount(asked.points);
    let using = asked.discount.map(|discount| {
        let mut using = using(issue_kind(1));
        using.policy.discount = discount;
        using
    });
    if using.is_none() {
        request.issued_coupon_id = None;
    }
    let reading = PurchaseReading {
        products: numbered()
            .map(|(n, &(price, _))| product(n, price, 10_000))
            .collect(),
        coupon: using,
        wallet: Wallet {
            consumer_id: ann(),
            balance: Amount::MAXIMUM,
            points: Amount::MAXIMUM,
        },
    };
    (request, reading)
}

fn wide(amount: Amount) -> i128 {
    i128::from(amount.get())
}

fn adds_up(order: &Order) -> Result<(), TestCaseError> {
    let rest = wide(order.items_amount) - wide(order.discount) - wide(order.points_used);
    prop_assert_eq!(wide(order.paid_amount), rest);
    prop_assert!(order.discount <= order.items_amount);
    prop_assert!(order.paid_amount <= order.items_amount);
    prop_assert_eq!(
        wide(order.earned_points),
        wide(order.paid_amount) * 25 / 1_000
    );
    for item in &order.items {
        let share = item.sellers_share();
        prop_assert!(share <= item.amount);
        prop_assert_eq!(wide(share), wide(item.amount) * 95 / 100);
    }
    Ok(())
}

/// What the discount takes off, counted without a limit.
fn off(discount: Option<Discount>, items: i128) -> i128 {
    let off = match discount {
        None => 0,
        Some(Discount::Fixed { amount }) => i128::from(amount.amount()),
        Some(Discount::Rate { rate, maximum }) => {
            let share = items * i128::from(rate.percent()) / 100;
            maximum.map_or(share, |most| share.min(i128::from(most.amount())))
        }
    };
    off.min(items)
}

proptest! {
    #[test]
    fn items_less_discount_less_points_are_what_is_paid(asked in asked()) {
        let all = |(price, number): &(i64, i64)| i128::from(*price) * i128::from(*number);
        let items: i128 = asked.lines.iter().map(all).sum();
        let left = items - off(asked.discount, items) - i128::from(asked.points);
        let (request, reading) = given(&asked);
        let placement = match request.place(reading, NOW) {
            Ok(placement) => placement,
            Err(refusal) => {
                prop_assert_eq!(refusal, PurchaseRefusal::ExcessivePointUse);
                prop_assert!(left < 0);
                return Ok(());
            }
        };
        let order = &placement.order;
        prop_assert_eq!((wide(order.items_amount), wide(order.paid_amount)), (items, left));
        adds_up(order)?;
        let entries = &placement.writes.money_entries;
        let brought: i128 = entries.iter().map(|one| wide(one.amount)).sum();
        let by_now = if order.is_under_way() { i128::from(asked.points) } else { items };
        prop_assert_eq!(brought, by_now);
        prop_assert!(entries.iter().all(|one| one.amount != Amount::ZERO));
    }
}
