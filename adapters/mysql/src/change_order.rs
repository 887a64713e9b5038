//! Changing an order: the key first, then the domain's answer and what it writes, in one unit.

use domain::ports::{Keyed, KeyedRequest};
use domain::{Order, OrderCommand, OrderRefusal, Saga, TraceEvent};
use sqlx::MySqlConnection;

use crate::unit::{LedgerTime, Tried, Unit};
use crate::{keys, orders, sagas, wallets, writes};

/// Changes an order by [`OrderReading::decide`](domain::OrderReading::decide).
pub(crate) struct ChangeOrder {
    /// As it was before: what of it never changes says what is to be locked.
    pub(crate) known: Order,
    pub(crate) command: OrderCommand,
    pub(crate) key: Option<KeyedRequest<Order>>,
    pub(crate) tried: Tried,
}

impl Unit for ChangeOrder {
    type Answer = Keyed<Order, OrderRefusal>;

    /// The same as that of who buys.
    fn lane(&self) -> Option<[u8; 16]> {
        if let Some((_, coupon)) = &self.known.coupon {
            return Some(*coupon.as_bytes());
        }
        let products = self.known.items.iter().map(|item| &item.product_id);
        products.min().map(|first| *first.as_bytes())
    }

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Self::Answer, sqlx::Error> {
        let (reading, has_wallet) = orders::locked(&mut *connection, &self.known).await?;
        // The key comes first, but is looked for last: an earlier try may still have been under way.
        if let Some(answered) = keys::answered_before(&mut *connection, self.key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let now = time.now(&mut *connection).await?;
        let as_it_is = reading.order.clone();
        if self.has_told(&mut *connection, &reading.sagas).await? {
            return Ok(Keyed::Done(as_it_is, now));
        }
        let change = match reading.decide(self.command.clone(), now) {
            Ok(change) => change,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        if change.wallet.is_some() && !has_wallet {
            wallets::open(&mut *connection, &self.known.consumer_id).await?;
        }
        writes::write(&mut *connection, &change).await?;
        let order = change.order.unwrap_or(as_it_is);
        if let Some(key) = &self.key
            && self.command.is_answered_by(&order)
        {
            keys::keep(connection, key, &order, now).await?;
        }
        self.tried.now();
        Ok(Keyed::Done(order, now))
    }
}

impl ChangeOrder {
    /// Whether an earlier try has told the saga its worker's outcome: nobody else could, at that
    /// epoch, but who takes it over.
    async fn has_told(
        &self,
        connection: &mut MySqlConnection,
        sagas: &[Saga],
    ) -> Result<bool, sqlx::Error> {
        let OrderCommand::Saga {
            saga_id,
            epoch: Some(epoch),
            ..
        } = self.command
        else {
            return Ok(false);
        };
        let saga = sagas.iter().find(|saga| saga.id == saga_id);
        let is_next = saga.is_some_and(|saga| saga.epoch == epoch.saturating_add(1));
        if !is_next || !self.tried.before() {
            return Ok(false);
        }
        Ok(sagas::last_event(connection, saga_id).await? != TraceEvent::TakenOver)
    }
}
