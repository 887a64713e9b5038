//! Issuing one batch: the coupons and the consumers' copies in, [`Issuing`] asked about each
//! request, its winners and the counters out.
//!
//! It is read in one trip to the server and stored in another: the locks of a hot event are held for as
//! many trips as lie between them. Consumers go in as one JSON array, their copies' ids as one blob.

use std::collections::{BTreeSet, HashSet};

use domain::ports::IssuedBatch;
use domain::{Coupon, CouponId, IssueRequest, IssueScope, IssuedCoupon, Issuing, Timestamp};
use futures_util::TryStreamExt;
use sql_rows::Copies;
use sqlx::{Either, MySqlConnection};

use crate::rows::{self, coupon_columns, integer, issued_coupon_columns};
use crate::script::{literal, script, text_literal};
use crate::unit::{LedgerTime, Unit};

/// Decides a batch of one scope and stores the winners.
pub(crate) struct Issue {
    pub(crate) scope: IssueScope,
    pub(crate) requests: Vec<IssueRequest>,
}

impl Unit for Issue {
    type Answer = IssuedBatch;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<IssuedBatch, sqlx::Error> {
        let Read {
            coupons,
            now,
            copies,
        } = self.read(&mut *connection, time).await?;
        let mut issuing = Issuing::new(self.scope, now, coupons, copies);
        let outcomes = self
            .requests
            .iter()
            .map(|request| issuing.decide(request))
            .collect();
        let (issued, coupons) = issuing.finish();
        if !issued.is_empty() {
            let statements = stored(self.scope, issued, &coupons);
            script(&statements).execute(connection).await?;
        }
        Ok(IssuedBatch { outcomes, coupons })
    }
}

/// What a batch is decided on.
struct Read {
    coupons: Vec<Coupon>,
    now: Timestamp,
    copies: Vec<IssuedCoupon>,
}

/// What a statement of [`Issue::read`] reads.
enum Reads {
    Event,
    Coupon,
    Time,
    Copies,
}

impl Issue {
    /// The event under its lock: one copy per consumer and event is decided under it. Then the coupons
    /// under theirs, in the order of their ids, each by itself: in a statement over several the planner
    /// may walk along the table, and wait for the locks of strangers. The time and the copies come
    /// after all locks, in statements that begin after them.
    async fn read(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Read, sqlx::Error> {
        let event = match self.scope {
            IssueScope::Event(event) => Some(event),
            IssueScope::Coupon(_) => None,
        };
        let coupons: BTreeSet<CouponId> = self.requests.iter().map(|one| one.coupon_id).collect();
        let consumers = self.requests.iter().map(|one| one.consumer_id.as_str());
        let event = event.map(|event| {
            let id = literal(event.as_bytes());
            let locked = format!("SELECT id FROM events WHERE id = {id} FOR UPDATE");
            (Reads::Event, locked)
        });
        let coupons = coupons.iter().map(|coupon| {
            let locked = format!(
                concat!(
                    "SELECT ",
                    coupon_columns!(),
                    " FROM coupons c WHERE c.id = {} FOR UPDATE"
                ),
                literal(coupon.as_bytes())
            );
            (Reads::Coupon, locked)
        });
        let (reads, statements): (Vec<Reads>, Vec<String>) = event
            .into_iter()
            .chain(coupons)
            .chain([
                (Reads::Time, LedgerTime::STATEMENT.to_owned()),
                (Reads::Copies, copies(self.scope, &consumers.collect())),
            ])
            .unzip();

        let (mut coupons, mut now, mut copies) = (Vec::new(), None, Vec::new());
        let mut reads = reads.into_iter();
        let mut read = reads.next();
        let mut rows = script(&statements).fetch_many(connection);
        while let Some(next) = rows.try_next().await? {
            match next {
                Either::Left(_end) => read = reads.next(),
                Either::Right(row) => match read {
                    Some(Reads::Coupon) => coupons.push(rows::coupon(&row)?),
                    Some(Reads::Time) => now = Some(time.read(&row)?),
                    Some(Reads::Copies) => copies.push(rows::issued_coupon(&row)?),
                    Some(Reads::Event) | None => {}
                },
            }
        }
        let now = now.ok_or(sqlx::Error::RowNotFound)?;
        Ok(Read {
            coupons,
            now,
            copies,
        })
    }
}

/// The consumers, numbered from 1.
fn numbered(consumers: &str) -> String {
    format!(
        "JSON_TABLE({}, '$[*]' COLUMNS (number FOR ORDINALITY, \
         consumer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$')) j",
        text_literal(consumers)
    )
}

/// The copies that these consumers have in the scope, by the index that has each consumer's together.
/// The planner would rather begin with the coupon, and walk along all of its copies.
fn copies(scope: IssueScope, consumers: &BTreeSet<&str>) -> String {
    format!(
        concat!(
            "SELECT ",
            issued_coupon_columns!(),
            " FROM {} STRAIGHT_JOIN issued_coupons i FORCE INDEX (issued_coupons_of_consumer) \
              ON i.consumer = j.consumer AND i.scope = {} \
              STRAIGHT_JOIN coupons c ON c.id = i.coupon_id"
        ),
        numbered(&serde_json::json!(consumers).to_string()),
        literal(scope.as_bytes()),
    )
}

/// The copies that these consumers have in the scope.
pub(crate) async fn copies_of(
    connection: &mut MySqlConnection,
    scope: IssueScope,
    consumers: &BTreeSet<&str>,
) -> Result<Vec<IssuedCoupon>, sqlx::Error> {
    let rows = script(&[copies(scope, consumers)])
        .fetch_all(connection)
        .await?;
    rows.iter().map(rows::issued_coupon).collect()
}

/// Stores the copies, and the counts of those coupons that have more now.
fn stored(scope: IssueScope, issued: Vec<IssuedCoupon>, coupons: &[Coupon]) -> Vec<String> {
    let changed: HashSet<CouponId> = issued.iter().map(|copy| copy.coupon_id).collect();
    let counts = coupons
        .iter()
        .filter(|coupon| changed.contains(&coupon.id))
        .map(|coupon| {
            let (issued, id) = (
                integer(coupon.counters.issued),
                literal(coupon.id.as_bytes()),
            );
            format!("UPDATE coupons SET issued = {issued} WHERE id = {id}")
        });
    let inserts = Copies::grouped(issued)
        .into_iter()
        .map(|copies| inserted(scope, &copies));
    inserts.chain(counts).collect()
}

/// What copies that are alike differ in is cut from blobs at the consumer's place.
fn inserted(scope: IssueScope, copies: &Copies) -> String {
    let keys = copies.keys.as_ref();
    format!(
        "INSERT INTO issued_coupons \
         (id, coupon_id, consumer, scope, ordinal, state, used, request_key, issued_at) \
         SELECT SUBSTR({ids}, 16 * j.number - 15, 16), {coupon}, j.consumer, {scope}, {ordinal}, \
         '{state}', {used}, SUBSTR({keys}, 16 * j.number - 15, 16), {issued_at} FROM {consumers}",
        ids = literal(&copies.ids),
        coupon = literal(copies.coupon.as_bytes()),
        scope = literal(scope.as_bytes()),
        ordinal = copies.ordinal,
        state = copies.state,
        used = copies.used,
        keys = keys.map_or_else(|| "NULL".to_owned(), |keys| literal(keys)),
        issued_at = copies.issued_at.as_micros(),
        consumers = numbered(&copies.consumers),
    )
}
