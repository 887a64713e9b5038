//! Changing an order: the key first, then the domain's answer and what it writes, in one unit.

use domain::ports::{Keyed, KeyedRequest};
use domain::{Order, OrderCommand, OrderId, OrderRefusal, Timestamp};
use sqlx::SqliteConnection;

use crate::unit::Unit;
use crate::{keys, orders, writes};

/// Changes an order by [`OrderReading::decide`](domain::OrderReading::decide).
pub(crate) struct ChangeOrder {
    pub(crate) id: OrderId,
    pub(crate) command: OrderCommand,
    pub(crate) key: Option<KeyedRequest<Order>>,
}

impl Unit for ChangeOrder {
    type Answer = Keyed<Order, OrderRefusal>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        let Self { id, command, key } = self;
        if let Some(answered) = keys::answered_before(&mut *connection, key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let Some(reading) = orders::reading_of(&mut *connection, id).await? else {
            return Ok(Keyed::Refused(OrderRefusal::NotFound));
        };
        let as_it_is = reading.order.clone();
        let change = match reading.decide(command.clone(), now) {
            Ok(change) => change,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        writes::write(&mut *connection, &change).await?;
        let order = change.order.unwrap_or(as_it_is);
        if let Some(key) = &key
            && command.is_answered_by(&order)
        {
            keys::keep(connection, key, &order, now).await?;
        }
        Ok(Keyed::Done(order, now))
    }
}
