//! The rehearsal as one HTML page that needs nothing else: no other host, no script, no font. For light
//! and dark, for a screen and for paper.

mod axis;
mod chart;
mod latency;

use std::fmt::Write;

use self::chart::{Chart, Curve};
use super::{
    machine,
    outcome::Outcome,
    proof::COLUMNS,
    tally::Count,
    timeline::Mark,
    view::{QUANTILES, name, took},
};

const STYLE: &str = include_str!("style.css");

/// See the module's header.
pub(super) fn page(outcome: &Outcome) -> String {
    let Outcome { plan, proof, .. } = outcome;
    let verdict = if proof.is_exact() { "exact" } else { "wrong" };
    let mut page = String::new();
    let parts = [
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{} – firstcome</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            text(&outcome.name)
        ),
        format!(
            "<header><p class=\"kicker\">firstcome rehearse</p>\n<h1>{} consumers, {} coupons</h1>\n\
             <p class=\"verdict {verdict}\">{}</p></header>\n",
            grouped(plan.consumers.into()),
            grouped(plan.coupons.get().into()),
            text(&proof.verdict())
        ),
        tiles(outcome),
        section("Proof", &proof_table(outcome)),
        section("Answers per second", &throughput(outcome)),
        section("Coupons left", &burn_down(outcome)),
        section("Latency", &latency::chart(&outcome.heard.latency)),
        section("Answers", &answers(&outcome.heard.counts)),
        faults(&outcome.timeline.marks()),
        section("Settings", &facts(&plan.settings())),
        section("Machine", &facts(&machine::describe())),
        format!(
            "<footer>Everything that this rehearsal made is named <code>{}</code>.</footer>\n\
             </main>\n</body>\n</html>\n",
            text(&outcome.name)
        ),
    ];
    page.extend(parts);
    page
}

fn section(title: &str, content: &str) -> String {
    format!("<section>\n<h2>{title}</h2>\n{content}</section>\n")
}

/// The figures that are asked for first.
fn tiles(outcome: &Outcome) -> String {
    let latency = &outcome.heard.latency;
    let micros = u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX);
    let sold_out = outcome.timeline.gone().last().map_or(0, |last| last.at);
    let is_sold_out = outcome.timeline.taken() >= outcome.timeline.coupons();
    let mut tiles = vec![
        ("answers per second", grouped(outcome.rate())),
        ("all served in", took(micros)),
    ];
    if is_sold_out {
        tiles.push(("coupons gone in", took(sold_out)));
    }
    let quantiles = QUANTILES.into_iter().filter(|(name, _)| *name != "p90");
    tiles.extend(quantiles.map(|(name, of)| (name, took(latency.value_at_quantile(of)))));
    let each: String = tiles
        .into_iter()
        .map(|(name, value)| format!("<div><strong>{value}</strong><span>{name}</span></div>\n"))
        .collect();
    format!("<div class=\"tiles\">\n{each}</div>\n")
}

fn proof_table(outcome: &Outcome) -> String {
    let mut table = String::from("<div class=\"wide\"><table>\n<tr><th></th>");
    for column in COLUMNS {
        let _infallible = write!(table, "<th>{column}</th>");
    }
    table.push_str("</tr>\n");
    for line in &outcome.proof.lines {
        let _infallible = write!(table, "<tr><th>{}</th>", line.of);
        for number in line.numbers {
            let number = number.map_or_else(|| "–".to_owned(), grouped);
            let _infallible = write!(table, "<td>{number}</td>");
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</table></div>\n");
    for remark in &outcome.proof.remarks {
        let _infallible = writeln!(table, "<p>{}.</p>", text(remark));
    }
    if !outcome.proof.is_exact() {
        let differences = outcome.proof.differences.iter();
        let each: String = differences
            .map(|why| format!("<li>{}</li>\n", text(why)))
            .collect();
        let _infallible = write!(table, "<ul class=\"wrong\">\n{each}</ul>\n");
    }
    table
}

fn throughput(outcome: &Outcome) -> String {
    let samples = outcome.timeline.answers();
    let rates = samples
        .iter()
        .zip(samples.iter().skip(1))
        .map(|(from, to)| {
            let span = to.at.saturating_sub(from.at).max(1);
            let answers = to.number.saturating_sub(from.number);
            (to.at, answers.saturating_mul(1_000_000).div_euclid(span))
        });
    // The last span may be too short to say anything.
    let mut points: Vec<_> = rates.collect();
    if points.len() > 2 {
        points.pop();
    }
    let end = samples.last().map_or(0, |last| last.at);
    Chart {
        name: "answers per second over time",
        curve: Curve::Line,
        points: &points,
        end,
        marks: &outcome.timeline.marks(),
    }
    .svg()
}

fn burn_down(outcome: &Outcome) -> String {
    let coupons = outcome.timeline.coupons();
    let gone = outcome.timeline.gone();
    let points = gone
        .iter()
        .map(|sample| (sample.at, coupons.saturating_sub(sample.number)));
    let mut points: Vec<_> = points.collect();
    let last = points.last().copied().unwrap_or_default();
    // What comes after the last coupon is flat: a quarter of it is enough.
    let whole = u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX);
    let end = last
        .0
        .saturating_mul(5)
        .div_euclid(4)
        .min(whole)
        .max(last.0);
    points.push((end, last.1));
    let marks: Vec<_> = outcome.timeline.marks();
    Chart {
        name: "coupons left over time",
        curve: Curve::Steps,
        points: &points,
        end,
        marks: &marks,
    }
    .svg()
}

fn answers(counts: &[Count]) -> String {
    let most = counts
        .iter()
        .map(|count| count.answers)
        .max()
        .unwrap_or(1)
        .max(1);
    let rows = counts.iter().map(|count| {
        let width = count.answers.saturating_mul(1_000).div_euclid(most);
        let kind = match count.status {
            200..300 => "yes",
            0 | 500.. => "late",
            _ => "no",
        };
        format!(
            "<tr><th>{}</th><td>{}</td><td class=\"bar\"><i class=\"{kind}\" style=\"width:{}.{}%\"></i></td></tr>\n",
            text(&name(count)),
            grouped(count.answers),
            width / 10,
            width % 10,
        )
    });
    format!(
        "<table class=\"bars\">\n{}</table>\n",
        rows.collect::<String>()
    )
}

fn faults(marks: &[Mark]) -> String {
    if marks.is_empty() {
        return String::new();
    }
    let rows = marks.iter().enumerate().map(|(number, mark)| {
        let number = number.saturating_add(1);
        let (at, what) = (took(mark.at), text(&mark.what));
        format!("<tr><th>{number}</th><td>{at}</td><td class=\"left\">{what}</td></tr>\n")
    });
    section(
        "Faults",
        &format!("<table>\n{}</table>\n", rows.collect::<String>()),
    )
}

fn facts(facts: &[(&str, String)]) -> String {
    let rows = facts.iter().map(|(name, value)| {
        format!(
            "<tr><th>{name}</th><td class=\"left\">{}</td></tr>\n",
            text(value)
        )
    });
    format!(
        "<table class=\"facts\">\n{}</table>\n",
        rows.collect::<String>()
    )
}

/// A text as HTML shows it.
fn text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }

    #[test]
    fn nothing_that_was_answered_becomes_markup() {
        let hostile = "<script>\"&".to_owned();
        let counts = [Count {
            status: 409,
            code: hostile.clone(),
            answers: 1,
        }];
        assert_eq!(text(&hostile), "&lt;script&gt;&quot;&amp;");
        assert!(!answers(&counts).contains("<script>"));
    }

    #[test]
    fn the_style_asks_no_other_host() {
        assert!(!STYLE.contains("http") && !STYLE.contains("@import") && !STYLE.contains("url("));
    }
}
