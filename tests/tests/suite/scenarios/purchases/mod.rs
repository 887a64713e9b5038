//! Purchases: everybody buys at once, and nothing is lost, doubled or half done.

mod counted;
mod hang_ups;
mod last_use;
mod life_of_an_order;
mod one_copy;
mod provider;
mod shops_checkout;
mod use_coupon_drop;
