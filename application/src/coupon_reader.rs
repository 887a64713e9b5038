//! Reads the coupons that this node does not know: a thousand requests for a new coupon are one
//! question to the store, and those for one coupon do not wait for another's.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use domain::{
    CouponId,
    ports::{Catalogue, StoreError},
};
use parking_lot::Mutex;
use tokio::sync::{OnceCell, Semaphore};

use crate::{FinalAnswers, KnownCoupon};

/// How many requests may wait for a reading, over all coupons.
const ROOM: usize = 4_096;
/// How long a request waits for a reading.
const PATIENCE: Duration = Duration::from_secs(2);

type Reading = OnceCell<Option<Arc<KnownCoupon>>>;

/// See the module's header.
pub(crate) struct CouponReader {
    catalogue: Arc<dyn Catalogue>,
    answers: Arc<FinalAnswers>,
    room: Semaphore,
    under_way: Mutex<HashMap<CouponId, Weak<Reading>>>,
}

impl CouponReader {
    pub(crate) fn new(catalogue: Arc<dyn Catalogue>, answers: Arc<FinalAnswers>) -> Self {
        let (room, under_way) = (Semaphore::new(ROOM), Mutex::default());
        Self {
            catalogue,
            answers,
            room,
            under_way,
        }
    }

    /// The coupon, remembered from now on; none when there is none, which is not remembered.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too many wait, or for too long; else the store's own.
    pub(crate) async fn read(&self, id: CouponId) -> Result<Option<Arc<KnownCoupon>>, StoreError> {
        let _place = self
            .room
            .try_acquire()
            .map_err(|_| StoreError::Overloaded)?;
        let taking_part = self.take_part(id);
        let read = taking_part.reading.get_or_try_init(|| async {
            let coupon = self.catalogue.coupon(id).await?;
            Ok(coupon.map(|coupon| {
                let known = KnownCoupon::learned(coupon);
                self.answers.learn(known.clone());
                Arc::new(known)
            }))
        });
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(read) => read.cloned(),
            Err(_) => Err(StoreError::Overloaded),
        }
    }

    fn take_part(&self, id: CouponId) -> TakingPart<'_> {
        let mut under_way = self.under_way.lock();
        let entry = under_way.entry(id).or_default();
        let reading = entry.upgrade().unwrap_or_else(|| {
            let reading = Arc::default();
            *entry = Arc::downgrade(&reading);
            reading
        });
        TakingPart {
            reader: self,
            id,
            reading,
        }
    }
}

/// One request's part in a reading. The last to leave forgets it.
struct TakingPart<'a> {
    reader: &'a CouponReader,
    id: CouponId,
    reading: Arc<Reading>,
}

impl Drop for TakingPart<'_> {
    fn drop(&mut self) {
        let mut under_way = self.reader.under_way.lock();
        // Under the lock nobody can join: one left means this one.
        if Arc::strong_count(&self.reading) == 1 {
            under_way.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MockShelf, coupon, issue_kind};
    use uuid::Uuid;

    fn other() -> CouponId {
        CouponId::from_uuid(Uuid::from_u128(99))
    }

    fn reader(catalogue: MockShelf) -> CouponReader {
        CouponReader::new(Arc::new(catalogue), Arc::default())
    }

    #[tokio::test]
    async fn all_who_ask_while_a_question_is_under_way_share_its_answer_also_not_found() {
        // No question of theirs is expected here.
        let reader = reader(MockShelf::new());
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        let first = reader.take_part(other());
        let question = first.reading.get_or_try_init(|| async {
            answered.await.map_err(StoreError::unavailable)?;
            Ok::<_, StoreError>(None)
        });
        let others = futures_util::future::join_all((0..100).map(|_| reader.read(other())));
        let end = async { answer.send(()) };
        let (question, others, _) = tokio::join!(question, others, end);
        assert!(question.unwrap().is_none());
        assert!(others.into_iter().all(|answer| matches!(answer, Ok(None))));
        drop(first);
        assert!(reader.under_way.lock().is_empty());
    }

    #[tokio::test]
    async fn what_was_read_is_remembered_and_a_failure_is_not() {
        let mut catalogue = MockShelf::new();
        let mut order = mockall::Sequence::new();
        let failed = || Err(StoreError::unavailable("down"));
        catalogue
            .expect_coupon()
            .once()
            .in_sequence(&mut order)
            .returning(move |_| failed());
        catalogue
            .expect_coupon()
            .once()
            .in_sequence(&mut order)
            .returning(|_| Ok(Some(coupon(issue_kind(1)))));
        let reader = reader(catalogue);
        let id = coupon(issue_kind(1)).id;
        assert!(reader.read(id).await.is_err());
        assert!(reader.answers.get(id).is_none());
        assert!(reader.read(id).await.unwrap().is_some());
        assert!(reader.answers.get(id).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_takes_longer_than_two_seconds_is_not_waited_for() {
        let reader = reader(MockShelf::new());
        let slow = reader.take_part(other());
        let never = || std::future::pending::<Result<_, StoreError>>();
        let question = slow.reading.get_or_try_init(never);
        let asked = tokio::time::Instant::now();
        let given_up = tokio::select! {
            // The one that asks is the first to be polled.
            biased;
            _ = question => unreachable!("it is pending for ever"),
            given_up = reader.read(other()) => given_up,
        };
        assert!(matches!(given_up, Err(StoreError::Overloaded)));
        assert_eq!(asked.elapsed().as_secs(), 2);
        // Whoever gave up keeps no place.
        assert_eq!(reader.room.available_permits(), ROOM);
        drop(slow);
        assert!(reader.under_way.lock().is_empty());
    }

    #[tokio::test]
    async fn more_than_there_is_room_for_are_refused_at_once() {
        let reader = reader(MockShelf::new());
        let _all = reader
            .room
            .try_acquire_many(u32::try_from(ROOM).unwrap())
            .unwrap();
        assert!(matches!(
            reader.read(other()).await,
            Err(StoreError::Overloaded)
        ));
    }
}
