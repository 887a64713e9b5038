//! A node's side of the gate that stands in front of the ledger.
//!
//! Asks the gate about a batch, and says of each request whether the gate's word is enough, or when the
//! ledger is to decide. Must never say yes, and never "sold out": that as many have a place as there
//! are copies is a hint about whom to ask for first, and no answer.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use domain::{
    CouponKind, EventId, IssueRefusal, IssueRequest,
    ports::{Admission, AdmissionGate, Arrival, Decided, GateError, GateGenerations, StoreError},
};
use metrics::{Counter, Gauge};
use tokio::time::timeout;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    FinalAnswers, LedgerClock,
    gates_to_fill::{GatesToFill, Why},
};

/// A gate answers sooner, or is not waited for.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a request's way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Refused, as the ledger would.
    Refused(IssueRefusal),
    /// To the ledger; what the consumer has is known to the gate.
    Known,
    /// To the ledger.
    First,
    /// To the ledger, after the others.
    Last,
}

/// See the module's header.
pub struct NodeGate {
    gate: Arc<dyn AdmissionGate>,
    generations: Arc<dyn GateGenerations>,
    answers: Arc<FinalAnswers>,
    clock: Arc<LedgerClock>,
    generation: ArcSwapOption<Uuid>,
    is_away: AtomicBool,
    away: Gauge,
    to_fill: GatesToFill,
    refused_by_gate: Counter,
    refused_from_memory: Counter,
}

impl NodeGate {
    /// A node's side of `gate`. It is not asked before
    /// [`learn_generation`](Self::learn_generation).
    #[must_use]
    pub fn new(
        gate: Arc<dyn AdmissionGate>,
        generations: Arc<dyn GateGenerations>,
        answers: Arc<FinalAnswers>,
        clock: Arc<LedgerClock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            gate,
            generations,
            answers,
            clock,
            generation: ArcSwapOption::empty(),
            is_away: AtomicBool::new(false),
            away: metrics::gauge!("firstcome_gate_away"),
            to_fill: GatesToFill::default(),
            refused_by_gate: metrics::counter!("firstcome_issue_answers_total", "from" => "gate"),
            refused_from_memory: metrics::counter!("firstcome_issue_answers_total", "from" => "memory"),
        })
    }

    /// Asks the ledger which generation is to be believed; whoever runs this does so twice a second.
    ///
    /// # Errors
    /// Any [`StoreError`]; what was known stays.
    pub async fn learn_generation(&self) -> Result<Uuid, StoreError> {
        let generation = self.generations.gate_generation().await?;
        if self.generation.load().as_deref() != Some(&generation) {
            self.generation.store(Some(Arc::new(generation)));
        }
        Ok(generation)
    }

    /// The way of each request, in order. `None` when the gate has nothing to say: the generation is
    /// not known, it does not answer, or it is closed, which is noted.
    pub(crate) async fn ask(&self, event: EventId, requests: &[&IssueRequest]) -> Option<Vec<Way>> {
        let generation = **self.generation.load().as_ref()?;
        let known: Vec<_> = requests
            .iter()
            .map(|request| self.answers.get(request.coupon_id))
            .collect();
        let arrivals: Vec<Arrival> = requests
            .iter()
            .zip(&known)
            .filter_map(|(request, known)| match known.as_ref()?.coupon.kind {
                CouponKind::Issue { maximum_issued, .. } => Some(Arrival {
                    coupon_id: request.coupon_id,
                    cap: maximum_issued,
                    consumer_id: request.consumer_id.clone(),
                }),
                CouponKind::Use { .. } => None,
            })
            .collect();
        let asked = self.gate.admit(event, generation, &arrivals);
        let Some(admissions) = self.in_time(asked).await? else {
            self.to_fill.note(event, Why::Closed);
            return None;
        };
        let now = self.clock.time();
        let mut admissions = admissions.into_iter();
        let way = |(request, known): (&&IssueRequest, &Option<Arc<crate::KnownCoupon>>)| {
            let Some(known) = known.as_ref().filter(|known| is_issue(known.coupon.kind)) else {
                return Way::First;
            };
            match admissions.next() {
                None | Some(Admission::Admitted | Admission::Undecided) => Way::First,
                Some(Admission::Full) => Way::Last,
                Some(Admission::Holder(copy, of)) => known
                    .refusal_of_holder(request, (copy, of), now)
                    .map_or(Way::Known, Way::Refused),
            }
        };
        let ways: Vec<Way> = requests.iter().zip(&known).map(way).collect();
        let refused = ways.iter().filter(|way| matches!(way, Way::Refused(_)));
        self.refused_by_gate.increment(count(refused.count()));
        Some(ways)
    }

    /// What this node's memory refuses by now.
    pub(crate) fn remembered(&self, request: &IssueRequest) -> Option<IssueRefusal> {
        let known = self.answers.get(request.coupon_id)?;
        let may_be_replay = request.request_key.is_some();
        let refusal = known.refusal(&request.consumer_id, may_be_replay, self.clock.time())?;
        self.refused_from_memory.increment(1);
        Some(refusal)
    }

    /// Tells the gate what the ledger has decided. When that fails, the places stay undecided until
    /// they are reconciled.
    pub(crate) async fn settle(&self, event: EventId, decided: &[Decided]) {
        let generation = self.generation.load_full();
        if let Some(generation) = generation.filter(|_| !decided.is_empty()) {
            let settled = self.gate.settle(event, *generation, decided);
            let _settled_or_away = self.in_time(settled).await;
        }
    }

    /// Whether the gate answers now. Asks it about no event in particular, and waits 200 ms at most.
    pub async fn is_there(&self) -> bool {
        let asked = self
            .gate
            .is_open(EventId::from_uuid(Uuid::nil()), Uuid::nil());
        self.in_time(asked).await.is_some()
    }

    pub(crate) fn port(&self) -> &dyn AdmissionGate {
        &*self.gate
    }

    pub(crate) const fn to_fill(&self) -> &GatesToFill {
        &self.to_fill
    }

    /// The ledger's time.
    pub(crate) fn now(&self) -> domain::Timestamp {
        self.clock.now()
    }

    /// The gate's answer, if it comes in time. Says so in the log when that changes.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, GateError>>) -> Option<T> {
        let answer = timeout(PATIENCE, answer).await;
        let is_away = !matches!(answer, Ok(Ok(_)));
        let was_away = self.is_away.swap(is_away, Ordering::Relaxed);
        self.away.set(u8::from(is_away));
        match answer {
            Ok(Ok(answer)) => {
                if was_away {
                    info!("the gate answers again");
                }
                Some(answer)
            }
            Ok(Err(error)) => {
                if !was_away {
                    let cause = error.source().map(ToString::to_string);
                    warn!(%error, cause, "the ledger is asked without the gate");
                }
                None
            }
            Err(_) => {
                if !was_away {
                    warn!("the gate takes too long; the ledger is asked without it");
                }
                None
            }
        }
    }
}

const fn is_issue(kind: CouponKind) -> bool {
    matches!(kind, CouponKind::Issue { .. })
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
