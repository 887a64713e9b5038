//! The storm: every consumer with a token of its own, over a fixed number of connections. Ends when all
//! know, or when it is told to stop; then what is in flight is still waited for.

use std::{
    collections::BinaryHeap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

use adapter_http::Role;
use tokio::{task::JoinSet, time::sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    RehearsalError,
    errand::{self, Errand, Heard, Step, Words},
    line::{Line, LineError},
    plan::{Kind, Plan},
    request,
    schedule::Schedule,
    stage::Stage,
    tally::{Tally, Told},
    tickets::Tickets,
    timeline::Timeline,
};

/// Errands that one connection lets lie before it takes on no new consumers.
const MOST_LATER: usize = 256;

/// See the module's header.
pub(super) struct Storm {
    kind: Kind,
    consumers: u32,
    connections: usize,
    next: AtomicU32,
    schedule: Schedule,
    nodes: Arc<[SocketAddr]>,
    stage: Stage,
    tickets: Tickets,
    pub(super) tally: Tally,
    pub(super) timeline: Arc<Timeline>,
    /// Nobody new begins once it is cancelled.
    pub(super) stop: CancellationToken,
}

impl Storm {
    pub(super) fn new(
        plan: &Plan,
        nodes: Arc<[SocketAddr]>,
        stage: &Stage,
        tickets: &Tickets,
        timeline: Arc<Timeline>,
        stop: CancellationToken,
    ) -> Result<Self, RehearsalError> {
        Ok(Self {
            kind: plan.kind,
            consumers: plan.consumers,
            connections: usize::try_from(plan.connections.get()).unwrap_or(usize::MAX),
            next: AtomicU32::new(0),
            schedule: Schedule::new(Instant::now(), plan.rate),
            nodes,
            stage: stage.clone(),
            tickets: tickets.clone(),
            tally: Tally::new()?,
            timeline,
            stop,
        })
    }

    /// Lets it loose. Answers with what was begun and not ended, when all connections are through.
    pub(super) async fn rage(self: &Arc<Self>) -> Vec<Errand> {
        let mut connections = JoinSet::new();
        for number in 0..self.connections {
            let storm = Arc::clone(self);
            connections.spawn(async move { storm.connection(number).await });
        }
        let mut left = Vec::new();
        while let Some(done) = connections.join_next().await {
            left.extend(done.unwrap_or_default());
        }
        left
    }

    async fn connection(&self, number: usize) -> Vec<Errand> {
        let mut line = Line::new(Arc::clone(&self.nodes), number);
        let mut queue = Queue::default();
        let mut request = Vec::with_capacity(1024);
        while let Some(errand) = queue.next(self) {
            let due = sleep_until(errand.due.into());
            let waited =
                errand.due <= Instant::now() || self.stop.run_until_cancelled(due).await.is_some();
            if !waited || self.stop.is_cancelled() || !self.write(&errand, &mut request) {
                queue.put_back(errand);
                break;
            }
            let from = self.schedule.counts_from(errand.due, Instant::now());
            let heard = line
                .ask(&request, |answer| {
                    let words: Words<'_> = answer.json().unwrap_or_default();
                    let code = words.code.as_deref().unwrap_or_default();
                    let took = (!matches!(errand.step, Step::TopUp(_))).then(|| from.elapsed());
                    self.tally.answered(number, answer.status, code, took);
                    errand::heard(errand.step, errand.tries > 0, &answer, &words)
                })
                .await;
            match heard {
                Ok(heard) => queue
                    .later
                    .extend(self.decide(number, errand, &heard).map(Due)),
                Err(LineError::NotReached(..)) => queue.put_back(errand),
                Err(LineError::NoAnswer(_)) => {
                    self.tally
                        .answered(number, 0, "no answer", Some(from.elapsed()));
                    queue.later.push(Due(errand.again(Instant::now())));
                }
            }
        }
        queue.begun()
    }

    /// Writes what is sent for an errand; false if nobody may have such a token.
    fn write(&self, errand: &Errand, request: &mut Vec<u8>) -> bool {
        let Stage {
            coupon,
            product,
            name,
            ..
        } = &self.stage;
        let (number, till) = (errand.consumer, Role::Service);
        let (token, path, body) = match errand.step {
            Step::Issue => {
                let path = format!("/v1/coupons/{coupon}/issued-coupons");
                (self.tickets.consumer(number), path, String::new())
            }
            Step::TopUp(_) => {
                let consumer = self.tickets.crowd().name(number);
                let path = format!("/v1/wallets/{consumer}/charges");
                let body = format!(r#"{{"amount":{}}}"#, request::TOP_UP);
                (self.tickets.role(till), path, body)
            }
            Step::Order(copy) => {
                let body = request::order(product, copy);
                (self.tickets.consumer(number), "/v1/orders".to_owned(), body)
            }
        };
        let key = (errand.step != Step::Issue).then_some(name.as_str());
        let written =
            token.map(|token| request::write(request, ("POST", &path), &token, key, &body));
        written.is_ok()
    }

    /// What becomes of an errand; none when its consumer knows.
    fn decide(&self, connection: usize, errand: Errand, heard: &Heard) -> Option<Errand> {
        let now = Instant::now();
        let consumer = errand.consumer;
        match (heard, errand.step) {
            (Heard::Later(wait), _) => return Some(errand.again(now.checked_add(*wait)?)),
            (Heard::ToppedUp, Step::TopUp(copy)) => {
                return Some(errand.then(Step::Order(copy), now));
            }
            (Heard::Copy(copy), _) => {
                let told = Told {
                    consumer,
                    copy: *copy,
                    order: None,
                };
                self.tally.heap(connection)?.copies.push(told);
                if self.kind == Kind::Use {
                    return Some(errand.then(Step::TopUp(*copy), now));
                }
                self.timeline.one_less();
            }
            (Heard::Paid(order), Step::Order(copy)) => {
                let told = Told {
                    consumer,
                    copy,
                    order: Some(*order),
                };
                self.tally.heap(connection)?.orders.push(told);
                self.timeline.one_less();
            }
            (Heard::Gone, _) => {
                let mut heap = self.tally.heap(connection)?;
                heap.gone = heap.gone.saturating_add(1);
            }
            (Heard::Odd | Heard::ToppedUp | Heard::Paid(_), _) => {
                let mut heap = self.tally.heap(connection)?;
                heap.odd = heap.odd.saturating_add(1);
            }
        }
        self.tally.knows();
        None
    }

    fn newcomer(&self) -> Option<Errand> {
        let number = self.next.fetch_add(1, Relaxed);
        if number >= self.consumers {
            // So that it never comes round.
            self.next.store(self.consumers, Relaxed);
            return None;
        }
        let now = Instant::now();
        Some(Errand::new(number, self.schedule.begins(number, now)))
    }
}

/// What a connection has still to send, the earliest first; one of them at most has not begun.
#[derive(Default)]
struct Queue {
    later: BinaryHeap<Due>,
    has_newcomer: bool,
}

impl Queue {
    fn next(&mut self, storm: &Storm) -> Option<Errand> {
        if !self.has_newcomer && self.later.len() < MOST_LATER {
            let newcomer = storm.newcomer();
            self.has_newcomer = newcomer.is_some();
            self.later.extend(newcomer.map(Due));
        }
        let Due(errand) = self.later.pop()?;
        if errand.has_not_begun() {
            self.has_newcomer = false;
        }
        Some(errand)
    }

    /// Was not sent.
    fn put_back(&mut self, errand: Errand) {
        self.has_newcomer |= errand.has_not_begun();
        self.later.push(Due(errand));
    }

    /// Whoever has begun and does not know.
    fn begun(self) -> Vec<Errand> {
        let errands = self.later.into_iter().map(|Due(errand)| errand);
        errands.filter(|errand| !errand.has_not_begun()).collect()
    }
}

/// An errand by when it is due.
#[derive(PartialEq, Eq)]
struct Due(Errand);

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.order().cmp(&other.0.order())
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
