//! Many tasks of two nodes at once.

use std::sync::Arc;

use domain::ports::{Admission, AdmissionGate, Arrival, GateCount};
use tokio::task::JoinSet;

use super::GateFixture;
use super::fixture::{SLACK, arrival, copy, holder};

const TASKS: usize = 32;

/// What each of the batches was answered, in order; all of them come at once, over both nodes.
async fn at_once(
    fixture: &Arc<GateFixture>,
    batches: Vec<Vec<Arrival>>,
) -> Vec<Option<Vec<Admission>>> {
    let mut tasks = JoinSet::new();
    for (number, batch) in batches.into_iter().enumerate() {
        let fixture = Arc::clone(fixture);
        tasks.spawn(async move {
            let (event, generation) = (fixture.event, fixture.generation);
            let answer = fixture.node(number).admit(event, generation, &batch).await;
            (number, answer.unwrap())
        });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn admitted(answers: &[Option<Vec<Admission>>]) -> usize {
    let all = answers.iter().flatten().flatten();
    all.filter(|answer| **answer == Admission::Admitted).count()
}

impl GateFixture {
    fn node(&self, number: usize) -> &dyn AdmissionGate {
        let nodes = [&*self.gate, &*self.other];
        nodes[number % 2]
    }
}

pub async fn a_stampede_over_two_nodes_gets_no_more_places_than_cap_and_slack(
    fixture: GateFixture,
) {
    let fixture = Arc::new(fixture);
    let batches = (0..TASKS).map(|task| fixture.crowd(&task.to_string(), 20));
    let answers = at_once(&fixture, batches.collect()).await;
    assert_eq!(admitted(&answers), 1 + SLACK);
    let counted = GateCount {
        holders: 0,
        undecided: 101,
    };
    assert_eq!(fixture.count().await, counted);
}

pub async fn one_crowd_on_two_coupons_gets_one_place_each(fixture: GateFixture) {
    let fixture = Arc::new(fixture);
    let crowd: Vec<_> = (0..50).map(|n| format!("a-{n}")).collect();
    let batches = (0..TASKS).map(|task| {
        let coupon = fixture.coupons[task / 2 % 2];
        let arrivals = crowd.iter().map(|name| arrival(coupon, 100, name.clone()));
        arrivals.collect()
    });
    let answers = at_once(&fixture, batches.collect()).await;
    for consumer in 0..crowd.len() {
        let own = answers.iter().flatten().map(|answers| answers[consumer]);
        let (first, again): (Vec<_>, Vec<_>) =
            own.partition(|answer| *answer == Admission::Admitted);
        assert_eq!(first.len(), 1);
        assert_eq!(again, vec![Admission::Undecided; TASKS - 1]);
    }
    assert_eq!(fixture.count().await.undecided, 50);
}

pub async fn a_gate_that_is_cleared_in_a_stampede_is_closed_or_empty(fixture: GateFixture) {
    let fixture = Arc::new(fixture);
    fixture.full().await;
    let batches = (0..TASKS).map(|task| fixture.crowd(&task.to_string(), 5));
    let (answers, cleared) = tokio::join!(
        at_once(&fixture, batches.collect()),
        fixture.gate.clear(fixture.event)
    );
    cleared.unwrap();
    // Before, it was full; after, it has nothing to say.
    assert_eq!(admitted(&answers), 0);
    assert_eq!(fixture.count().await, GateCount::default());
}

pub async fn holders_that_are_written_down_in_a_stampede_are_all_known(fixture: GateFixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupons[0];
    let settling = async {
        let mut tasks = JoinSet::new();
        for number in 0..TASKS {
            let fixture = Arc::clone(&fixture);
            tasks.spawn(async move {
                let names = (0..3).map(|n| format!("{number}-{n}"));
                let decided: Vec<_> = names.map(|name| holder(name, coupon, copy())).collect();
                let (event, generation) = (fixture.event, fixture.generation);
                let settled = fixture.node(number).settle(event, generation, &decided);
                settled.await.unwrap();
            });
        }
        tasks.join_all().await;
    };
    let batches = (0..TASKS).map(|task| fixture.crowd(&task.to_string(), 20));
    let (answers, _) = tokio::join!(at_once(&fixture, batches.collect()), settling);
    let count = fixture.count().await;
    assert_eq!(count.holders, 96);
    // Some who had a place before are holders now; never do more than 101 have one without.
    assert!(admitted(&answers) <= 1 + SLACK);
    let again = (0..TASKS).map(|task| fixture.crowd(&task.to_string(), 3));
    for answer in at_once(&fixture, again.collect()).await {
        let known = answer.unwrap();
        let is_holder =
            |answer: &Admission| matches!(answer, Admission::Holder(_, of) if *of == coupon);
        assert!(known.iter().all(is_holder), "{known:?}");
    }
}
