//! What is written, as text: a line for each row and each entry, so that a test can say all of it.

use crate::{Saga, SagaTrace, Writes};

/// Every row and every entry, in the order of [`Writes`]' fields.
pub(crate) fn rendered(writes: &Writes) -> Vec<String> {
    let Writes {
        coupon,
        copy,
        holds,
        products,
        stock_entries,
        wallet,
        money_entries: _,
        order,
        saga,
        trace,
    } = writes;
    let mut lines = Vec::new();
    lines.extend(coupon.iter().map(|coupon| {
        let counters = coupon.counters;
        format!("coupon: {} held, {} used", counters.held, counters.used)
    }));
    lines.extend(copy.iter().map(|copy| format!("copy: {} used", copy.used)));
    lines.extend(holds.iter().map(|hold| {
        let (id, state) = (hold.id.as_uuid().as_u128(), hold.state);
        let (amount, off) = (hold.order_amount.get(), hold.discount.get());
        format!("hold {id}: {state:?}, {off} off {amount}")
    }));
    lines.extend(products.iter().map(|product| {
        let id = product.id.as_uuid().as_u128();
        format!("product {id}: {} left", product.stock.get())
    }));
    lines.extend(stock_entries.iter().map(|entry| {
        let id = entry.product_id.as_uuid().as_u128();
        let reference = entry.reference.as_u128();
        format!("{reference} {:?}: {:+} of {id}", entry.kind, entry.quantity)
    }));
    lines.extend(wallet.iter().map(|wallet| {
        let (balance, points) = (wallet.balance.get(), wallet.points.get());
        format!("wallet: {balance} and {points} points")
    }));
    lines.extend(entries(writes));
    lines.extend(order.iter().map(|order| {
        let failure = order.failure.map(|why| format!(", {why:?}"));
        let failure = failure.unwrap_or_default();
        format!("order: {:?}, {:?}{failure}", order.status, order.delivery)
    }));
    lines.extend(saga.iter().map(stands));
    lines.extend(trace.iter().map(traced));
    lines
}

/// Money and points that have moved.
pub(crate) fn entries(writes: &Writes) -> Vec<String> {
    let entries = writes.money_entries.iter().map(|entry| {
        let (amount, reference) = (entry.amount.get(), entry.reference.as_u128());
        format!(
            "{reference} {:?} {}: {amount} from {} to {}",
            entry.kind, entry.line, entry.from, entry.to
        )
    });
    entries.collect()
}

fn stands(saga: &Saga) -> String {
    let outcome = saga.outcome.map(|outcome| format!(", {outcome:?}"));
    let place = upper(saga.direction) + " " + &upper(saga.step);
    let outcome = outcome.unwrap_or_default();
    format!("saga: {:?} {place} {:?}{outcome}", saga.kind, saga.phase)
}

/// An entry of a trace.
pub(crate) fn traced(trace: &SagaTrace) -> String {
    let detail = trace.detail.as_ref().map(|detail| format!(": {detail}"));
    let place = upper(trace.direction) + " " + &upper(trace.step);
    format!("{place} {:?}{}", trace.event, detail.unwrap_or_default())
}

fn upper(name: impl std::fmt::Debug) -> String {
    format!("{name:?}").to_uppercase()
}
