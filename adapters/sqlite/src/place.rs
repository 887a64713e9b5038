//! Placing an order: its key first, then the domain's answer and all that it writes, in one unit.

use domain::ports::Placed;
use domain::{Order, PurchaseReading, PurchaseRequest, Saga, Timestamp};
use sqlx::SqliteConnection;

use crate::unit::Unit;
use crate::{orders, products, sagas, using, wallets, writes};

/// Decides a purchase by [`PurchaseRequest::place`].
pub(crate) struct Place {
    pub(crate) request: PurchaseRequest,
}

impl Unit for Place {
    type Answer = Placed;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Placed, sqlx::Error> {
        let Self { request } = self;
        if let Some(order) = orders::with_key(&mut *connection, request.key).await? {
            return placed_before(connection, order, &request).await;
        }
        let asked = request.items.iter().map(|(product, _)| *product);
        let coupon = match request.issued_coupon_id {
            Some(copy) => using::of_copy(&mut *connection, copy, now).await?,
            None => None,
        };
        let reading = PurchaseReading {
            products: products::with_ids(&mut *connection, asked).await?,
            coupon,
            wallet: wallets::of_consumer(&mut *connection, &request.consumer_id).await?,
        };
        match request.place(reading, now) {
            Err(refusal) => Ok(Placed::Refused(refusal)),
            Ok(placement) => {
                writes::write(connection, &placement.writes).await?;
                Ok(Placed::Now(placement.order, placement.saga))
            }
        }
    }
}

/// The answer to a request whose key is known.
async fn placed_before(
    connection: &mut SqliteConnection,
    order: Order,
    request: &PurchaseRequest,
) -> Result<Placed, sqlx::Error> {
    if order.request_digest != request.digest {
        return Ok(Placed::KeyReused);
    }
    let saga: Option<Saga> = sagas::with_id(connection, order.saga_id).await?;
    Ok(Placed::Before(order, saga.ok_or(sqlx::Error::RowNotFound)?))
}
