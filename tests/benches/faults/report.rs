//! Runs by seed, and recoveries by what went wrong: as tables, and as JSON.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use firstcome_tests::nodes::{Outcome, Recoveries};
use serde_json::{Value, json};

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
        println!("{}", json!({"runs": runs, "recoveries": recoveries}));
    }

    /// By story and by what went wrong.
    fn recoveries(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for story in ["drop", "sale"] {
            let mut recoveries = Recoveries::default();
            let of_story = self.0.iter().filter(|run| run.story == story);
            for outcome in of_story.filter_map(|run| run.outcome.as_ref()) {
                recoveries.add(outcome);
            }
            let row = |(fault, times, p50, p99): (&str, usize, Duration, Duration)| {
                json!({
                    "story": story, "fault": fault, "times": times,
                    "recoveredP50Ms": millis(p50), "recoveredP99Ms": millis(p99),
                })
            };
            rows.extend(recoveries.rows().map(row));
        }
        rows
    }
}

impl Run {
    fn figures(&self) -> Value {
        let outcome = self.outcome.as_ref();
        json!({
            "story": self.story,
            "seed": self.seed,
            "result": outcome.map_or("DOES NOT HOLD", |_| "exact"),
            "seconds": self.lasted.as_secs(),
            "steps": outcome.map(|outcome| outcome.recoveries.len()),
            "notAnswered": outcome.map(|outcome| outcome.unanswered),
            "commitsLost": outcome.map(|outcome| outcome.counted.commits_lost),
            "deadlocks": outcome.map(|outcome| outcome.counted.deadlocks),
        })
    }
}

/// One row of each object; the columns are its members, figures at the right.
fn table(rows: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    let members = rows.iter().filter_map(Value::as_object);
    for (number, members) in members.enumerate() {
        if number == 0 {
            table.set_header(members.keys());
        }
        table.add_row(members.values().map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            figure => figure.to_string(),
        }));
        for (column, value) in table.column_iter_mut().zip(members.values()) {
            if value.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
