//! Rows of holds.

use domain::{
    CallerId, CouponId, Hold, HoldId, HoldName, HoldOwner, HoldSeconds, IssuedCouponId, SagaId,
};
use sqlx::mysql::MySqlRow;
use sqlx::{Error, Row};

use super::{amount, known, optional_uuid, text, timestamp, uuid, valid};

/// The columns that [`hold`] reads, of `holds AS h`.
macro_rules! hold_columns {
    () => {
        "h.id, h.coupon_id, h.issued_coupon_id, h.saga_id, h.caller, h.name, h.seconds, \
         h.deadline, h.single_use, h.order_amount, h.discount, h.state, h.opened_at"
    };
}
pub(crate) use hold_columns;

pub(crate) fn hold(row: &MySqlRow) -> Result<Hold, Error> {
    let owner = match optional_uuid(row, "saga_id")? {
        Some(saga) => HoldOwner::Saga(SagaId::from_uuid(saga)),
        None => HoldOwner::Caller {
            caller_id: text(row, "caller", CallerId::new)?,
            name: text(row, "name", HoldName::new)?,
            seconds: valid(HoldSeconds::new(row.try_get("seconds")?))?,
            deadline: timestamp(row, "deadline")?,
        },
    };
    Ok(Hold {
        id: HoldId::from_uuid(uuid(row, "id")?),
        owner,
        coupon_id: CouponId::from_uuid(uuid(row, "coupon_id")?),
        issued_coupon_id: IssuedCouponId::from_uuid(uuid(row, "issued_coupon_id")?),
        single_use: row.try_get("single_use")?,
        order_amount: amount(row, "order_amount")?,
        discount: amount(row, "discount")?,
        state: known(row, "state")?,
        opened_at: timestamp(row, "opened_at")?,
    })
}
