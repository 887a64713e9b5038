//! Processes that die in the middle of a purchase, and what is left of it.
//!
//! [`Matrix`] makes a child process die before and after every write of the ledger and every call of
//! the payment provider, has another process recover what is left, and holds the oracle against it.
//! Nothing of the product knows of this: points are counted by decorators around its ports. The same
//! within one process, by chance: [`UnluckyPurchases`].

mod child;
mod desk;
mod luck;
mod matrix;
mod oracle;
mod place;
mod points;
mod stage;
mod variant;

pub use child::{ORDERS, Orders, obey};
pub use desk::Desk;
pub use luck::{Luck, UnluckyPurchases};
pub use matrix::{Matrix, Row};
pub use place::Place;
pub use points::{CountedPayments, CountedPurchases, Death, Moment, Points};
pub use variant::{Deed, End, Trouble, Variant, With};
