//! What a turn has shown about its consumers, for the gate to know.
//!
//! Only what the ledger has answered; a batch whose outcome is unknown shows nothing.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    ConsumerId, CouponId, IssueOutcome, IssueRefusal, IssueScope, IssuedCouponId,
    ports::{CouponLedger, Decided},
};
use tokio::time::timeout;
use tracing::warn;

/// How long a lane waits to learn which coupon's copies they are.
const PATIENCE: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Whose copy the gate has named itself.
    known: HashSet<ConsumerId>,
    holders: HashMap<ConsumerId, (CouponId, IssuedCouponId)>,
    /// Who has a copy in the event; a refusal does not say of which coupon.
    holders_of_some: HashSet<ConsumerId>,
    without: Vec<(ConsumerId, CouponId)>,
}

impl Facts {
    /// The gate knows what this consumer has.
    pub(super) fn known(&mut self, consumer: &ConsumerId) {
        self.known.insert(consumer.clone());
    }

    /// The ledger has answered a request.
    pub(super) fn note(&mut self, consumer: ConsumerId, coupon: CouponId, outcome: &IssueOutcome) {
        match outcome {
            IssueOutcome::Issued(copy) | IssueOutcome::Replayed(copy) => {
                self.holders.insert(consumer, (copy.coupon_id, copy.id));
            }
            IssueOutcome::Refused(_) if self.known.contains(&consumer) => {}
            IssueOutcome::Refused(IssueRefusal::SingleCouponAvailablePerEvent { .. }) => {
                self.holders_of_some.insert(consumer);
            }
            IssueOutcome::Refused(_) => self.without.push((consumer, coupon)),
        }
    }

    /// All of it, after the ledger has been asked, once, whose copies are of which coupon. What it
    /// does not say in time stays undecided.
    pub(super) async fn decided(
        mut self,
        scope: IssueScope,
        ledger: &dyn CouponLedger,
    ) -> Vec<Decided> {
        let unclear: Vec<_> = self
            .holders_of_some
            .iter()
            .filter(|consumer| !self.holders.contains_key(*consumer))
            .cloned()
            .collect();
        if !unclear.is_empty() {
            match timeout(PATIENCE, ledger.copies_among(scope, unclear)).await {
                Ok(Ok(copies)) => self.holders.extend(
                    copies
                        .into_iter()
                        .map(|copy| (copy.consumer_id, (copy.coupon_id, copy.id))),
                ),
                Ok(Err(error)) => warn!(%error, "the gate is not told of some copies"),
                Err(_) => warn!("the ledger takes too long; the gate is not told of some copies"),
            }
        }
        let without = self.without.into_iter().filter(|(consumer, _)| {
            !self.holders.contains_key(consumer) && !self.holders_of_some.contains(consumer)
        });
        let without: Vec<_> = without
            .map(|(consumer, coupon)| Decided::Free(consumer, coupon))
            .collect();
        let holders = self.holders.into_iter();
        holders
            .map(|(consumer, (coupon, copy))| Decided::Holder(consumer, coupon, copy))
            .chain(without)
            .collect()
    }
}
