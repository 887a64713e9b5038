//! A plan is the same for the same seed, and leaves nothing out.

use std::collections::HashSet;

use firstcome_tests::nodes::{Kind, Plan, Size};

const SIZE: Size = Size {
    consumers: 200_000,
    copies: 20_000,
    singles: 15,
    mixes: 3,
};

fn kinds() -> Vec<Kind> {
    [
        &Kind::OF_NODES[..],
        &Kind::OF_GATE[..],
        &Kind::OF_DATABASE[..],
    ]
    .concat()
}

#[test]
fn a_seed_always_draws_the_same_plan_and_another_seed_another() {
    let drawn = |seed| Plan::drawn(seed, &kinds(), 3, SIZE);
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7).steps, drawn(8).steps);
}

#[test]
fn everything_goes_wrong_once_by_itself_and_everybody_comes() {
    for seed in 0..100 {
        let plan = Plan::drawn(seed, &kinds(), 3, SIZE);
        let singles: HashSet<_> = plan.steps[..SIZE.singles]
            .iter()
            .map(|step| match &step.faults[..] {
                [only] => only.kind,
                several => panic!("{several:?}"),
            })
            .collect();
        assert_eq!(singles, kinds().into_iter().collect());
        for step in &plan.steps[SIZE.singles..] {
            assert!(step.faults.len() >= 2, "{step:?}");
        }
        let come: usize = plan.steps.iter().map(|step| step.crowd).sum();
        assert_eq!(come, SIZE.consumers);
        let early: usize = plan.steps.iter().rev().skip(1).map(|step| step.crowd).sum();
        assert_eq!(early, SIZE.copies * 9 / 10);
    }
}
