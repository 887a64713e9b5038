//! One turn of a lane: what becomes of a batch.
//!
//! The gate, where there is one, says which requests are refused already and which come first; the
//! ledger decides all others. Callers are answered before anything is written down in the gate, and the
//! next batch's turn does not wait for that: who asks again meanwhile is decided by the ledger.

use domain::{EventId, IssueOutcome, IssueScope, ports::StoreError};
use tracing::warn;

use super::{Lanes, Waiting, facts::Facts};
use crate::{KnownCoupon, NodeGate, node_gate::Way};

impl Lanes {
    /// Answers all of a batch, and returns what a gate is to be [told](Self::tell) of it.
    pub(super) async fn turn(&self, scope: IssueScope, batch: Vec<Waiting>) -> Option<Facts> {
        match self.gate_of(scope) {
            None => {
                self.decide(scope, batch, None).await;
                None
            }
            Some((gate, event)) => self.gated_turn(gate, event, batch).await,
        }
    }

    /// Tells the gate of this lane what a batch has shown.
    pub(super) async fn tell(&self, scope: IssueScope, facts: Facts) {
        if let Some((gate, event)) = self.gate_of(scope) {
            let decided = facts.decided(scope, &*self.ledger).await;
            gate.settle(event, &decided).await;
        }
    }

    /// The gate that stands before this lane.
    pub(super) fn gate_of(&self, scope: IssueScope) -> Option<(&NodeGate, EventId)> {
        match scope {
            IssueScope::Event(event) => self.gate.as_deref().map(|gate| (gate, event)),
            IssueScope::Coupon(_) => None,
        }
    }

    async fn gated_turn(
        &self,
        gate: &NodeGate,
        event: EventId,
        batch: Vec<Waiting>,
    ) -> Option<Facts> {
        let scope = IssueScope::Event(event);
        let requests: Vec<_> = batch.iter().map(|waiting| &waiting.request).collect();
        let Some(ways) = gate.ask(event, &requests).await else {
            self.count_and_decide(scope, batch, None).await;
            return None;
        };
        let mut facts = Facts::default();
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for (waiting, way) in batch.into_iter().zip(ways) {
            match way {
                Way::Refused(refusal) => waiting.answer(Ok(IssueOutcome::Refused(refusal))),
                Way::Known => {
                    facts.known(&waiting.request.consumer_id);
                    first.push(waiting);
                }
                Way::First => first.push(waiting),
                Way::Last => last.push(waiting),
            }
        }
        self.count_and_decide(scope, first, Some(&mut facts)).await;
        // What the ledger has just said may have made it certain.
        let mut left = Vec::new();
        for waiting in last {
            match gate.remembered(&waiting.request) {
                Some(refusal) => waiting.answer(Ok(IssueOutcome::Refused(refusal))),
                None => left.push(waiting),
            }
        }
        self.count_and_decide(scope, left, Some(&mut facts)).await;
        Some(facts)
    }

    async fn count_and_decide(
        &self,
        scope: IssueScope,
        batch: Vec<Waiting>,
        facts: Option<&mut Facts>,
    ) {
        let taken = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.taken_to_the_ledger.increment(taken);
        self.decide(scope, batch, facts).await;
    }

    /// Lets the ledger answer.
    async fn decide(&self, scope: IssueScope, batch: Vec<Waiting>, mut facts: Option<&mut Facts>) {
        if batch.is_empty() {
            return;
        }
        let (requests, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.request, waiting.answer))
            .unzip();
        // Only a gate wants to know afterwards who it was.
        let asked = facts.as_ref().map(|_| {
            let asked = requests.iter();
            asked
                .map(|request| (request.consumer_id.clone(), request.coupon_id))
                .collect::<Vec<_>>()
        });
        match self.ledger.issue(scope, requests).await {
            Ok(batch) => {
                let read = batch.coupons.into_iter().map(KnownCoupon::learned);
                self.answers.learn_all(read);
                if let (Some(facts), Some(asked)) = (&mut facts, asked) {
                    for ((consumer, coupon), outcome) in asked.into_iter().zip(&batch.outcomes) {
                        facts.note(consumer, coupon, outcome);
                    }
                }
                for (answer, outcome) in answers.into_iter().zip(batch.outcomes) {
                    // A caller that has gone away has its answer in the ledger.
                    let _gone = answer.send(Ok(outcome));
                }
            }
            Err(error) => {
                warn!(%error, cause = ?std::error::Error::source(&error), requests = answers.len(), "a batch was not answered");
                for answer in answers {
                    let _gone = answer.send(Err(error.clone()));
                }
            }
        }
    }
}

impl Waiting {
    fn answer(self, outcome: Result<IssueOutcome, StoreError>) {
        // A caller that has gone away is told nothing.
        let _gone = self.answer.send(outcome);
    }
}
