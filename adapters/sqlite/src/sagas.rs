//! Sagas, read inside a unit; and those that are due, taken over.

use domain::{OrderId, Saga, SagaId, SagaPatience, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, saga_columns};
use crate::unit::Unit;
use crate::writes;

pub(crate) const WITH_ID: &str =
    concat!("SELECT ", saga_columns!(), " FROM sagas s WHERE s.id = ?1");

pub(crate) const OF_ORDER: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.order_id = ?1 AND s.kind = 'PURCHASE' UNION ALL SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.order_id = ?1 AND s.kind = 'REFUND'"
);

pub(crate) const DUE: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.phase IN ('RUNNING', 'PARKED') AND s.due_at <= ?1 \
      ORDER BY s.due_at LIMIT ?2"
);

/// The saga with this id.
pub(crate) async fn with_id(
    executor: impl SqliteExecutor<'_>,
    id: SagaId,
) -> Result<Option<Saga>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::saga(&row))
        .fetch_optional(executor)
        .await
}

/// The order's sagas, the purchase first.
pub(crate) async fn of_order(
    executor: impl SqliteExecutor<'_>,
    order: OrderId,
) -> Result<Vec<Saga>, sqlx::Error> {
    sqlx::query(OF_ORDER)
        .bind(&order.as_bytes()[..])
        .try_map(|row| rows::saga(&row))
        .fetch_all(executor)
        .await
}

/// Takes over sagas that are due, the longest due first, up to a limit.
pub(crate) struct TakeOver {
    pub(crate) limit: u32,
    pub(crate) patience: SagaPatience,
}

impl Unit for TakeOver {
    type Answer = Vec<Saga>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Vec<Saga>, sqlx::Error> {
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
