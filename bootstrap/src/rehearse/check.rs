//! After the storm: reads from the ledger, through the API, everything that consumers were told. Every
//! "yes" is looked up by itself; what is read is compared and forgotten.
//!
//! Must believe no answer that the storm was given: only what can be read now counts.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use adapter_http::Role;
use serde::Deserialize;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    RehearsalError,
    desk::{Caller, Desk},
    errand::Errand,
    plan::{Kind, Plan, Shop},
    proof::{Checked, Facts, Rows, duplicates},
    request::{DISCOUNT, PRICE, TOP_UP},
    stage::Stage,
    tally::{Heap, Told},
    tickets::Tickets,
};

/// How many read at once.
const READERS: usize = 32;

/// How many wrong answers are named.
const MOST_NAMED: usize = 20;

/// See the module's header.
#[derive(Clone)]
pub(super) struct Check {
    pub nodes: Arc<[SocketAddr]>,
    pub stage: Stage,
    pub tickets: Tickets,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Copy {
    issued_coupon_id: Uuid,
    coupon_id: String,
    event_id: String,
    consumer_id: String,
    used_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: Uuid,
    consumer_id: String,
    status: String,
    paid_amount: i64,
    issued_coupon_id: Option<Uuid>,
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Wallet {
    balance: i64,
}

#[derive(Deserialize)]
struct Product {
    stock: u64,
}

#[derive(Deserialize)]
struct Audit {
    rows: AuditRows,
    violations: Vec<String>,
}

#[derive(Deserialize)]
struct AuditRows {
    issued: u64,
    held: u64,
    used: u64,
}

#[derive(Deserialize)]
struct Report {
    items: Vec<ReportLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportLine {
    issued_count: u64,
    used_count: u64,
    discount_given: i64,
}

/// What one look-up says.
#[derive(Default)]
struct Look {
    found: u64,
    wrong: Vec<String>,
}

impl Check {
    /// Everything that the proof needs.
    pub(super) async fn facts(
        &self,
        plan: &Plan,
        heard: &Heap,
        know: u64,
        waiting: &[Errand],
    ) -> Result<Facts, RehearsalError> {
        let copies = self.look_up(&heard.copies).await?;
        let uses = self.look_up(&heard.orders).await?;
        let unheard = self.unheard(plan.kind, heard, waiting).await?;
        let mut desk = self.desk(0);
        let rows = self.rows(&mut desk).await?;
        let mut wrong = [copies.wrong, uses.wrong].concat();
        if plan.kind == Kind::Use {
            wrong.extend(self.books(&mut desk, &rows).await?);
        }
        wrong.truncate(MOST_NAMED);
        let checked = |told: &[Told], found, unheard| Checked {
            acknowledged: count(told.len()),
            found,
            duplicates: duplicates(told),
            unheard,
        };
        Ok(Facts {
            kind: plan.kind,
            cap: plan.coupons.get().into(),
            rows,
            copies: checked(&heard.copies, copies.found, unheard.0),
            uses: checked(&heard.orders, uses.found, unheard.1),
            know,
            gone: heard.gone,
            odd: heard.odd,
            waiting: count(waiting.len()),
            wrong,
        })
    }

    /// Leaves nothing that the consumers of a shop that goes on could still get.
    pub(super) async fn leave(&self, plan: &Plan) -> Result<(), RehearsalError> {
        match plan.shop {
            Shop::There { .. } => self.stage.close(&mut self.desk(0)).await,
            Shop::Own { .. } => Ok(()),
        }
    }

    fn desk(&self, number: usize) -> Desk {
        Desk::new(Arc::clone(&self.nodes), number, self.tickets.clone())
    }

    async fn rows(&self, desk: &mut Desk) -> Result<Rows, RehearsalError> {
        let path = format!("/v1/coupons/{}/audit", self.stage.coupon);
        let audit: Audit = found(desk.look(Caller::Staff(Role::Admin), &path).await?, &path)?;
        Ok(Rows {
            issued: audit.rows.issued,
            held: audit.rows.held,
            used: audit.rows.used,
            violations: audit.violations,
        })
    }

    /// Looks up every "yes", many at once.
    async fn look_up(&self, told: &[Told]) -> Result<Look, RehearsalError> {
        let (told, next): (Arc<[Told]>, _) = (told.into(), Arc::new(AtomicUsize::new(0)));
        let mut readers = JoinSet::new();
        for number in 0..READERS.min(told.len()) {
            let (check, told, next) = (self.clone(), Arc::clone(&told), Arc::clone(&next));
            readers.spawn(async move {
                let (mut desk, mut look) = (check.desk(number), Look::default());
                while let Some(told) = told.get(next.fetch_add(1, Relaxed)) {
                    let wrong = match told.order {
                        None => check.copy(&mut desk, told).await?,
                        Some(order) => check.order(&mut desk, told, order).await?,
                    };
                    match wrong {
                        None => look.found = look.found.saturating_add(1),
                        Some(wrong) if look.wrong.len() < MOST_NAMED => look.wrong.push(wrong),
                        Some(_) => {}
                    }
                }
                Ok::<_, RehearsalError>(look)
            });
        }
        let mut sum = Look::default();
        while let Some(read) = readers.join_next().await {
            let look = read.map_err(|_| RehearsalError::BrokenOff)??;
            sum.found = sum.found.saturating_add(look.found);
            sum.wrong.extend(look.wrong);
        }
        Ok(sum)
    }

    /// What is wrong with a copy that was told, if anything.
    async fn copy(&self, desk: &mut Desk, told: &Told) -> Result<Option<String>, RehearsalError> {
        let path = format!("/v1/issued-coupons/{}", told.copy);
        let copy: Option<Copy> = desk.look(Caller::Staff(Role::Admin), &path).await?;
        let name = self.tickets.crowd().name(told.consumer);
        let is_as_told = copy.as_ref().is_some_and(|copy| {
            copy.issued_coupon_id == told.copy && copy.consumer_id == name && self.is_ours(copy)
        });
        Ok((!is_as_told).then(|| match copy {
            None => format!("copy {} of {name} is not in the ledger", told.copy),
            Some(_) => format!("copy {} is not the one that {name} was told of", told.copy),
        }))
    }

    fn is_ours(&self, copy: &Copy) -> bool {
        copy.coupon_id == self.stage.coupon && copy.event_id == self.stage.event
    }

    /// What is wrong with an order that was told, if anything: the order, its copy, the money.
    async fn order(
        &self,
        desk: &mut Desk,
        told: &Told,
        order: Uuid,
    ) -> Result<Option<String>, RehearsalError> {
        let (staff, consumer) = (Caller::Staff(Role::Admin), Caller::Consumer(told.consumer));
        let name = self.tickets.crowd().name(told.consumer);
        let Some(read): Option<Order> = desk.look(staff, &format!("/v1/orders/{order}")).await?
        else {
            return Ok(Some(format!(
                "order {order} of {name} is not in the ledger"
            )));
        };
        let path = format!("/v1/issued-coupons/{}", told.copy);
        let copy: Option<Copy> = desk.look(staff, &path).await?;
        let wallet: Option<Wallet> = desk.look(consumer, "/v1/wallet").await?;
        let price = PRICE.saturating_sub(DISCOUNT);
        let is = [
            (
                read.order_id == order && read.consumer_id == name,
                "is somebody else's",
            ),
            (
                read.status == "PAID" && read.paid_amount == price,
                "is not paid as it was priced",
            ),
            (
                read.issued_coupon_id == Some(told.copy),
                "has not used its copy",
            ),
            (
                copy.is_some_and(|copy| copy.used_count == 1),
                "has a copy that was not used once",
            ),
            (
                wallet.is_some_and(|wallet| wallet.balance == TOP_UP.saturating_sub(price)),
                "has left another balance than it must",
            ),
        ];
        let wrong = is.into_iter().find(|(is, _)| !is);
        Ok(wrong.map(|(_, what)| format!("order {order} of {name} {what}")))
    }

    /// How many copies and uses those have who never heard a decision.
    async fn unheard(
        &self,
        kind: Kind,
        heard: &Heap,
        waiting: &[Errand],
    ) -> Result<(u64, u64), RehearsalError> {
        let known: BTreeSet<_> = heard.copies.iter().map(|told| told.copy).collect();
        let (mut copies, mut uses) = (0_u64, 0_u64);
        let mut desk = self.desk(0);
        for errand in waiting {
            let caller = Caller::Consumer(errand.consumer);
            let path = "/v1/issued-coupons";
            let has: List<Copy> = found(desk.look(caller, path).await?, path)?;
            let ours = has.items.iter().filter(|copy| self.is_ours(copy));
            let unheard = ours.filter(|copy| !known.contains(&copy.issued_coupon_id));
            copies = copies.saturating_add(count(unheard.count()));
            if kind == Kind::Use {
                let path = "/v1/orders";
                let has: List<Order> = found(desk.look(caller, path).await?, path)?;
                let paid = has.items.iter().filter(|order| order.status == "PAID");
                uses = uses.saturating_add(count(paid.count()));
            }
        }
        Ok((copies, uses))
    }

    /// Holds the stock and the event's report against the uses.
    async fn books(&self, desk: &mut Desk, rows: &Rows) -> Result<Vec<String>, RehearsalError> {
        let staff = Caller::Staff(Role::Admin);
        let path = format!("/v1/products/{}", self.stage.product);
        let product: Product = found(desk.look(staff, &path).await?, &path)?;
        let path = format!("/v1/events/{}/report", self.stage.event);
        let report: Report = found(desk.look(staff, &path).await?, &path)?;
        let discount = i64::try_from(rows.used)
            .unwrap_or(i64::MAX)
            .saturating_mul(DISCOUNT);
        let reported = report.items.iter().all(|line| {
            (line.issued_count, line.used_count, line.discount_given)
                == (rows.issued, rows.used, discount)
        });
        let sold = self.stage.stock.saturating_sub(product.stock);
        let mut wrong = Vec::new();
        if sold != rows.used {
            wrong.push(format!("{sold} pieces were sold with {} uses", rows.used));
        }
        if !reported || report.items.len() != 1 {
            wrong.push("the event's report does not say what the rows say".to_owned());
        }
        Ok(wrong)
    }
}

fn found<T>(what: Option<T>, path: &str) -> Result<T, RehearsalError> {
    what.ok_or_else(|| RehearsalError::Refused {
        path: path.to_owned(),
        status: 404,
        text: "it was made for this rehearsal".to_owned(),
    })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
