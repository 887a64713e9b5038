//! Rows to domain values and back. Must never drop a field, and never mend a row: what does not
//! decode is an error, and becomes `Corrupt` for whoever asked.
//!
//! Integers come as `i64`, whatever their column: the driver takes unsigned types from unsigned columns
//! only. Sums come as texts: they are decimals, and a cast to an integer would cut off what has no room.

mod holds;
mod orders;
mod sagas;

use std::error::Error as StdError;

use domain::ports::{Answered, RequestDigest};
use domain::{
    Amount, AuditReading, Cap, ConsumerId, Counters, Coupon, CouponId, CouponKind, CouponName,
    CouponReport, Discount, DiscountPolicy, DiscountPolicyId, DiscountPolicyName, DiscountRate,
    Epoch, Event, EventId, EventName, IssuedCoupon, IssuedCouponId, Money, PerConsumerLimit,
    RequestKey, RowCounts, Timestamp, Window,
};
use sqlx::mysql::MySqlRow;
use sqlx::{Error, Row};
use uuid::Uuid;

pub(crate) use holds::{hold, hold_columns};
pub(crate) use orders::{order_columns, order_now, orders, product, product_columns, wallet};
pub(crate) use sagas::{saga, saga_columns, trace_columns, trace_event, traced_saga};
pub(crate) use sql_rows::{
    FIXED_DISCOUNT, ISSUE_COUPON, PROVIDER, RATE_DISCOUNT, Text, USE_COUPON, WALLET, count,
    integer, unknown, valid,
};

/// The columns that [`coupon`] reads, of `coupons AS c`. The event never changes, and is read without a
/// lock wherever the coupon is read under one: a join would lock both.
macro_rules! coupon_columns {
    () => {
        "c.id, c.name, c.event_id, \
         (SELECT e.starts_at FROM events e WHERE e.id = c.event_id) AS starts_at, \
         (SELECT e.ends_at FROM events e WHERE e.id = c.event_id) AS ends_at, \
         c.discount_policy_id, c.kind, c.redundant_usable, c.cap, \
         c.per_consumer_limit, c.expires_at, c.paused, c.epoch, c.issued, c.held, c.used, \
         c.withdrawn"
    };
}
pub(crate) use coupon_columns;

/// The columns that [`issued_coupon`] reads, of `issued_coupons AS i` joined with `coupons AS c`.
macro_rules! issued_coupon_columns {
    () => {
        "i.id, i.coupon_id, c.event_id, i.consumer, i.ordinal, i.state, i.used, i.issued_at, \
         c.expires_at, i.request_key"
    };
}
pub(crate) use issued_coupon_columns;

pub(crate) fn event(row: &MySqlRow) -> Result<Event, Error> {
    Ok(Event {
        id: EventId::from_uuid(uuid(row, "id")?),
        name: text(row, "name", EventName::new)?,
        window: window(row)?,
    })
}

pub(crate) fn discount_policy(row: &MySqlRow) -> Result<DiscountPolicy, Error> {
    let discount = match row.try_get("kind")? {
        FIXED_DISCOUNT => Discount::Fixed {
            amount: valid(Money::new(row.try_get("amount")?))?,
        },
        RATE_DISCOUNT => Discount::Rate {
            rate: valid(DiscountRate::new(row.try_get("rate")?))?,
            maximum: money(row, "maximum")?,
        },
        other => return Err(unknown("discount", other)),
    };
    Ok(DiscountPolicy {
        id: DiscountPolicyId::from_uuid(uuid(row, "id")?),
        name: text(row, "name", DiscountPolicyName::new)?,
        discount,
        minimum_order_amount: money(row, "minimum_order_amount")?,
    })
}

pub(crate) fn coupon(row: &MySqlRow) -> Result<Coupon, Error> {
    let cap = valid(Cap::new(row.try_get("cap")?))?;
    let kind = match row.try_get("kind")? {
        ISSUE_COUPON => CouponKind::Issue {
            maximum_issued: cap,
            redundant_usable: row.try_get("redundant_usable")?,
        },
        USE_COUPON => CouponKind::Use {
            maximum_usage: cap,
            per_consumer_limit: valid(PerConsumerLimit::new(row.try_get("per_consumer_limit")?))?,
        },
        other => return Err(unknown("coupon", other)),
    };
    Ok(Coupon {
        id: CouponId::from_uuid(uuid(row, "id")?),
        name: text(row, "name", CouponName::new)?,
        event_id: EventId::from_uuid(uuid(row, "event_id")?),
        event_window: window(row)?,
        discount_policy_id: DiscountPolicyId::from_uuid(uuid(row, "discount_policy_id")?),
        kind,
        expires_at: timestamp(row, "expires_at")?,
        paused: row.try_get("paused")?,
        epoch: Epoch(number(row, "epoch")?),
        counters: Counters {
            issued: number(row, "issued")?,
            held: number(row, "held")?,
            used: number(row, "used")?,
            withdrawn: number(row, "withdrawn")?,
        },
    })
}

/// The columns of [`coupon`], and what its rows say.
pub(crate) fn audit_reading(row: &MySqlRow) -> Result<AuditReading, Error> {
    Ok(AuditReading {
        coupon: coupon(row)?,
        rows: RowCounts {
            issued: number(row, "rows_issued")?,
            active: number(row, "rows_active")?,
            withdrawn: number(row, "rows_withdrawn")?,
            held: number(row, "rows_held")?,
            used: number(row, "rows_used")?,
            consumers_above_limit: number(row, "consumers_above_limit")?,
        },
    })
}

pub(crate) fn issued_coupon(row: &MySqlRow) -> Result<IssuedCoupon, Error> {
    let request_key: Option<&[u8]> = row.try_get("request_key")?;
    Ok(IssuedCoupon {
        id: IssuedCouponId::from_uuid(uuid(row, "id")?),
        coupon_id: CouponId::from_uuid(uuid(row, "coupon_id")?),
        event_id: EventId::from_uuid(uuid(row, "event_id")?),
        consumer_id: text(row, "consumer", ConsumerId::new)?,
        ordinal: small(row, "ordinal")?,
        state: known(row, "state")?,
        used: number(row, "used")?,
        issued_at: timestamp(row, "issued_at")?,
        expires_at: timestamp(row, "expires_at")?,
        request_key: request_key
            .map(|key| valid(key.try_into()).map(RequestKey))
            .transpose()?,
    })
}

/// The columns of [`coupon`], and what its final uses add up to; none where the event has no coupon.
pub(crate) fn coupon_report(row: &MySqlRow) -> Result<Option<CouponReport>, Error> {
    if row.try_get::<Option<&[u8]>, _>("id")?.is_none() {
        return Ok(None);
    }
    Ok(Some(CouponReport {
        coupon: coupon(row)?,
        discount_given: sum(row, "discount_given")?,
        revenue: sum(row, "revenue")?,
    }))
}

pub(crate) fn holder(row: &MySqlRow) -> Result<(IssuedCouponId, ConsumerId), Error> {
    Ok((
        IssuedCouponId::from_uuid(uuid(row, "id")?),
        text(row, "consumer", ConsumerId::new)?,
    ))
}

pub(crate) fn epoch(row: &MySqlRow) -> Result<Epoch, Error> {
    number(row, "last").map(Epoch)
}

pub(crate) fn answered(row: &MySqlRow) -> Result<Answered, Error> {
    let digest: &[u8] = row.try_get("digest")?;
    Ok(Answered {
        digest: RequestDigest(valid(digest.try_into())?),
        answer: row.try_get("answer")?,
    })
}

pub(crate) fn uuid(row: &MySqlRow, column: &str) -> Result<Uuid, Error> {
    valid(Uuid::from_slice(row.try_get(column)?))
}

pub(crate) fn optional_uuid(row: &MySqlRow, column: &str) -> Result<Option<Uuid>, Error> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes
        .map(|bytes| valid(Uuid::from_slice(bytes)))
        .transpose()
}

fn known<T: Text>(row: &MySqlRow, column: &str) -> Result<T, Error> {
    T::of(row.try_get(column)?)
}

/// A sum of amounts, as a text.
pub(crate) fn sum(row: &MySqlRow, column: &str) -> Result<Amount, Error> {
    let digits: &str = row.try_get(column)?;
    valid(Amount::new(valid(digits.parse())?))
}

pub(crate) fn amount(row: &MySqlRow, column: &str) -> Result<Amount, Error> {
    valid(Amount::new(row.try_get(column)?))
}

fn text<T, E: StdError + Send + Sync + 'static>(
    row: &MySqlRow,
    column: &str,
    check: impl FnOnce(String) -> Result<T, E>,
) -> Result<T, Error> {
    valid(check(valid(String::from_utf8(row.try_get(column)?))?))
}

pub(crate) fn number(row: &MySqlRow, column: &str) -> Result<u64, Error> {
    valid(u64::try_from(row.try_get::<i64, _>(column)?))
}

/// As [`number`], of what is 32 bits wide.
fn small(row: &MySqlRow, column: &str) -> Result<u32, Error> {
    valid(u32::try_from(row.try_get::<i64, _>(column)?))
}

fn timestamp(row: &MySqlRow, column: &str) -> Result<Timestamp, Error> {
    row.try_get(column).map(Timestamp::from_micros)
}

fn window(row: &MySqlRow) -> Result<Window, Error> {
    let starts_at = timestamp(row, "starts_at")?;
    valid(Window::new(starts_at, timestamp(row, "ends_at")?))
}

fn money(row: &MySqlRow, column: &str) -> Result<Option<Money>, Error> {
    let amount: Option<i64> = row.try_get(column)?;
    amount.map(|amount| valid(Money::new(amount))).transpose()
}
