//! A store, held against the model of purchases: after every step by its answer, in the end by all
//! that it has.

use std::marker::PhantomData;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::{Builder, Runtime};

use super::compare::Comparison;
use super::transition::{given, transition};
use super::{PurchaseModel, Transition};
use crate::model::StoreUnderTest;

impl ReferenceStateMachine for PurchaseModel {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        let mut model = Self::default();
        for transition in given() {
            model.take(&transition);
        }
        Just(model).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Transition> {
        transition()
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        model.take(transition);
        model
    }
}

/// Holds the store that `S` opens against the [`PurchaseModel`].
#[derive(Debug)]
pub struct PurchaseTest<S>(PhantomData<S>);

impl<S: StoreUnderTest> StateMachineTest for PurchaseTest<S> {
    type SystemUnderTest = (Runtime, Comparison);
    type Reference = PurchaseModel;

    fn init_test(_: &PurchaseModel) -> (Runtime, Comparison) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let comparison = runtime.block_on(async {
            let mut comparison = Comparison::with(S::open().await).await;
            let mut model = PurchaseModel::default();
            for transition in given() {
                model.take(&transition);
                comparison.step(&model).await;
            }
            comparison
        });
        (runtime, comparison)
    }

    fn apply(
        (runtime, mut comparison): (Runtime, Comparison),
        model: &PurchaseModel,
        _: Transition,
    ) -> (Runtime, Comparison) {
        runtime.block_on(comparison.step(model));
        (runtime, comparison)
    }

    fn teardown((runtime, comparison): (Runtime, Comparison), model: PurchaseModel) {
        runtime.block_on(comparison.end(&model));
    }
}
