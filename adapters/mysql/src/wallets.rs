//! The port of wallets and sellers' balances.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, StoreError, Wallets};
use domain::{Account, Amount, AmountOverflow, Charge, ConsumerId, SellerId, Wallet, Writes};
use sqlx::MySqlConnection;

use crate::MysqlStore;
use crate::credits::FoldCredits;
use crate::error::nothing_happened;
use crate::unit::{LedgerTime, Unit};
use crate::{keys, rows, writes};

const OF_CONSUMER: &str = "SELECT consumer, balance, points FROM wallets WHERE consumer = ?";

const LOCKED: &str = "SELECT consumer, balance, points FROM wallets WHERE consumer = ? FOR UPDATE";

const SELLER_BALANCE: &str = "SELECT CAST(COALESCE(SUM(amount), 0) AS CHAR) AS balance FROM \
     (SELECT folded AS amount FROM sellers WHERE seller = ? UNION ALL \
      SELECT amount FROM money_entries FORCE INDEX (money_entries_to_fold) \
      WHERE to_fold = 1 AND to_account = ?) AS credits";

#[async_trait]
impl Wallets for MysqlStore {
    async fn charge(
        &self,
        charge: Charge,
        key: KeyedRequest<Wallet>,
    ) -> Result<Keyed<Wallet, AmountOverflow>, StoreError> {
        self.write(ChargeWallet { charge, key }).await
    }

    async fn wallet(&self, consumer: ConsumerId) -> Result<Wallet, StoreError> {
        let wallet = sqlx::query(OF_CONSUMER)
            .bind(consumer.as_str())
            .try_map(|row| rows::wallet(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)?;
        Ok(wallet.unwrap_or_else(|| Wallet::empty(consumer)))
    }

    async fn seller_balance(&self, seller: SellerId) -> Result<Amount, StoreError> {
        sqlx::query(SELLER_BALANCE)
            .bind(seller.as_str())
            .bind(Account::Seller(seller.clone()).to_string())
            .try_map(|row| rows::sum(&row, "balance"))
            .fetch_one(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn fold_seller_credits(&self, limit: u32) -> Result<u32, StoreError> {
        self.write_in_background(FoldCredits { limit }).await
    }
}

/// The consumer's wallet, locked until the unit's end. Where there is none, nothing is locked: whoever
/// is to write it then must [`open`] it first.
pub(crate) async fn locked(
    connection: &mut MySqlConnection,
    consumer: &ConsumerId,
) -> Result<Option<Wallet>, sqlx::Error> {
    sqlx::query(LOCKED)
        .bind(consumer.as_str())
        .try_map(|row| rows::wallet(&row))
        .fetch_optional(connection)
        .await
}

/// Opens an empty wallet, where [`locked`] has found none. Fails when somebody else has opened it since
/// then: the unit is run again, and finds what they have put into it.
pub(crate) async fn open(
    connection: &mut MySqlConnection,
    consumer: &ConsumerId,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO wallets (consumer, balance, points) VALUES (?, 0, 0)")
        .bind(consumer.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts money from outside into a wallet.
struct ChargeWallet {
    charge: Charge,
    key: KeyedRequest<Wallet>,
}

impl Unit for ChargeWallet {
    type Answer = Keyed<Wallet, AmountOverflow>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Self::Answer, sqlx::Error> {
        let consumer = &self.charge.consumer_id;
        let wallet = locked(&mut *connection, consumer).await?;
        let is_new = wallet.is_none();
        let now = time.now(&mut *connection).await?;
        if let Some(answered) = keys::answered(&mut *connection, self.key.scope).await? {
            return Ok(Keyed::Answered(answered));
        }
        let wallet = wallet.unwrap_or_else(|| Wallet::empty(consumer.clone()));
        let (wallet, entry) = match self.charge.clone().into_wallet(wallet, now) {
            Ok(charged) => charged,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        if is_new {
            open(&mut *connection, consumer).await?;
        }
        let charging = Writes {
            wallet: Some(wallet.clone()),
            money_entries: vec![entry],
            ..Writes::default()
        };
        writes::write(&mut *connection, &charging).await?;
        keys::keep(connection, &self.key, &wallet, now).await?;
        Ok(Keyed::Done(wallet, now))
    }
}
