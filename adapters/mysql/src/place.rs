//! Placing an order: its key first, then the domain's answer and all that it writes, in one unit.

use domain::ports::Placed;
use domain::{Order, PurchaseReading, PurchaseRequest, Wallet};
use sqlx::MySqlConnection;

use crate::unit::{LedgerTime, Tried, Unit};
use crate::using::{self, KnownCopy};
use crate::{orders, products, sagas, wallets, writes};

/// Decides a purchase by [`PurchaseRequest::place`].
pub(crate) struct Place {
    pub(crate) request: PurchaseRequest,
    /// The copy that is asked for, if there is one.
    pub(crate) copy: Option<KnownCopy>,
    pub(crate) tried: Tried,
}

impl Unit for Place {
    type Answer = Placed;

    /// That of the row which it locks first.
    fn lane(&self) -> Option<[u8; 16]> {
        if let Some(copy) = &self.copy {
            return Some(*copy.coupon.as_bytes());
        }
        let products = self.request.items.iter().map(|(product, _)| product);
        products.min().map(|first| *first.as_bytes())
    }

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Placed, sqlx::Error> {
        let request = &self.request;
        let coupon = match &self.copy {
            Some(copy) => Some(using::of_copy(&mut *connection, copy, time).await?),
            None => None,
        };
        let asked = request.items.iter().map(|(product, _)| *product);
        let products = products::locked(&mut *connection, asked).await?;
        let wallet = wallets::locked(&mut *connection, &request.consumer_id).await?;
        let has_wallet = wallet.is_some();
        // The key comes first, but is looked for last: an earlier try may still have been under way.
        if let Some(order) = orders::with_key(&mut *connection, request.key).await? {
            return self.placed_before(connection, order).await;
        }
        let now = time.now(&mut *connection).await?;
        let reading = PurchaseReading {
            products,
            coupon,
            wallet: wallet.unwrap_or_else(|| Wallet::empty(request.consumer_id.clone())),
        };
        let placement = match request.place(reading, now) {
            Ok(placement) => placement,
            Err(refusal) => return Ok(Placed::Refused(refusal)),
        };
        if placement.writes.wallet.is_some() && !has_wallet {
            wallets::open(&mut *connection, &request.consumer_id).await?;
        }
        writes::write(connection, &placement.writes).await?;
        self.tried.now();
        Ok(Placed::Now(placement.order, placement.saga))
    }
}

impl Place {
    /// The answer to a request whose key is known.
    async fn placed_before(
        &self,
        connection: &mut MySqlConnection,
        order: Order,
    ) -> Result<Placed, sqlx::Error> {
        if order.request_digest != self.request.digest {
            return Ok(Placed::KeyReused);
        }
        let saga = sagas::with_id(connection, order.saga_id).await?;
        let saga = saga.ok_or(sqlx::Error::RowNotFound)?;
        let is_own = self.tried.before() && order.id == self.request.order_id;
        // Taken over since, it is somebody else's saga.
        if is_own && saga.epoch == 1 {
            return Ok(Placed::Now(order, saga));
        }
        Ok(Placed::Before(order, saga))
    }
}
