//! Wallets of consumers, balances of sellers.

use async_trait::async_trait;

use super::{Keyed, KeyedRequest, StoreError};
use crate::{Amount, AmountOverflow, Charge, ConsumerId, SellerId, Wallet};

/// Keeps wallets. What orders move in them is the [`PurchaseLedger`](super::PurchaseLedger)'s.
///
/// # Errors
/// Every method answers any [`StoreError`].
#[async_trait]
pub trait Wallets: Send + Sync {
    /// Puts money from outside into a wallet, by [`Charge::into_wallet`]. *Must* look at the key
    /// first.
    async fn charge(
        &self,
        charge: Charge,
        key: KeyedRequest<Wallet>,
    ) -> Result<Keyed<Wallet, AmountOverflow>, StoreError>;

    /// The consumer's wallet; an empty one, where there is none.
    async fn wallet(&self, consumer: ConsumerId) -> Result<Wallet, StoreError>;

    /// What the seller has: what is folded, and what is not yet.
    async fn seller_balance(&self, seller: SellerId) -> Result<Amount, StoreError>;

    /// Folds up to `limit` credits of sellers (SALE entries), whoever's, into their balances; says how
    /// many. What a seller has stays the same, it only costs less to tell.
    async fn fold_seller_credits(&self, limit: u32) -> Result<u32, StoreError>;
}
