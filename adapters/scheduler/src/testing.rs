//! What the tests here share: locks that can be made to fail, a job that does as it is told.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::ports::{
    IdGenerator, Job, JobError, Lease, LockManager, Scheduler, StoreError, Worked,
};
use parking_lot::Mutex;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};
use uuid::Uuid;

use crate::TokioScheduler;

pub(crate) const PERIOD: Duration = Duration::from_secs(1);
pub(crate) const LEASE: Duration = Duration::from_secs(10);

/// Ids whose random part differs.
#[derive(Default)]
pub(crate) struct Ids(AtomicU64);

impl IdGenerator for Ids {
    fn next_id(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(number, number.wrapping_mul(97))
    }
}

/// How a lock manager behaves.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Honest,
    Fails,
    Hangs,
}

/// Locks whose leases run out on tokio's clock.
#[derive(Default)]
pub(crate) struct Locks {
    held: Mutex<HashMap<&'static str, (Uuid, Instant)>>,
    pub(crate) mood: Mutex<Mood>,
    pub(crate) asked: AtomicU64,
}

impl Locks {
    async fn answer(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mood = *self.mood.lock();
        match mood {
            Mood::Honest => Ok(()),
            Mood::Fails => Err(StoreError::unavailable("down")),
            Mood::Hangs => std::future::pending().await,
        }
    }

    fn until(micros: i64) -> Instant {
        Instant::now() + Duration::from_micros(micros.unsigned_abs())
    }

    /// Somebody else has it from now on.
    pub(crate) fn steal(&self, name: &'static str) {
        let hour = Duration::from_secs(3_600);
        let other = (Uuid::max(), Instant::now() + hour);
        self.held.lock().insert(name, other);
    }

    pub(crate) fn is_free(&self, name: &'static str) -> bool {
        let held = self.held.lock();
        held.get(name)
            .is_none_or(|(_, until)| *until <= Instant::now())
    }
}

#[async_trait]
impl LockManager for Locks {
    async fn acquire(
        &self,
        name: &'static str,
        owner: Uuid,
        micros: i64,
    ) -> Result<Option<Lease>, StoreError> {
        self.answer().await?;
        let mut held = self.held.lock();
        let others = held
            .get(name)
            .filter(|(holder, until)| *holder != owner && *until > Instant::now());
        if others.is_some() {
            return Ok(None);
        }
        held.insert(name, (owner, Self::until(micros)));
        Ok(Some(Lease {
            name,
            owner,
            generation: 1,
        }))
    }

    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError> {
        self.answer().await?;
        let mut held = self.held.lock();
        match held.get_mut(lease.name) {
            Some((owner, until)) if *owner == lease.owner && *until > Instant::now() => {
                *until = Self::until(micros);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.answer().await?;
        let mut held = self.held.lock();
        if held
            .get(lease.name)
            .is_some_and(|(owner, _)| *owner == lease.owner)
        {
            held.remove(lease.name);
        }
        Ok(())
    }
}

/// What a step does.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Full,
    Fails,
    Panics,
    Takes(Duration),
}

/// What happened, and when after the job was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    Began(Duration),
    Ended(Duration),
}

/// Does as it is told, step for step; then one thing in each step.
pub(crate) struct TestJob {
    pub(crate) name: &'static str,
    made: Instant,
    script: Mutex<VecDeque<Step>>,
    events: Mutex<Vec<Event>>,
    pub(crate) wake: Notify,
}

impl TestJob {
    pub(crate) fn new(script: impl Into<VecDeque<Step>>) -> Arc<Self> {
        Self::named("test", script)
    }

    pub(crate) fn named(name: &'static str, script: impl Into<VecDeque<Step>>) -> Arc<Self> {
        Arc::new(Self {
            name,
            made: Instant::now(),
            script: Mutex::new(script.into()),
            events: Mutex::default(),
            wake: Notify::new(),
        })
    }

    pub(crate) fn began(&self) -> Vec<Duration> {
        let events = self.events.lock();
        let began = events.iter().filter_map(|event| match event {
            Event::Began(at) => Some(*at),
            Event::Ended(_) => None,
        });
        began.collect()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().clone()
    }
}

#[async_trait]
impl Job for TestJob {
    fn name(&self) -> &'static str {
        self.name
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    async fn step(&self) -> Result<Worked, JobError> {
        self.events.lock().push(Event::Began(self.made.elapsed()));
        let step = self.script.lock().pop_front();
        let more = matches!(step, Some(Step::Full));
        match step {
            Some(Step::Fails) => return Err("told to".into()),
            Some(Step::Panics) => panic!("told to"),
            Some(Step::Takes(time)) => tokio::time::sleep(time).await,
            Some(Step::Full) | None => {}
        }
        self.events.lock().push(Event::Ended(self.made.elapsed()));
        Ok(Worked { done: 1, more })
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }
}

/// A node that runs one job.
pub(crate) struct Node {
    pub(crate) scheduler: Arc<TokioScheduler>,
    pub(crate) job: Arc<TestJob>,
    pub(crate) running: JoinHandle<()>,
}

impl Node {
    pub(crate) fn run(
        locks: &Arc<Locks>,
        ids: &Arc<Ids>,
        script: impl Into<VecDeque<Step>>,
    ) -> Self {
        let (locks, ids): (Arc<Locks>, Arc<Ids>) = (Arc::clone(locks), Arc::clone(ids));
        let scheduler = Arc::new(TokioScheduler::new(locks, ids));
        let job = TestJob::new(script);
        let (running, jobs) = (Arc::clone(&scheduler), Arc::clone(&job));
        Self {
            running: tokio::spawn(async move { running.run(vec![jobs]).await }),
            scheduler,
            job,
        }
    }
}
