//! Rows of sagas and their traces.

use domain::{OrderId, Saga, SagaId, SagaTrace, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

use super::{Text, known, number, timestamp, uuid, valid};

/// The columns that [`saga`] reads, of `sagas AS s`.
macro_rules! saga_columns {
    () => {
        "s.id, s.order_id, s.kind, s.direction, s.phase, s.outcome, s.step, s.tries, s.epoch, \
         s.due_at, s.last_error, s.traced, s.began_at"
    };
}
pub(crate) use saga_columns;

pub(crate) fn saga(row: &SqliteRow) -> Result<Saga, Error> {
    let outcome: Option<&str> = row.try_get("outcome")?;
    Ok(Saga {
        id: SagaId::from_uuid(uuid(row, "id")?),
        order_id: OrderId::from_uuid(uuid(row, "order_id")?),
        kind: known(row, "kind")?,
        direction: known(row, "direction")?,
        phase: known(row, "phase")?,
        outcome: outcome.map(Text::of).transpose()?,
        step: known(row, "step")?,
        tries: row.try_get("tries")?,
        epoch: number(row, "epoch")?,
        due_at: timestamp(row, "due_at")?,
        last_error: row.try_get("last_error")?,
        traced: row.try_get("traced")?,
        began_at: timestamp(row, "began_at")?,
    })
}

/// One entry of a trace: sequence, time, direction, step, event, detail.
type Entry = (u32, i64, String, String, String, Option<String>);

/// A saga, and the column `trace`: its trace in order, as one JSON array.
pub(crate) fn traced_saga(row: &SqliteRow) -> Result<(Saga, Vec<SagaTrace>), Error> {
    let saga = saga(row)?;
    let trace: Vec<Entry> = valid(serde_json::from_str(row.try_get("trace")?))?;
    let trace = trace.into_iter().map(|entry| entry_of(saga.id, entry));
    let trace = trace.collect::<Result<_, _>>()?;
    Ok((saga, trace))
}

fn entry_of(
    saga_id: SagaId,
    (sequence, at, direction, step, event, detail): Entry,
) -> Result<SagaTrace, Error> {
    Ok(SagaTrace {
        saga_id,
        sequence,
        at: Timestamp::from_micros(at),
        direction: Text::of(&direction)?,
        step: Text::of(&step)?,
        event: Text::of(&event)?,
        detail,
    })
}
