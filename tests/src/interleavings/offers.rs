//! Readers, writers and a sweeper on a [`Ranked`] map.

use std::sync::Arc;

use shuttle::thread::spawn;

use super::{
    explore,
    ranked::{Rank, Ranked},
};

const KEY: &str = "key";
const LOOKS: usize = 4;
/// What each of the writers offers, in this order.
const OFFERS: [&[u32]; 3] = [&[1, 4], &[3, 2], &[2, 4, 1]];
const HIGHEST: u32 = 4;
/// The sweeper keeps what ranks at least so high.
const KEPT: u32 = 2;

struct Fact {
    rank: u32,
    writer: usize,
}

impl Rank for Fact {
    type Rank = u32;

    fn rank(&self) -> u32 {
        self.rank
    }
}

type Facts = Arc<Ranked<&'static str, Fact>>;

/// The offers that were kept, as their writer was told.
fn write(facts: &Facts, writer: usize) -> Vec<(u32, usize)> {
    let kept = |rank: &&u32| {
        facts.offer(
            KEY,
            Fact {
                rank: **rank,
                writer,
            },
        )
    };
    let kept = OFFERS[writer].iter().filter(kept);
    kept.map(|rank| (*rank, writer)).collect()
}

/// Whoever looks again never sees less.
fn look(facts: &Facts) {
    let mut highest = 0;
    for _ in 0..LOOKS {
        if let Some(fact) = facts.get(&KEY) {
            assert!(fact.rank >= highest, "what was known is forgotten");
            highest = fact.rank;
        }
    }
}

fn sweep(facts: &Facts) {
    for _ in 0..2 {
        facts.retain(|fact| fact.rank >= KEPT);
    }
}

fn one_key(with_sweeper: bool) {
    let facts = Facts::default();
    let writers: Vec<_> = (0..OFFERS.len())
        .map(|writer| {
            let facts = Arc::clone(&facts);
            spawn(move || write(&facts, writer))
        })
        .collect();
    let mut others = vec![{
        let facts = Arc::clone(&facts);
        spawn(move || look(&facts))
    }];
    if with_sweeper {
        let facts = Arc::clone(&facts);
        others.push(spawn(move || sweep(&facts)));
    }
    let mut kept: Vec<_> = writers
        .into_iter()
        .flat_map(|writer| writer.join().unwrap())
        .collect();
    for other in others {
        other.join().unwrap();
    }
    kept.sort_unstable();
    if !with_sweeper {
        let distinct = kept.is_sorted_by(|(one, _), (other, _)| one < other);
        assert!(distinct, "a rank was kept beside its equal: {kept:?}");
    }
    let present = facts.get(&KEY).unwrap();
    assert_eq!(kept.last(), Some(&(present.rank, present.writer)));
    assert_eq!(present.rank, HIGHEST);
}

/// With offers and looks from all sides, the highest offer stays, each rank is kept once at most, and
/// nobody who looks sees the rank fall; nor when a sweeper takes away what ranks low.
///
/// # Panics
/// In an interleaving in which that does not hold.
pub fn offers_to_one_key_only_rise() {
    explore(|| one_key(false));
    explore(|| one_key(true));
}

/// A map is replaced as a whole, and yet nobody's offer is lost to another's for another key, nor to a
/// sweeper that takes neither.
///
/// # Panics
/// In an interleaving in which that does not hold.
pub fn offers_to_other_keys_are_not_lost() {
    const KEYS: [&str; 3] = ["a", "b", "c"];
    explore(|| {
        let facts = Facts::default();
        facts.offer(KEY, Fact { rank: 1, writer: 0 });
        let mut threads: Vec<_> = KEYS
            .into_iter()
            .enumerate()
            .map(|(writer, key)| {
                let facts = Arc::clone(&facts);
                spawn(move || {
                    let rank = HIGHEST;
                    assert!(facts.offer(key, Fact { rank, writer }));
                })
            })
            .collect();
        let sweeper = Arc::clone(&facts);
        threads.push(spawn(move || sweep(&sweeper)));
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(facts.get(&KEY).is_none(), "what ranks low was not swept");
        let mut writers: Vec<_> = facts
            .select(|_| true)
            .iter()
            .map(|fact| fact.writer)
            .collect();
        writers.sort_unstable();
        assert_eq!(writers, [0, 1, 2]);
    });
}

/// What is offered at once is there at once: nobody who looks sees a part of it, and where several
/// overlap, each key keeps the highest, whichever came first.
///
/// # Panics
/// In an interleaving in which that does not hold.
pub fn offers_at_once_are_seen_at_once() {
    const KEYS: [&str; 3] = ["a", "b", "c"];
    explore(|| {
        let facts = Facts::default();
        let mut threads: Vec<_> = (1..=2)
            .map(|rank| {
                let facts = Arc::clone(&facts);
                spawn(move || {
                    let writer = 0;
                    let offers = KEYS.map(|key| (key, Fact { rank, writer }));
                    let kept = facts.offer_all(offers).len();
                    assert!(
                        kept == KEYS.len() || (rank == 1 && kept == 0),
                        "kept {kept}"
                    );
                })
            })
            .collect();
        let looking = Arc::clone(&facts);
        threads.push(spawn(move || {
            for _ in 0..LOOKS {
                let seen = looking.select(|_| true);
                let ranks: Vec<_> = seen.iter().map(|fact| fact.rank).collect();
                assert!(
                    [vec![], vec![1; 3], vec![2; 3]].contains(&ranks),
                    "{ranks:?}"
                );
            }
        }));
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(KEYS.iter().all(|key| facts.get(key).unwrap().rank == 2));
    });
}
