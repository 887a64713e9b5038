//! Figures with their spread.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde_json::{Value, json};

/// A figure and what it is held against, over all rounds.
pub struct Row {
    name: String,
    against: String,
    ours: Vec<f64>,
    theirs: Vec<f64>,
    ratios: Vec<f64>,
}

impl Row {
    /// A row without figures.
    pub fn new(name: impl Into<String>, against: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            against: against.into(),
            ours: Vec::new(),
            theirs: Vec::new(),
            ratios: Vec::new(),
        }
    }

    /// A row of figures that were measured in turn.
    pub fn of(
        name: impl Into<String>,
        ours: Vec<f64>,
        against: impl Into<String>,
        theirs: Vec<f64>,
    ) -> Self {
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs);
        Self {
            ratios: ratios.collect(),
            ours,
            theirs,
            ..Self::new(name, against)
        }
    }

    /// Takes in the figures of one round, in which both were measured in turn.
    pub fn add(&mut self, ours: f64, theirs: f64) {
        let (name, against, n) = (&self.name, &self.against, self.ours.len() + 1);
        eprintln!("{name}, round {n}: {ours:.0}/s, {against} {theirs:.0}/s");
        self.ours.push(ours);
        self.theirs.push(theirs);
        self.ratios.push(ours / theirs);
    }

    /// Measures both in turn, so many times.
    pub fn measure(
        name: &str,
        against: &str,
        rounds: usize,
        mut round: impl FnMut() -> (f64, f64),
    ) -> Self {
        let mut row = Self::new(name, against);
        for _ in 0..rounds {
            let (ours, theirs) = round();
            row.add(ours, theirs);
        }
        row
    }
}

/// Prints the table.
pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "",
        "per second",
        "against",
        "per second",
        "ratio (least – most)",
    ]);
    for column in [1, 3, 4] {
        table
            .column_mut(column)
            .unwrap()
            .set_cell_alignment(CellAlignment::Right);
    }
    for row in rows {
        let (least, middle, most) = spread(&row.ratios);
        table.add_row([
            row.name.clone(),
            format!("{:.0}", spread(&row.ours).1),
            row.against.clone(),
            format!("{:.0}", spread(&row.theirs).1),
            format!("{middle:.2} ({least:.2} – {most:.2})"),
        ]);
    }
    println!("{table}");
}

fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (
        sorted[0],
        sorted[sorted.len() / 2],
        sorted[sorted.len() - 1],
    )
}

/// All figures, for another program.
pub fn json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let (least, middle, most) = spread(&row.ratios);
        json!({
            "name": row.name,
            "against": row.against,
            "ours": row.ours,
            "theirs": row.theirs,
            "ratio": {"least": least, "median": middle, "most": most},
        })
    };
    rows.iter().map(row).collect()
}
