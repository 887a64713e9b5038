//! `firstcome rehearse`: the busiest minute of the year, beforehand, with a proof.
//!
//! A stage of its own is set in the shop, a crowd comes, and when it is served everything that it was
//! told is looked up in the ledger, through the API alone: what is proven is what a consumer would see.
//! Must never touch what it has not made, and never take a "yes" for true that can't be read back.

mod chance;
mod check;
mod desk;
mod driver;
mod errand;
mod error;
mod faults;
mod line;
mod machine;
mod nodes;
mod outcome;
mod plan;
mod proof;
mod report;
mod request;
mod schedule;
mod stage;
mod tally;
mod tickets;
mod timeline;
mod view;
mod watch;
mod wire;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_http::{MintError, TokenMint};
use domain::{ConsumerId, ports::Clock};
use secrecy::ExposeSecret;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;

pub use error::RehearsalError;
pub use plan::{Fault, Kind, Plan, Rate, Shop};

use self::{
    chance::Crowd, check::Check, desk::Desk, driver::Storm, nodes::Nodes, outcome::Outcome,
    proof::Proof, stage::Stage, tickets::Tickets, timeline::Timeline, view::say,
};
use crate::SystemClock;

/// What may still be under way in a node when its caller has gone is decided by then.
const SETTLING: Duration = Duration::from_secs(10);

/// Rehearses, prints the proof, writes the report. Whether all was exact. `mint` makes tokens for a
/// shop that is there already; nodes of its own have a secret of their own.
///
/// # Errors
/// [`RehearsalError`]: there is no proof then.
pub async fn rehearse(plan: Plan, mint: Option<TokenMint>) -> Result<bool, RehearsalError> {
    let id = nodes::id()?;
    let name = stage::name(id);
    let (stop, abort) = (CancellationToken::new(), CancellationToken::new());
    let interrupts = tokio::spawn(stop_on_interrupt(stop.clone(), abort.clone()));
    let rehearsed = async {
        let prepared = stop
            .run_until_cancelled(Rehearsal::prepare(plan, mint, id, &name))
            .await;
        match prepared {
            Some(rehearsal) => rehearsal?.perform(stop.clone()).await,
            None => Err(RehearsalError::Stopped(name.clone())),
        }
    };
    let rehearsed = abort.run_until_cancelled(rehearsed).await;
    interrupts.abort();
    rehearsed.unwrap_or(Err(RehearsalError::Stopped(name)))
}

/// The first Ctrl-C ends the storm, not the proof; the second ends everything.
async fn stop_on_interrupt(stop: CancellationToken, abort: CancellationToken) {
    for token in [stop, abort] {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        say(
            "stopping: nobody new comes, and what was told is checked; Ctrl-C again ends it at once",
        );
        token.cancel();
    }
}

/// A shop with its stage set.
struct Rehearsal {
    plan: Plan,
    own: Option<Arc<Nodes>>,
    nodes: Arc<[SocketAddr]>,
    tickets: Tickets,
    stage: Stage,
}

impl Rehearsal {
    async fn prepare(
        plan: Plan,
        mint: Option<TokenMint>,
        id: u32,
        name: &str,
    ) -> Result<Self, RehearsalError> {
        let (own, nodes, mint) = match (&plan.shop, mint) {
            (Shop::There { address, .. }, Some(mint)) => (None, Arc::from([*address]), mint),
            (Shop::There { .. }, None) => return Err(RehearsalError::NoId),
            (Shop::Own { nodes, store, gate }, _) => {
                let (count, store, gate) = (*nodes, store.clone(), gate.clone());
                say(&format!("starting {count} node(s)"));
                let secret = nodes::secret()?;
                let issuer = "firstcome";
                let mint = TokenMint::new(secret.expose_secret().as_bytes(), issuer, issuer)?;
                let start = move || Nodes::start(count, &store, &gate, secret);
                let own = spawn_blocking(start).await;
                let own = Arc::new(own.map_err(|_| RehearsalError::BrokenOff)??);
                let nodes = own.addresses();
                (Some(own), nodes, mint)
            }
        };
        let staff = ConsumerId::new(name).map_err(|_| MintError::NotSigned)?;
        let now = SystemClock.now();
        let tickets = Tickets::new(mint, Crowd::of(id), now, staff);
        let mut desk = Desk::new(Arc::clone(&nodes), 0, tickets.clone());
        let stage = Stage::set(&mut desk, name.to_owned(), &plan, now).await?;
        Ok(Self {
            plan,
            own,
            nodes,
            tickets,
            stage,
        })
    }

    async fn perform(self, stop: CancellationToken) -> Result<bool, RehearsalError> {
        let Self {
            plan,
            own,
            nodes,
            tickets,
            stage,
        } = self;
        say(&format!(
            "{}: {} consumers come for {} coupons",
            stage.name, plan.consumers, plan.coupons
        ));
        let timeline = Arc::new(Timeline::begin(plan.coupons.get().into()));
        let storm = Storm::new(
            &plan,
            Arc::clone(&nodes),
            &stage,
            &tickets,
            Arc::clone(&timeline),
            stop,
        )?;
        let storm = Arc::new(storm);
        let over = CancellationToken::new();
        let watch = tokio::spawn(watch::watch(Arc::clone(&storm), plan.clone(), over.clone()));
        let faults = own.as_ref().map(|own| {
            let (own, storm, plan) = (Arc::clone(own), Arc::clone(&storm), plan.clone());
            tokio::spawn(faults::strike(plan, own, storm, over.clone()))
        });
        let waiting = storm.rage().await;
        let took = timeline.elapsed();
        timeline.sample(storm.tally.answers(), true);
        over.cancel();
        watch.await.unwrap_or(Err(RehearsalError::BrokenOff))?;
        if let Some(faults) = faults {
            faults.await.unwrap_or(Err(RehearsalError::BrokenOff))?;
        }
        if !waiting.is_empty() {
            say(&format!(
                "{} consumers never heard a decision: letting the shop settle",
                waiting.len()
            ));
            sleep(SETTLING).await;
        }
        let heard = storm.tally.take()?;
        let told = heard.copies.len().saturating_add(heard.orders.len());
        say(&format!(
            "looking up {told} acknowledged answers in the ledger"
        ));
        let check = Check {
            nodes,
            stage,
            tickets,
        };
        let know = storm.tally.consumers();
        let facts = check.facts(&plan, &heard, know, &waiting).await?;
        check.leave(&plan).await?;
        let (proof, name) = (Proof::of(&facts), check.stage.name);
        let outcome = Outcome {
            plan,
            name,
            heard,
            know,
            took,
            timeline,
            proof,
        };
        outcome.print();
        if let Some(path) = &outcome.plan.report {
            let failed = |error| RehearsalError::Report(path.clone(), error);
            std::fs::write(path, report::page(&outcome)).map_err(failed)?;
            say(&format!("the report is {}", path.display()));
        }
        Ok(outcome.proof.is_exact())
    }
}
