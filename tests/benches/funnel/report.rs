//! Figures with their spread.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde_json::{Value, json};

/// A figure and, where there is one, what it is held against, over all rounds.
pub struct Row {
    name: String,
    /// Empty for a figure that stands alone.
    against: String,
    unit: &'static str,
    goal: Option<Goal>,
    ours: Vec<f64>,
    theirs: Vec<f64>,
    ratios: Vec<f64>,
}

/// What the ratio is to be.
#[derive(Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    /// A row without figures, of something per second.
    pub fn new(name: impl Into<String>, against: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            against: against.into(),
            unit: "/s",
            goal: None,
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

    /// A figure that stands alone.
    pub fn alone(name: impl Into<String>, unit: &'static str, figure: f64) -> Self {
        let row = Self {
            unit,
            ours: vec![figure],
            ..Self::new(name, "")
        };
        eprintln!("{}: {}", row.name, row.figure(figure));
        row
    }

    /// The same in another unit than per second.
    pub fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same, with what its ratio is to be.
    pub fn goal(self, goal: impl Into<Option<Goal>>) -> Self {
        let goal = goal.into();
        Self { goal, ..self }
    }

    /// Takes in the figures of one round, in which both were measured in turn.
    pub fn add(&mut self, ours: f64, theirs: f64) {
        let (name, against, n) = (&self.name, &self.against, self.ours.len() + 1);
        let (our, their) = (self.figure(ours), self.figure(theirs));
        eprintln!("{name}, round {n}: {our}, {against} {their}");
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

    fn figure(&self, value: f64) -> String {
        let digits = if value < 100.0 { 2 } else { 0 };
        format!("{value:.digits$} {}", self.unit)
    }

    fn cells(&self) -> [String; 6] {
        let figure = |values: &[f64]| spread(values).map(|(_, middle, _)| self.figure(middle));
        let ratio = spread(&self.ratios)
            .map(|(least, middle, most)| format!("{middle:.2} ({least:.2} – {most:.2})"));
        let goal = self.goal.map(|goal| match goal {
            Goal::AtLeast(goal) => format!("≥ {goal:.2}"),
            Goal::AtMost(goal) => format!("≤ {goal:.2}"),
        });
        [
            self.name.clone(),
            figure(&self.ours).unwrap_or_default(),
            self.against.clone(),
            figure(&self.theirs).unwrap_or_default(),
            ratio.unwrap_or_default(),
            goal.unwrap_or_default(),
        ]
    }

    fn json(&self) -> Value {
        let ratio = spread(&self.ratios)
            .map(|(least, middle, most)| json!({"least": least, "median": middle, "most": most}));
        let goal = self.goal.map(|goal| match goal {
            Goal::AtLeast(goal) => json!({"at_least": goal}),
            Goal::AtMost(goal) => json!({"at_most": goal}),
        });
        json!({
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "against": (!self.against.is_empty()).then_some(&self.against),
            "theirs": self.theirs,
            "ratio": ratio,
            "goal": goal,
        })
    }
}

/// Prints the table.
pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "",
        "median",
        "against",
        "median",
        "ratio (least – most)",
        "goal",
    ]);
    for column in [1, 3, 4, 5] {
        table
            .column_mut(column)
            .unwrap()
            .set_cell_alignment(CellAlignment::Right);
    }
    for row in rows {
        table.add_row(row.cells());
    }
    println!("{table}");
}

/// The least, the middle and the most of them; none of none.
fn spread(values: &[f64]) -> Option<(f64, f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2)?;
    Some((*sorted.first()?, *middle, *sorted.last()?))
}

/// All figures, for another program.
pub fn json(rows: &[Row]) -> Value {
    rows.iter().map(Row::json).collect()
}
