use super::*;
use crate::testing::{MockLedger, coupon, use_kind};
use domain::ports::{StoreError, Withdrawn};
use domain::{Coupon, CouponId, Epoch};
use uuid::Uuid;

fn exhausted(number: u64) -> Coupon {
    Coupon {
        id: CouponId::from_uuid(Uuid::from_u128(number.into())),
        epoch: Epoch(number),
        ..coupon(use_kind(1))
    }
}

/// A ledger with these coupons, whose batches come to what their numbers say.
fn job(numbers: Vec<u64>, batch: fn(u64) -> Result<u32, StoreError>) -> WithdrawCoupons {
    let mut ledger = MockLedger::new();
    let times = numbers.len();
    ledger
        .expect_to_be_withdrawn()
        .once()
        .returning(move |_| Ok(numbers.iter().copied().map(exhausted).collect()));
    ledger
        .expect_withdraw()
        .times(times)
        .withf(|id, epoch, limit| *limit == COPIES && id.as_uuid().as_u128() == u128::from(epoch.0))
        .returning(move |_, epoch, _| {
            batch(epoch.0).map(|copies| Withdrawn {
                copies,
                more: copies == COPIES,
            })
        });
    WithdrawCoupons::new(Arc::new(ledger))
}

#[tokio::test]
async fn each_coupon_has_one_batch_at_the_epoch_at_which_it_was_exhausted() {
    let job = job(vec![1, 2], |number| {
        Ok(if number == 1 { COPIES } else { 5 })
    });
    let expected = Worked {
        done: u64::from(COPIES) + 5,
        more: true,
    };
    assert_eq!(job.step().await.unwrap(), expected);
}

#[tokio::test]
async fn when_nothing_was_withdrawn_the_next_step_waits_for_its_time() {
    assert_eq!(
        job(vec![], |_| Ok(0)).step().await.unwrap(),
        Worked::default()
    );
    // The cap was raised meanwhile.
    assert_eq!(
        job(vec![1], |_| Ok(0)).step().await.unwrap(),
        Worked::default()
    );
}

#[tokio::test]
async fn one_coupons_failure_fails_the_step_and_keeps_no_other_from_its_batch() {
    let job = job(vec![1, 2], |number| match number {
        1 => Err(StoreError::Overloaded),
        _ => Ok(1),
    });
    assert!(job.step().await.is_err());
}
