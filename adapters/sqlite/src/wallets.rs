//! The port of wallets and sellers' balances.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, StoreError, Wallets};
use domain::{
    Account, Amount, AmountOverflow, Charge, ConsumerId, SellerId, Timestamp, Wallet, Writes,
};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::SqliteStore;
use crate::credits::FoldCredits;
use crate::error::nothing_happened;
use crate::unit::Unit;
use crate::{keys, rows, writes};

pub(crate) const OF_CONSUMER: &str =
    "SELECT consumer, balance, points FROM wallets WHERE consumer = ?1";

/// A sum, not an addition: that one would become a float where there is no room.
pub(crate) const SELLER_BALANCE: &str = "SELECT ifnull(sum(amount), 0) AS balance FROM \
     (SELECT folded AS amount FROM sellers WHERE seller = ?1 UNION ALL \
      SELECT amount FROM money_entries WHERE to_account = ?2 AND folded = 0)";

#[async_trait]
impl Wallets for SqliteStore {
    async fn charge(
        &self,
        charge: Charge,
        key: KeyedRequest<Wallet>,
    ) -> Result<Keyed<Wallet, AmountOverflow>, StoreError> {
        self.write(ChargeWallet { charge, key }).await
    }

    async fn wallet(&self, consumer: ConsumerId) -> Result<Wallet, StoreError> {
        of_consumer(self.readers(), &consumer)
            .await
            .map_err(nothing_happened)
    }

    async fn seller_balance(&self, seller: SellerId) -> Result<Amount, StoreError> {
        sqlx::query(SELLER_BALANCE)
            .bind(seller.as_str())
            .bind(Account::Seller(seller.clone()).to_string())
            .try_map(|row| rows::amount(&row, "balance"))
            .fetch_one(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn fold_seller_credits(&self, limit: u32) -> Result<u32, StoreError> {
        self.write(FoldCredits { limit }).await
    }
}

/// The consumer's wallet; an empty one, where there is none.
pub(crate) async fn of_consumer(
    executor: impl SqliteExecutor<'_>,
    consumer: &ConsumerId,
) -> Result<Wallet, sqlx::Error> {
    let wallet = sqlx::query(OF_CONSUMER)
        .bind(consumer.as_str())
        .try_map(|row| rows::wallet(&row))
        .fetch_optional(executor)
        .await?;
    Ok(wallet.unwrap_or_else(|| Wallet::empty(consumer.clone())))
}

/// Puts money from outside into a wallet.
struct ChargeWallet {
    charge: Charge,
    key: KeyedRequest<Wallet>,
}

impl Unit for ChargeWallet {
    type Answer = Keyed<Wallet, AmountOverflow>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        let Self { charge, key } = self;
        if let Some(answered) = keys::answered(&mut *connection, key.scope).await? {
            return Ok(Keyed::Answered(answered));
        }
        let wallet = of_consumer(&mut *connection, &charge.consumer_id).await?;
        let (wallet, entry) = match charge.into_wallet(wallet, now) {
            Ok(charged) => charged,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        let charging = Writes {
            wallet: Some(wallet.clone()),
            money_entries: vec![entry],
            ..Writes::default()
        };
        writes::write(&mut *connection, &charging).await?;
        keys::keep(connection, &key, &wallet, now).await?;
        Ok(Keyed::Done(wallet, now))
    }
}
