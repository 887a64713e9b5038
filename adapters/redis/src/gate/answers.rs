//! What the gate's scripts answer, read. Bytes that no script of this program has written are refused.

use domain::ports::{Admission, LongUndecided};
use domain::{ConsumerId, CouponId, IssuedCouponId};
use redis::Value;
use uuid::Uuid;

use crate::error::CallError;

/// What `admit.lua` answers about so many arrivals.
pub(super) fn admissions(
    answer: Value,
    arrivals: usize,
) -> Result<Option<Vec<Admission>>, CallError> {
    match answer {
        Value::Nil => Ok(None),
        Value::Array(answers) if answers.len() == arrivals => answers
            .into_iter()
            .map(admission)
            .collect::<Result<_, _>>()
            .map(Some),
        _ => Err(CallError::Odd),
    }
}

fn admission(answer: Value) -> Result<Admission, CallError> {
    match answer {
        Value::Int(0) => Ok(Admission::Undecided),
        Value::Int(1) => Ok(Admission::Admitted),
        Value::Int(2) => Ok(Admission::Full),
        Value::BulkString(bytes) => {
            let (coupon, copy) = bytes.split_at_checked(16).ok_or(CallError::Odd)?;
            let copy = IssuedCouponId::from_uuid(uuid(copy)?);
            Ok(Admission::Holder(copy, CouponId::from_uuid(uuid(coupon)?)))
        }
        _ => Err(CallError::Odd),
    }
}

/// What `long_undecided.lua` answers.
pub(super) fn places(answer: Vec<(String, Vec<u8>)>) -> Result<Vec<LongUndecided>, CallError> {
    answer
        .into_iter()
        .map(|(consumer, coupon)| {
            Ok(LongUndecided {
                consumer_id: ConsumerId::new(consumer).map_err(|_invalid| CallError::Odd)?,
                coupon_id: CouponId::from_uuid(uuid(&coupon)?),
            })
        })
        .collect()
}

fn uuid(bytes: &[u8]) -> Result<Uuid, CallError> {
    Uuid::from_slice(bytes).map_err(|_length| CallError::Odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_arrival_gets_its_own_answer_in_order() {
        let (coupon, copy) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let bytes = [*coupon.as_bytes(), *copy.as_bytes()].concat();
        let answer = vec![
            Value::Int(1),
            Value::BulkString(bytes),
            Value::Int(0),
            Value::Int(2),
        ];
        let holder =
            Admission::Holder(IssuedCouponId::from_uuid(copy), CouponId::from_uuid(coupon));
        assert_eq!(
            admissions(Value::Array(answer), 4).unwrap().unwrap(),
            [
                Admission::Admitted,
                holder,
                Admission::Undecided,
                Admission::Full
            ]
        );
        assert_eq!(admissions(Value::Nil, 4).unwrap(), None);
    }

    #[rstest]
    #[case::too_few(Value::Array(vec![Value::Int(1)]))]
    #[case::unknown_number(Value::Array(vec![Value::Int(1), Value::Int(3)]))]
    #[case::short(Value::Array(vec![Value::Int(1), Value::BulkString(vec![0; 16])]))]
    #[case::long(Value::Array(vec![Value::Int(1), Value::BulkString(vec![0; 33])]))]
    #[case::no_list(Value::Int(1))]
    fn what_no_script_answers_is_refused(#[case] answer: Value) {
        assert!(admissions(answer, 2).is_err());
    }

    #[test]
    fn a_place_has_a_consumer_and_a_coupon() {
        let place = |consumer: &str, length| places(vec![(consumer.into(), vec![0; length])]);
        assert_eq!(place("c", 16).unwrap()[0].consumer_id.as_str(), "c");
        assert!(place("", 16).is_err());
        assert!(place("c", 15).is_err());
    }
}
