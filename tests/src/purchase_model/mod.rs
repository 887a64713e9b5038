//! A plain model of purchases, and the test that holds a store against it, step by step.
//!
//! The model is vectors, whole numbers and the rules of the business, written down a second time: it
//! must share no decision with the domain, only the types that requests and answers are made of. It
//! counts money, points, stock and uses by itself, and knows no entries, so that what it says of a
//! balance is not what a store adds up. What it generates is loose ("some order"); what it does with
//! that is one [`Step`]: exactly what is asked of a store, and exactly what it must answer.

mod apply;
mod compare;
mod given;
mod holds;
mod orders;
mod placing;
mod sagas;
mod step;
mod test;
mod transition;

pub use step::Step;
pub use test::PurchaseTest;
pub use transition::Transition;

use domain::ports::{Answered, KeyScope};
use domain::{
    CouponId, DeliveryStatus, EntryId, Hold, HoldRequest, HoldState, IssuedCouponId, OrderFailure,
    OrderStatus, ProductId, PurchaseRequest, Saga, Timestamp,
};
use uuid::Uuid;

/// All that there is.
#[derive(Clone, Debug)]
pub struct PurchaseModel {
    now: Timestamp,
    purses: Vec<Purse>,
    /// What the sellers have.
    sellers: Vec<i64>,
    shelves: Vec<Shelf>,
    offers: Vec<Offer>,
    slips: Vec<Slip>,
    uses: Vec<Use>,
    bought: Vec<Bought>,
    /// Without what the last error was.
    sagas: Vec<Saga>,
    answered: Vec<(KeyScope, Answered)>,
    /// Changes of stock that were made; they are not made again.
    adjusted: Vec<EntryId>,
    /// Everything that can be asked again.
    asked: Vec<Step>,
    /// How many ids were made.
    ids: u64,
    /// The last step; none before the first.
    last: Option<Step>,
}

/// What a consumer has.
#[derive(Clone, Copy, Debug, Default)]
struct Purse {
    balance: i64,
    points: i64,
}

/// A product.
#[derive(Clone, Copy, Debug)]
struct Shelf {
    id: ProductId,
    seller: usize,
    price: i64,
    stock: i64,
}

/// What a coupon takes off.
#[derive(Clone, Copy, Debug)]
enum Off {
    /// So much.
    Fixed(i64),
    /// So many per cent, at most so much.
    Rate(i64, i64),
}

/// A coupon.
#[derive(Clone, Copy, Debug)]
struct Offer {
    id: CouponId,
    off: Off,
    least: i64,
    /// How many uses count; none: its uses are not counted, and return with a refund.
    cap: Option<i64>,
    is_single_use: bool,
    is_paused: bool,
    ends: Timestamp,
}

/// A consumer's copy.
#[derive(Clone, Copy, Debug)]
struct Slip {
    id: IssuedCouponId,
    offer: usize,
    consumer: usize,
    is_withdrawn: bool,
}

/// A use that is reserved or final, or was. One whose time is over is EXPIRED at once.
#[derive(Clone, Debug)]
struct Use {
    slip: usize,
    state: HoldState,
    /// A shop's own: what was asked for, and the answer.
    shop: Option<(HoldRequest, Hold)>,
}

/// An order.
#[derive(Clone, Debug)]
struct Bought {
    request: PurchaseRequest,
    /// Product, quantity, price.
    lines: Vec<(usize, i64, i64)>,
    discount: i64,
    paid: i64,
    status: OrderStatus,
    failure: Option<OrderFailure>,
    delivery: DeliveryStatus,
    used: Option<usize>,
    at: Timestamp,
}

impl PurchaseModel {
    /// An id that was not there before; unlike real ones they don't rise, so that no order can come
    /// about by itself.
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u64_pair(self.ids.wrapping_mul(0x9e37_79b9_7f4a_7c15), self.ids)
    }

    fn offer_of(&self, slip: usize) -> &Offer {
        &self.offers[self.slips[slip].offer]
    }

    /// How many uses of this coupon stand so.
    fn uses(&self, offer: usize, state: HoldState) -> i64 {
        let stands = |one: &&Use| self.slips[one.slip].offer == offer && one.state == state;
        self.uses.iter().filter(stands).count().try_into().unwrap()
    }

    /// How often this copy is used, or held.
    fn uses_of(&self, slip: usize, state: HoldState) -> usize {
        let stands = |one: &&Use| one.slip == slip && one.state == state;
        self.uses.iter().filter(stands).count()
    }
}
