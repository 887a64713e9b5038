//! Figures with their spread.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};

/// A figure and what it is held against, over all rounds.
pub struct Row {
    name: &'static str,
    against: &'static str,
    ours: Vec<f64>,
    theirs: Vec<f64>,
    ratios: Vec<f64>,
}

impl Row {
    /// Measures both in turn, so many times.
    pub fn measure(
        name: &'static str,
        against: &'static str,
        rounds: usize,
        mut round: impl FnMut() -> (f64, f64),
    ) -> Self {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for n in 1..=rounds {
            let (our, their) = round();
            eprintln!("{name}, round {n} of {rounds}: {our:.0}/s, {against} {their:.0}/s");
            ours.push(our);
            theirs.push(their);
            ratios.push(our / their);
        }
        Self {
            name,
            against,
            ours,
            theirs,
            ratios,
        }
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
            row.name.to_owned(),
            format!("{:.0}", spread(&row.ours).1),
            row.against.to_owned(),
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
