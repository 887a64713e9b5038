//! Was it exact? Pure: holds what consumers were told against what the ledger says, and names every
//! difference. Asks nobody.
//!
//! Every "yes" is looked up by itself. Every "all are gone" is proven by counting: when the ledger has
//! exactly the copies (uses) that were told, and as many as the cap, none of the others has one.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};

use super::{plan::Kind, tally::Told};

/// What the ledger's audit says of the coupon, from its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub issued: u64,
    pub held: u64,
    pub used: u64,
    /// What the audit itself objects to.
    pub violations: Vec<String>,
}

/// What consumers were told and what was found of it, of copies or of uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    /// "Yes" answers.
    pub acknowledged: u64,
    /// Those that are in the ledger, as they were told.
    pub found: u64,
    /// Those that were told twice: to two consumers, or two to one.
    pub duplicates: u64,
    /// What consumers have whose answer never came.
    pub unheard: u64,
}

/// All that the proof needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub kind: Kind,
    pub cap: u64,
    pub rows: Rows,
    pub copies: Checked,
    /// Only of the kind use.
    pub uses: Checked,
    /// Consumers who know.
    pub know: u64,
    /// Those who were told that all are gone.
    pub gone: u64,
    /// Those who were told what a rehearsal never expects.
    pub odd: u64,
    /// Those who began and don't know.
    pub waiting: u64,
    /// What was found wrong with single answers.
    pub wrong: Vec<String>,
}

/// See the module's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub lines: Vec<Line>,
    /// What the counting says of those who got nothing, in words.
    pub remarks: Vec<String>,
    /// Empty: it was exact.
    pub differences: Vec<String>,
}

/// A line of the table: of copies or of uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub of: &'static str,
    /// In the order of [`COLUMNS`]; none where it does not apply.
    pub numbers: [Option<u64>; 10],
}

/// The columns of the proof.
pub(super) const COLUMNS: [&str; 10] = [
    "cap",
    "issued",
    "used",
    "held",
    "free",
    "acknowledged",
    "found",
    "duplicates",
    "oversold",
    "undersold",
];

impl Facts {
    /// How many of the coupon must be gone: all, once anybody was told so; else as many as asked.
    fn must_be_gone(&self, told: u64) -> u64 {
        if self.gone > 0 {
            self.cap
        } else if self.waiting == 0 && self.odd == 0 {
            self.cap.min(self.know)
        } else {
            told
        }
    }

    /// A line of the table, and what is wrong in it.
    fn line(&self, of: &'static str, checked: Checked, in_ledger: u64) -> (Line, Vec<String>) {
        let Checked {
            acknowledged,
            found,
            duplicates,
            unheard,
        } = checked;
        let capped = (of == "copies") == (self.kind == Kind::Issue);
        let (rows, is_copies) = (&self.rows, of == "copies");
        let gone = if is_copies {
            rows.issued
        } else {
            rows.used.saturating_add(rows.held)
        };
        let oversold = gone.saturating_sub(self.cap);
        let undersold = self.must_be_gone(acknowledged).saturating_sub(gone);
        let told = found.saturating_add(unheard);
        let objections = [
            (
                acknowledged.saturating_sub(found),
                "were acknowledged and are not in the ledger",
            ),
            (duplicates, "were told twice"),
            (
                in_ledger.saturating_sub(told),
                "are in the ledger, and nobody was told of them",
            ),
            (
                told.saturating_sub(in_ledger),
                "were found one by one, more than the audit counts",
            ),
            (if capped { oversold } else { 0 }, "are beyond the cap"),
            (
                if capped { undersold } else { 0 },
                "were never given, though somebody was refused or all were served",
            ),
        ];
        let objections = objections
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {of} {what}"))
            .collect();
        let only = |when: bool, number: u64| when.then_some(number);
        let numbers = [
            only(capped, self.cap),
            only(is_copies, rows.issued),
            only(!is_copies || self.kind == Kind::Issue, rows.used),
            only(!is_copies || self.kind == Kind::Issue, rows.held),
            only(capped, self.cap.saturating_sub(gone)),
            Some(acknowledged),
            Some(found),
            Some(duplicates),
            only(capped, oversold),
            only(capped, undersold),
        ];
        (Line { of, numbers }, objections)
    }
}

impl Proof {
    pub(super) fn of(facts: &Facts) -> Self {
        let (copies, mut differences) = facts.line("copies", facts.copies, facts.rows.issued);
        let mut lines = vec![copies];
        if facts.kind == Kind::Use {
            let (uses, more) = facts.line("uses", facts.uses, facts.rows.used);
            lines.push(uses);
            differences.extend(more);
        }
        if facts.rows.held > 0 {
            differences.push(format!("{} uses are still held", facts.rows.held));
        }
        if facts.kind == Kind::Issue && facts.rows.used > 0 {
            differences.push(format!(
                "{} copies were used by nobody here",
                facts.rows.used
            ));
        }
        if facts.odd > 0 {
            differences.push(format!(
                "{} consumers were told what no rehearsal expects; see the answers by code",
                facts.odd
            ));
        }
        differences.extend(
            facts
                .rows
                .violations
                .iter()
                .map(|why| format!("audit: {why}")),
        );
        differences.extend(facts.wrong.iter().cloned());
        Self {
            lines,
            remarks: remarks(facts),
            differences,
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        self.differences.is_empty()
    }

    /// In one line.
    pub(super) fn verdict(&self) -> String {
        match self.differences.len() {
            0 => {
                "exact: every acknowledged answer is in the ledger, and nothing else is".to_owned()
            }
            1 => "NOT exact: 1 difference".to_owned(),
            many => format!("NOT exact: {many} differences"),
        }
    }

    /// For a terminal.
    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        let columns = COLUMNS.into_iter().enumerate();
        let used = columns.filter(|(at, _)| {
            self.lines
                .iter()
                .any(|line| line.numbers.get(*at).is_some_and(Option::is_some))
        });
        let used: Vec<_> = used.collect();
        let head = used.iter().map(|(_, name)| *name);
        table
            .load_style(UTF8_HORIZONTAL_ONLY)
            .set_header([""].into_iter().chain(head));
        for line in &self.lines {
            let numbers = used.iter().map(|(at, _)| {
                let number = line.numbers.get(*at).copied().flatten();
                number.map_or_else(|| "–".to_owned(), |number| number.to_string())
            });
            table.add_row([line.of.to_owned()].into_iter().chain(numbers));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }
}

fn remarks(facts: &Facts) -> Vec<String> {
    let unheard = match facts.kind {
        Kind::Issue => facts.copies.unheard,
        Kind::Use => facts.uses.unheard,
    };
    let mut remarks = vec![format!(
        "{} consumers were told \"all are gone\": none of them is among those who have one",
        facts.gone
    )];
    if facts.waiting > 0 {
        remarks.push(format!(
            "{} consumers never heard a decision; {unheard} of them have one",
            facts.waiting
        ));
    }
    remarks
}

/// How often a copy, an order or a consumer occurs that must occur once.
pub(super) fn duplicates(told: &[Told]) -> u64 {
    let extra = |keys: Vec<u128>| {
        let mut times: BTreeMap<u128, u64> = BTreeMap::new();
        for key in keys {
            let count = times.entry(key).or_default();
            *count = count.saturating_add(1);
        }
        times
            .into_values()
            .map(|count| count.saturating_sub(1))
            .sum::<u64>()
    };
    let copies = extra(told.iter().map(|told| told.copy.as_u128()).collect());
    let consumers = extra(told.iter().map(|told| u128::from(told.consumer)).collect());
    let orders = told.iter().filter_map(|told| told.order);
    copies
        .max(consumers)
        .max(extra(orders.map(|order| order.as_u128()).collect()))
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
