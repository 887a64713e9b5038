//! Runs by seed, and recoveries by what went wrong: as tables, and as JSON.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use firstcome_tests::nodes::{Outcome, Recoveries};
use serde_json::{Map, Value, json};

/// Names and values, in the order of a table's columns.
type Row = Vec<(&'static str, Value)>;

/// A story with one seed.
pub struct Run {
    /// Drop or sale.
    pub story: &'static str,
    /// What it was drawn from.
    pub seed: u64,
    /// Servers' starts and all that is held in the end included.
    pub lasted: Duration,
    /// None when it has not held.
    pub outcome: Option<Outcome>,
}

/// What came of all runs.
#[derive(Default)]
pub struct Report(Vec<Run>);

impl Report {
    /// Takes in a run.
    pub fn add(&mut self, run: Run) {
        eprintln!("{}, seed {}: {:?}", run.story, run.seed, run.outcome);
        self.0.push(run);
    }

    /// Whether every run has.
    pub fn has_held(&self) -> bool {
        self.0.iter().all(|run| run.outcome.is_some())
    }

    /// Prints the tables and the JSON.
    pub fn print(&self) {
        let runs: Vec<_> = self.0.iter().map(Run::figures).collect();
        let recoveries = self.recoveries();
        println!("{}\n{}", table(&runs), table(&recoveries));
        let json = |rows: Vec<Row>| rows.into_iter().map(object).collect::<Value>();
        println!(
            "{}",
            json!({"runs": json(runs), "recoveries": json(recoveries)})
        );
    }

    /// By story and by what went wrong.
    fn recoveries(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for story in ["drop", "sale"] {
            let mut recoveries = Recoveries::default();
            let of_story = self.0.iter().filter(|run| run.story == story);
            for outcome in of_story.filter_map(|run| run.outcome.as_ref()) {
                recoveries.add(outcome);
            }
            let row = |(fault, times, p50, p99): (&str, usize, Duration, Duration)| {
                vec![
                    ("story", json!(story)),
                    ("fault", json!(fault)),
                    ("times", json!(times)),
                    ("recoveredP50Ms", json!(millis(p50))),
                    ("recoveredP99Ms", json!(millis(p99))),
                ]
            };
            rows.extend(recoveries.rows().map(row));
        }
        rows
    }
}

impl Run {
    fn figures(&self) -> Row {
        let outcome = self.outcome.as_ref();
        let counted = outcome.map(|outcome| &outcome.counted);
        vec![
            ("story", json!(self.story)),
            ("seed", json!(self.seed)),
            (
                "result",
                json!(outcome.map_or("DOES NOT HOLD", |_| "exact")),
            ),
            ("seconds", json!(self.lasted.as_secs())),
            (
                "steps",
                json!(outcome.map(|outcome| outcome.recoveries.len())),
            ),
            (
                "notAnswered",
                json!(outcome.map(|outcome| outcome.unanswered)),
            ),
            (
                "commitsLost",
                json!(counted.map(|counted| counted.commits_lost)),
            ),
            ("deadlocks", json!(counted.map(|counted| counted.deadlocks))),
        ]
    }
}

/// Figures at the right.
fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    for (number, row) in rows.iter().enumerate() {
        if number == 0 {
            table.set_header(row.iter().map(|(name, _)| name));
        }
        table.add_row(row.iter().map(|(_, value)| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            figure => figure.to_string(),
        }));
        for (column, (_, value)) in table.column_iter_mut().zip(row) {
            if value.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
}

fn object(row: Row) -> Value {
    let members = row
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect::<Map<_, _>>())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
