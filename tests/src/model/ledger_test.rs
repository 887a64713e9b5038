//! A store, held against the model: after every step by its answer, in the end by all that it has.

use std::marker::PhantomData;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::{Builder, Runtime};

use super::compare::Comparison;
use super::transition::{NewCoupon, transition};
use super::{Model, Transition};
use crate::Fixture;

/// Opens the store under test, empty.
pub trait StoreUnderTest: 'static {
    /// An empty one.
    fn open() -> impl Future<Output = Fixture>;
}

/// The store in memory.
#[derive(Debug)]
pub struct Memory;

impl StoreUnderTest for Memory {
    fn open() -> impl Future<Output = Fixture> {
        Fixture::memory()
    }
}

/// The store in an SQLite file.
#[derive(Debug)]
pub struct Sqlite;

impl StoreUnderTest for Sqlite {
    fn open() -> impl Future<Output = Fixture> {
        Fixture::sqlite()
    }
}

/// An event with a coupon of each kind, so that there is always something to ask for.
fn given() -> Vec<Transition> {
    let coupon = |name, limit| {
        Transition::CreateCoupon(NewCoupon {
            name,
            event: 0,
            limit,
            cap: 3,
            expires_early: 0,
            paused: false,
            key: None,
        })
    };
    vec![
        Transition::CreateEvent {
            name: 0,
            starts_in: 0,
            lasts: 60,
            key: None,
        },
        Transition::CreatePolicy { name: 0, key: None },
        coupon(0, None),
        coupon(1, Some(2)),
    ]
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        let model = given()
            .iter()
            .fold(Self::default(), <Self as ReferenceStateMachine>::apply);
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

/// Holds the store that `S` opens against the [`Model`].
#[derive(Debug)]
pub struct LedgerTest<S>(PhantomData<S>);

impl<S: StoreUnderTest> StateMachineTest for LedgerTest<S> {
    type SystemUnderTest = (Runtime, Comparison);
    type Reference = Model;

    fn init_test(_: &Model) -> (Runtime, Comparison) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let comparison = runtime.block_on(async {
            let mut comparison = Comparison::with(S::open().await).await;
            let mut model = Model::default();
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
        model: &Model,
        _: Transition,
    ) -> (Runtime, Comparison) {
        runtime.block_on(comparison.step(model));
        (runtime, comparison)
    }

    fn teardown((runtime, comparison): (Runtime, Comparison), model: Model) {
        runtime.block_on(comparison.end(&model));
    }
}
