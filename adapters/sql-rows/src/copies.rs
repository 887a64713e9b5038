//! A batch's copies as few statements: those that are alike are one, whatever their number.

use domain::{CouponId, IssuedCoupon, Timestamp};

use crate::{Text, integer};

/// Copies that are inserted by one statement: what they have in common, and a column of each thing in
/// which they differ.
#[derive(Debug, PartialEq, Eq)]
pub struct Copies {
    /// The coupon.
    pub coupon: CouponId,
    /// Which of its consumer's copies each is.
    pub ordinal: u32,
    /// The state's text.
    pub state: &'static str,
    /// How often each was used.
    pub used: i64,
    /// When they were issued.
    pub issued_at: Timestamp,
    /// Their ids, 16 bytes each.
    pub ids: Vec<u8>,
    /// Their keys, 16 bytes each; none of them has one where this is none.
    pub keys: Option<Vec<u8>>,
    /// Their consumers, as a JSON array of texts.
    pub consumers: String,
}

impl Copies {
    /// Every copy, in as few groups as there can be.
    #[must_use]
    pub fn grouped(mut issued: Vec<IssuedCoupon>) -> Vec<Self> {
        issued.sort_by_key(in_common);
        let groups = issued.chunk_by(|one, next| in_common(one) == in_common(next));
        groups.filter_map(together).collect()
    }
}

fn in_common(copy: &IssuedCoupon) -> (CouponId, u32, &'static str, u64, Timestamp, bool) {
    let has_key = copy.request_key.is_some();
    let state = copy.state.text();
    let (ordinal, used) = (copy.ordinal, copy.used);
    (
        copy.coupon_id,
        ordinal,
        state,
        used,
        copy.issued_at,
        has_key,
    )
}

fn together(copies: &[IssuedCoupon]) -> Option<Copies> {
    let (coupon, ordinal, state, used, issued_at, has_key) = in_common(copies.first()?);
    let ids = copies.iter().flat_map(|copy| *copy.id.as_bytes());
    let keys = copies.iter().filter_map(|copy| copy.request_key);
    let keys = keys.flat_map(|key| key.0).collect();
    let consumers: Vec<_> = copies
        .iter()
        .map(|copy| copy.consumer_id.as_str())
        .collect();
    Some(Copies {
        coupon,
        ordinal,
        state,
        used: integer(used),
        issued_at,
        ids: ids.collect(),
        keys: has_key.then_some(keys),
        consumers: serde_json::json!(consumers).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ConsumerId, EventId, IssuedCouponId, IssuedCouponState, RequestKey};

    fn copy(id: u8, consumer: &str, ordinal: u32, key: Option<u8>) -> IssuedCoupon {
        IssuedCoupon {
            id: IssuedCouponId::from_uuid(uuid::Uuid::from_bytes([id; 16])),
            coupon_id: CouponId::OF_NOTHING,
            event_id: EventId::OF_NOTHING,
            consumer_id: ConsumerId::new(consumer).unwrap(),
            ordinal,
            state: IssuedCouponState::Active,
            used: 0,
            issued_at: Timestamp::from_micros(7),
            expires_at: Timestamp::from_micros(8),
            request_key: key.map(|key| RequestKey([key; 16])),
        }
    }

    #[test]
    fn alike_copies_are_one_group_wherever_they_stand_and_each_keeps_what_is_its_own() {
        let groups = Copies::grouped(vec![
            copy(1, "a", 1, Some(10)),
            copy(2, "b", 1, None),
            copy(3, "c", 1, Some(30)),
            copy(4, "e", 2, None),
            copy(5, "d", 1, None),
        ]);
        let group = |ordinal, ids: &[u8], keys: Option<&[u8]>, consumers: &str| Copies {
            coupon: CouponId::OF_NOTHING,
            ordinal,
            state: "ACTIVE",
            used: 0,
            issued_at: Timestamp::from_micros(7),
            ids: ids.iter().flat_map(|id| [*id; 16]).collect(),
            keys: keys.map(|keys| keys.iter().flat_map(|key| [*key; 16]).collect()),
            consumers: consumers.to_owned(),
        };
        let expected = [
            group(1, &[2, 5], None, r#"["b","d"]"#),
            group(1, &[1, 3], Some(&[10, 30]), r#"["a","c"]"#),
            group(2, &[4], None, r#"["e"]"#),
        ];
        assert_eq!(groups, expected);
        assert_eq!(Copies::grouped(vec![]), []);
    }
}
