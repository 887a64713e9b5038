//! Sagas, read inside a unit; and those that are due, taken over.

use domain::{OrderId, Saga, SagaId, SagaPatience, TraceEvent};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows::{self, saga_columns};
use crate::unit::{LedgerTime, Unit};
use crate::writes;

const WITH_ID: &str = concat!("SELECT ", saga_columns!(), " FROM sagas s WHERE s.id = ?");

const OF_ORDER: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s FORCE INDEX (sagas_of_order) WHERE s.order_id = ? ORDER BY s.id FOR UPDATE"
);

/// What others have locked they are taking over, or its outcome comes in: it is not waited for.
const DUE: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s FORCE INDEX (sagas_by_next_at) WHERE s.next_at <= ? \
      ORDER BY s.next_at LIMIT ? FOR UPDATE SKIP LOCKED"
);

/// The saga with this id.
pub(crate) async fn with_id(
    executor: impl MySqlExecutor<'_>,
    id: SagaId,
) -> Result<Option<Saga>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::saga(&row))
        .fetch_optional(executor)
        .await
}

/// The order's sagas, locked until the unit's end.
pub(crate) async fn locked_of_order(
    connection: &mut MySqlConnection,
    order: OrderId,
) -> Result<Vec<Saga>, sqlx::Error> {
    sqlx::query(OF_ORDER)
        .bind(&order.as_bytes()[..])
        .try_map(|row| rows::saga(&row))
        .fetch_all(connection)
        .await
}

/// What has happened to the saga last.
pub(crate) async fn last_event(
    executor: impl MySqlExecutor<'_>,
    saga: SagaId,
) -> Result<TraceEvent, sqlx::Error> {
    const LAST: &str = "SELECT event FROM saga_trace WHERE saga_id = ? \
         ORDER BY sequence DESC LIMIT 1";
    sqlx::query(LAST)
        .bind(&saga.as_bytes()[..])
        .try_map(|row| rows::trace_event(&row))
        .fetch_one(executor)
        .await
}

/// Takes over sagas that are due, the longest due first, up to a limit. Run again after a COMMIT that
/// did not answer it takes others: those that it took are nobody's until their lease runs out.
pub(crate) struct TakeOver {
    pub(crate) limit: u32,
    pub(crate) patience: SagaPatience,
}

impl Unit for TakeOver {
    type Answer = Vec<Saga>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Vec<Saga>, sqlx::Error> {
        // Before the locks, none of which is waited for.
        let now = time.now(&mut *connection).await?;
        let due = sqlx::query(DUE)
            .bind(now.as_micros())
            .bind(self.limit)
            .try_map(|row| rows::saga(&row))
            .fetch_all(&mut *connection)
            .await?;
        let taken = due.iter().map(|saga| saga.taken_over(now, &self.patience));
        let (sagas, trace): (Vec<_>, Vec<_>) = taken.unzip();
        writes::write_sagas(connection, &sagas, &trace).await?;
        Ok(sagas)
    }
}
