//! A consumer asks for a copy of a coupon.

use std::sync::Arc;

use domain::{
    ConsumerId, CouponId, IssueOutcome, IssueRefusal, IssueRequest, IssueScope, IssuedCoupon,
    IssuedCouponId, RequestKey,
    ports::{Catalogue, IdGenerator, KeyScope, StoreError},
};
use metrics::Counter;

use crate::{
    FinalAnswers, KeyError, KeysInFlight, KnownCoupon, Lanes, LanesError, LedgerClock,
    coupon_reader::CouponReader,
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct IssueCouponRequest {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Who asks.
    pub consumer_id: ConsumerId,
    /// The idempotency key it is asked under: caller, method, path and key, as one digest.
    pub key: Option<KeyScope>,
}

/// Why there is no copy, or no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IssueCouponError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] IssueRefusal),
    /// The key is taken by a request that is still under way.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; it says whether anything may have happened.
    #[error(transparent)]
    Unanswered(#[from] LanesError),
}

impl From<StoreError> for IssueCouponError {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error.into())
    }
}

/// The use case. Refuses from memory what is certain, and lets the ledger decide the rest.
pub struct IssueCoupon {
    answers: Arc<FinalAnswers>,
    lanes: Arc<Lanes>,
    coupons: CouponReader,
    clock: Arc<LedgerClock>,
    ids: Arc<dyn IdGenerator>,
    keys: Arc<KeysInFlight>,
    refused_from_memory: Counter,
}

impl IssueCoupon {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        answers: Arc<FinalAnswers>,
        lanes: Arc<Lanes>,
        catalogue: Arc<dyn Catalogue>,
        clock: Arc<LedgerClock>,
        ids: Arc<dyn IdGenerator>,
        keys: Arc<KeysInFlight>,
    ) -> Self {
        Self {
            coupons: CouponReader::new(catalogue, Arc::clone(&answers)),
            answers,
            lanes,
            clock,
            ids,
            keys,
            refused_from_memory: metrics::counter!("firstcome_issue_answers_total", "from" => "memory"),
        }
    }

    /// The consumer's copy, stored durably: newly issued, or issued to this same request before.
    ///
    /// # Errors
    /// [`IssueCouponError`]. After `Unanswered` with an unknown outcome the copy may be stored; the
    /// same request again tells.
    pub async fn execute(
        &self,
        request: IssueCouponRequest,
    ) -> Result<IssuedCoupon, IssueCouponError> {
        let IssueCouponRequest {
            coupon_id,
            consumer_id,
            key,
        } = request;
        let known = self.known(coupon_id).await?;
        if let Some(refusal) = known.refusal(&consumer_id, key.is_some(), self.clock.time()) {
            self.refused_from_memory.increment(1);
            return Err(refusal.into());
        }
        let _in_flight = match key {
            Some(key) => Some(self.keys.enter(key).await?),
            None => None,
        };
        let request = IssueRequest {
            issued_coupon_id: IssuedCouponId::from_uuid(self.ids.next_id()),
            coupon_id,
            consumer_id,
            request_key: key.map(request_key),
        };
        match self
            .lanes
            .issue(IssueScope::of(&known.coupon), request)
            .await?
        {
            IssueOutcome::Issued(copy) => Ok(copy),
            IssueOutcome::Replayed(copy) => Ok(as_first_answered(copy)),
            IssueOutcome::Refused(refusal) => Err(refusal.into()),
        }
    }

    async fn known(&self, id: CouponId) -> Result<Arc<KnownCoupon>, IssueCouponError> {
        if let Some(known) = self.answers.get(id) {
            return Ok(known);
        }
        let read = self.coupons.read(id).await?;
        Ok(read.ok_or(IssueRefusal::CouponNotFound)?)
    }
}

/// The key's digest covers caller and path, and so does the copy that it is stored with: half of it
/// is plenty.
fn request_key(KeyScope(digest): KeyScope) -> RequestKey {
    let mut key = [0; 16];
    key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    RequestKey(key)
}

/// A replay is given the answer of the first time, whatever has become of the copy since.
fn as_first_answered(copy: IssuedCoupon) -> IssuedCoupon {
    IssuedCoupon {
        state: domain::IssuedCouponState::Active,
        used: 0,
        ..copy
    }
}

#[cfg(test)]
mod tests;
