//! Rows of sagas and their traces.

use domain::{OrderId, Saga, SagaId, SagaTrace, TraceEvent};
use sqlx::mysql::MySqlRow;
use sqlx::{Error, Row};

use super::{Text, known, number, small, timestamp, uuid};

/// The columns that [`saga`] reads, of `sagas AS s`.
macro_rules! saga_columns {
    () => {
        "s.id, s.order_id, s.kind, s.direction, s.phase, s.outcome, s.step, s.tries, s.epoch, \
         s.due_at, s.last_error, s.traced, s.began_at"
    };
}
pub(crate) use saga_columns;

/// The columns that [`traced_saga`] reads besides, of `saga_trace AS t`.
macro_rules! trace_columns {
    () => {
        "t.sequence, t.at, t.direction AS direction_then, t.step AS step_then, t.event, t.detail"
    };
}
pub(crate) use trace_columns;

pub(crate) fn saga(row: &MySqlRow) -> Result<Saga, Error> {
    let outcome: Option<&str> = row.try_get("outcome")?;
    Ok(Saga {
        id: SagaId::from_uuid(uuid(row, "id")?),
        order_id: OrderId::from_uuid(uuid(row, "order_id")?),
        kind: known(row, "kind")?,
        direction: known(row, "direction")?,
        phase: known(row, "phase")?,
        outcome: outcome.map(Text::of).transpose()?,
        step: known(row, "step")?,
        tries: small(row, "tries")?,
        epoch: number(row, "epoch")?,
        due_at: timestamp(row, "due_at")?,
        last_error: row.try_get("last_error")?,
        traced: small(row, "traced")?,
        began_at: timestamp(row, "began_at")?,
    })
}

/// A saga and its trace, of which each row has one entry, in order. A saga without any is an error.
pub(crate) fn traced_saga(rows: &[MySqlRow]) -> Result<Option<(Saga, Vec<SagaTrace>)>, Error> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let saga = saga(first)?;
    let trace = rows.iter().map(|row| entry_of(saga.id, row));
    let trace = trace.collect::<Result<_, _>>()?;
    Ok(Some((saga, trace)))
}

fn entry_of(saga_id: SagaId, row: &MySqlRow) -> Result<SagaTrace, Error> {
    Ok(SagaTrace {
        saga_id,
        sequence: small(row, "sequence")?,
        at: timestamp(row, "at")?,
        direction: known(row, "direction_then")?,
        step: known(row, "step_then")?,
        event: trace_event(row)?,
        detail: row.try_get("detail")?,
    })
}

pub(crate) fn trace_event(row: &MySqlRow) -> Result<TraceEvent, Error> {
    known(row, "event")
}
