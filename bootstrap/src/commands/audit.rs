//! `firstcome audit`: one row per coupon, and the books; a violation ends with 1.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use domain::{Audit, CouponKind, Page, ports::StoreError};

use super::{Failure, exit_for, print};
use crate::{exit::Exit, logs, open_read_only, settings::Settings};

/// How many coupons are read in one go.
const PAGE: u32 = 200;

/// Microseconds that a saga may be due before its delay is a violation: a minute.
const GRACE: i64 = 60_000_000;

const HEADER: [&str; 9] = [
    "coupon",
    "type",
    "cap",
    "issued",
    "active",
    "withdrawn",
    "held",
    "used",
    "verdict",
];

pub(super) async fn audit(settings: Settings) -> Result<Exit, Failure> {
    let adapters = open_read_only(&settings, "audit").await?;
    logs::start(&settings.log, settings.log_format)
        .map_err(|error| Failure::new(Exit::Usage, error))?;
    let failed = |error: StoreError| Failure::new(exit_for(&error), error);
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(HEADER);
    for column in table.column_iter_mut().skip(2).take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let (mut coupons, mut violations) = (0_u64, Vec::new());
    let mut after = None;
    loop {
        let page = adapters
            .catalogue
            .coupons(None, Page { after, limit: PAGE })
            .await;
        let page = page.map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for coupon in page {
            let reading = adapters.ledger.audit(coupon.id).await.map_err(failed)?;
            let Some(reading) = reading else { continue };
            let audit = Audit::of(reading);
            coupons = coupons.saturating_add(1);
            table.add_row(row(&audit));
            let name = audit.coupon.name.to_string();
            violations.extend(audit.violations.iter().map(|why| format!("{name}: {why}")));
        }
    }
    let books = adapters.purchases.audit_books(GRACE).await;
    let books = books.map_err(failed)?;
    adapters.close().await;
    print(&table.to_string())?;
    for violation in &violations {
        print(violation)?;
    }
    for violation in &books.violations {
        print(&format!("books: {violation}"))?;
    }
    print(&format!(
        "{}, {}",
        counted(coupons, "coupon"),
        verdict(violations.len())
    ))?;
    print(&format!(
        "{}, {}, {}, {} alive ({} stuck): books {}",
        counted(books.orders, "order"),
        counted(books.wallets, "wallet"),
        counted(books.products, "product"),
        counted(books.live_sagas, "saga"),
        books.stuck_sagas,
        match books.is_exact() {
            true => "balanced".to_owned(),
            false => verdict(books.violations.len()),
        },
    ))?;
    if violations.is_empty() && books.is_exact() {
        Ok(Exit::Done)
    } else {
        Ok(Exit::CheckFailed)
    }
}

fn verdict(violations: usize) -> String {
    match u64::try_from(violations).unwrap_or(u64::MAX) {
        0 => "all exact".to_owned(),
        found => counted(found, "violation"),
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn row(audit: &Audit) -> [String; 9] {
    let (kind, cap) = match audit.coupon.kind {
        CouponKind::Issue { maximum_issued, .. } => ("ISSUE_COUPON", maximum_issued.get()),
        CouponKind::Use { maximum_usage, .. } => ("USE_COUPON", maximum_usage.get()),
    };
    let rows = audit.rows;
    let verdict = if audit.is_exact() {
        "exact"
    } else {
        "VIOLATED"
    };
    [
        audit.coupon.name.to_string(),
        kind.to_owned(),
        cap.to_string(),
        rows.issued.to_string(),
        rows.active.to_string(),
        rows.withdrawn.to_string(),
        rows.held.to_string(),
        rows.used.to_string(),
        verdict.to_owned(),
    ]
}
