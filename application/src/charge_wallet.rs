//! A shop's back end puts money into a consumer's wallet.

use std::sync::Arc;

use domain::{
    Amount, AmountOverflow, Charge, ConsumerId, EntryId, Wallet,
    ports::{IdGenerator, KeyedRequest, StoreError, Wallets},
};

use crate::{
    KeyError, KeyedRequests, Written,
    keyed_requests::{Begun, written},
};

/// Why nothing was charged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChargeWalletError {
    /// The wallet has no room for it.
    #[error("the wallet has no room for that much")]
    TooLarge(#[from] AmountOverflow),
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ChargeWallet {
    wallets: Arc<dyn Wallets>,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
}

impl ChargeWallet {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        wallets: Arc<dyn Wallets>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            wallets,
            keyed,
            ids,
        }
    }

    /// The wallet with the charge in it, durably.
    ///
    /// # Errors
    /// [`ChargeWalletError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        consumer_id: ConsumerId,
        amount: Amount,
        key: KeyedRequest<Wallet>,
    ) -> Result<Written<Wallet>, ChargeWalletError> {
        let begun = self.keyed.begin::<_, ChargeWalletError>(Some(&key)).await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let charge = Charge {
            id: EntryId::from_uuid(self.ids.next_id()),
            consumer_id,
            amount,
        };
        written(self.wallets.charge(charge, key).await?, Some(&key))
    }
}

#[cfg(test)]
mod tests;
