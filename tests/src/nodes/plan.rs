//! What goes wrong in a run, and when: drawn from a seed, the same for the same seed, whatever the
//! machine. It does nothing of it.

use std::{fmt, time::Duration};

use proptest::{
    prelude::RngExt,
    test_runner::{RngAlgorithm, TestRng},
};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `kill -9` of a node; its supervisor starts it again.
    NodeKilled,
    /// SIGSTOP of a node for longer than any lease, then SIGCONT.
    NodeStopped,
    /// FLUSHALL.
    GateFlushed,
    /// `kill -9` of Redis, which comes back empty.
    GateKilled,
    /// Redis is what it was long ago.
    GateRestored,
    /// A node's wire to Redis, or every node's, is cut.
    GateCut,
    /// Replies over the same wires are late.
    GateSlow,
    /// Requests over the same wires are late, and arrive although nobody waits for their reply.
    GateLate,
    /// The same wires bring no reply.
    GateSilent,
    /// `kill -9` of the database server, which comes back with what it had.
    DatabaseKilled,
    /// A node's wire to the database, or every node's, is cut.
    DatabaseCut,
    /// Replies over the same wires are late.
    DatabaseSlow,
    /// Requests over the same wires are late, and arrive although nobody waits for their reply.
    DatabaseLate,
    /// The same wires bring no reply.
    DatabaseSilent,
    /// The same wires bring no reply to a COMMIT, which is done.
    CommitsLost,
}

impl Kind {
    /// What can befall nodes.
    pub const OF_NODES: [Self; 2] = [Self::NodeKilled, Self::NodeStopped];
    /// What can befall Redis and the way there.
    pub const OF_GATE: [Self; 7] = [
        Self::GateFlushed,
        Self::GateKilled,
        Self::GateRestored,
        Self::GateCut,
        Self::GateSlow,
        Self::GateLate,
        Self::GateSilent,
    ];
    /// What can befall the database and the way there.
    pub const OF_DATABASE: [Self; 6] = [
        Self::DatabaseKilled,
        Self::DatabaseCut,
        Self::DatabaseSlow,
        Self::DatabaseLate,
        Self::DatabaseSilent,
        Self::CommitsLost,
    ];

    /// From how many milliseconds to how many it lasts.
    const fn lasts(self) -> (u64, u64) {
        match self {
            Self::GateFlushed => (0, 0),
            // The dump is older than that.
            Self::GateRestored => (1_000, 3_000),
            Self::NodeKilled => (50, 1_000),
            Self::DatabaseKilled => (50, 2_000),
            Self::GateKilled => (5_000, 5_000),
            // A lease lasts 5 s.
            Self::NodeStopped => (5_500, 7_000),
            Self::GateCut | Self::GateSlow | Self::GateLate | Self::GateSilent => (500, 3_000),
            Self::DatabaseCut | Self::CommitsLost => (500, 3_000),
            // What is late is so by 2 s.
            Self::DatabaseSlow | Self::DatabaseLate | Self::DatabaseSilent => (2_500, 5_000),
        }
    }

    /// Of whom it can be: of one node, of all, or either.
    const fn of_one_or_all(self) -> (bool, bool) {
        match self {
            Self::NodeKilled | Self::NodeStopped => (true, false),
            Self::GateFlushed | Self::GateKilled | Self::GateRestored | Self::DatabaseKilled => {
                (false, true)
            }
            _ => (true, true),
        }
    }
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// Of which node; of all when it is none.
    pub node: Option<usize>,
    /// How long after its step has begun.
    pub after: Duration,
    /// How long it lasts.
    pub lasts: Duration,
}

/// A crowd that comes while something goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How many come.
    pub crowd: usize,
    /// What goes wrong: one thing, or several at once.
    pub faults: Vec<Fault>,
}

impl Step {
    /// From its begin to the end of what goes wrong.
    pub fn lasts(&self) -> Duration {
        let ends = self.faults.iter().map(|fault| fault.after + fault.lasts);
        ends.max().unwrap_or_default()
    }

    /// What goes wrong in it, in a word.
    pub fn name(&self) -> String {
        match &self.faults[..] {
            [only] => format!("{:?}", only.kind),
            _ => "mixed".to_owned(),
        }
    }
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many consumers come.
    pub consumers: usize,
    /// How many copies there are for them.
    pub copies: usize,
    /// Steps in which one thing goes wrong.
    pub singles: usize,
    /// Steps in which several do, after those.
    pub mixes: usize,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it was drawn from.
    pub seed: u64,
    /// One after the other. Nine tenths of the copies are asked for before the last, in which
    /// everybody else comes.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Draws it: every kind as often as any other, in any order, at any of so many nodes.
    pub fn drawn(seed: u64, kinds: &[Kind], nodes: usize, size: Size) -> Self {
        let mut rng = chance(seed);
        let mut kinds = kinds.to_vec();
        let mut steps = Vec::new();
        for step in 0..size.singles {
            if step % kinds.len() == 0 {
                shuffle(&mut kinds, &mut rng);
            }
            steps.push(vec![kinds[step % kinds.len()]]);
        }
        for _ in 0..size.mixes {
            shuffle(&mut kinds, &mut rng);
            let several = rng.random_range(2..=kinds.len().min(4));
            steps.push(kinds[..several].to_vec());
        }
        let early = size.copies * 9 / 10;
        let mut crowds: Vec<_> = (2..steps.len())
            .map(|_| rng.random_range(0..=early))
            .collect();
        crowds.extend([0, early]);
        crowds.sort_unstable();
        let mut crowds: Vec<_> = crowds.windows(2).map(|two| two[1] - two[0]).collect();
        crowds.truncate(steps.len() - 1);
        crowds.push(size.consumers - crowds.iter().sum::<usize>());
        let steps = steps.into_iter().zip(crowds).map(|(kinds, crowd)| Step {
            crowd,
            faults: kinds
                .into_iter()
                .map(|kind| fault(kind, nodes, &mut rng))
                .collect(),
        });
        Self {
            seed,
            steps: steps.collect(),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "FC_SEED={}", self.seed)?;
        for step in &self.steps {
            write!(formatter, "{:>7} come", step.crowd)?;
            for fault in &step.faults {
                let (after, lasts) = (fault.after.as_millis(), fault.lasts.as_millis());
                write!(formatter, ", {:?}", fault.kind)?;
                match fault.node {
                    Some(node) => write!(formatter, " at {node}")?,
                    None => write!(formatter, " everywhere")?,
                }
                write!(formatter, " after {after} ms for {lasts} ms")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// Chance that is the same for the same seed.
pub(super) fn chance(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn fault(kind: Kind, nodes: usize, rng: &mut TestRng) -> Fault {
    let (least, most) = kind.lasts();
    let node = rng.random_range(0..nodes);
    let everywhere = match kind.of_one_or_all() {
        (true, true) => rng.random_bool(0.5),
        (_, all) => all,
    };
    Fault {
        kind,
        node: (!everywhere).then_some(node),
        after: Duration::from_millis(rng.random_range(0..500)),
        lasts: Duration::from_millis(rng.random_range(least..=most)),
    }
}

fn shuffle(kinds: &mut [Kind], rng: &mut TestRng) {
    for last in (1..kinds.len()).rev() {
        kinds.swap(last, rng.random_range(0..=last));
    }
}
