//! The port of wallets and of sellers' balances.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, StoreError, Wallets};
use domain::{Amount, AmountOverflow, Charge, ConsumerId, SellerId, Wallet, Writes};

use crate::MemoryStore;
use crate::answered_requests::render;

#[async_trait]
impl Wallets for MemoryStore {
    async fn charge(
        &self,
        charge: Charge,
        key: KeyedRequest<Wallet>,
    ) -> Result<Keyed<Wallet, AmountOverflow>, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(answered) = tables.answered_before(Some(&key)) {
            return Ok(Keyed::Answered(answered));
        }
        let wallet = tables.wallet(&charge.consumer_id);
        let (wallet, entry) = match charge.into_wallet(wallet, now) {
            Ok(charged) => charged,
            Err(overflow) => return Ok(Keyed::Refused(overflow)),
        };
        let writes = Writes {
            wallet: Some(wallet.clone()),
            money_entries: vec![entry],
            ..Writes::default()
        };
        let rendered = render(Some(key), &wallet, now);
        tables.check(&writes)?;
        tables.write(writes);
        tables.keep(rendered);
        Ok(Keyed::Done(wallet, now))
    }

    async fn wallet(&self, consumer: ConsumerId) -> Result<Wallet, StoreError> {
        Ok(self.lock().0.wallet(&consumer))
    }

    async fn seller_balance(&self, seller: SellerId) -> Result<Amount, StoreError> {
        let balance = self.lock().0.books.balance(&seller);
        balance.map_err(StoreError::corrupt)
    }

    async fn fold_seller_credits(&self, limit: u32) -> Result<u32, StoreError> {
        let credits = usize::try_from(limit).unwrap_or(usize::MAX);
        let folded = self.lock().0.books.fold(credits);
        let folded = folded.map_err(StoreError::corrupt)?;
        Ok(u32::try_from(folded).unwrap_or(limit))
    }
}
