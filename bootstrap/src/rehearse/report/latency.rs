//! How long answers took: bars whose widths grow as a rule of three does, for a few slow ones must be
//! seen beside many fast ones.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::{
    super::view::{QUANTILES, took},
    axis::{Axis, short},
    chart::{INNER_HEIGHT, INNER_WIDTH, LEFT, TOP, below, down, horizontal, open},
    grouped,
};

/// Twelve bars to a power of ten.
const STEPS: [u64; 12] = [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82];

/// From when to when, and how many.
type Bar = (u64, u64, u64);

/// See the module's header.
pub(super) fn chart(latency: &Histogram<u64>) -> String {
    let bars = bars(latency);
    let most = bars.iter().map(|(_, _, count)| *count).max().unwrap_or(0);
    let up = Axis::rounded_up(most, INNER_HEIGHT);
    let bars_there = u64::try_from(bars.len()).unwrap_or(1).max(1);
    let width = INNER_WIDTH.div_euclid(bars_there).clamp(1, 60);
    let mut svg = open("how many answers took how long");
    for number in up.ticks() {
        horizontal(&mut svg, down(up.at(number)), &short(number));
    }
    for ((from, to, count), x) in bars
        .iter()
        .zip((LEFT..).step_by(usize::try_from(width).unwrap_or(1)))
    {
        let high = up.at(*count).max(u64::from(*count > 0));
        let (y, wide) = (down(high), width.saturating_sub(2).max(1));
        let _infallible = writeln!(
            svg,
            "<rect class=\"curve-bar\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\">\
             <title>{} to {}: {}</title></rect>",
            took(*from),
            took(*to),
            grouped(*count)
        );
        if is_written(*from) {
            below(
                &mut svg,
                x,
                &took(*from).replace(".0 ", " ").replace(".00 ", " "),
            );
        }
    }
    let place = |micros: u64| {
        let at = bars
            .iter()
            .position(|(from, to, _)| (*from..*to).contains(&micros))?;
        let at = u64::try_from(at).ok()?;
        Some(
            LEFT.saturating_add(at.saturating_mul(width))
                .saturating_add(width / 2),
        )
    };
    for (name, quantile) in QUANTILES {
        let micros = latency.value_at_quantile(quantile);
        let Some(x) = place(micros) else { continue };
        let floor = down(0);
        let _infallible = writeln!(
            svg,
            "<g class=\"quantile\"><title>{name}: {}</title><line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" \
             y2=\"{floor}\"/><text x=\"{x}\" y=\"14\">{name}</text></g>",
            took(micros)
        );
    }
    svg.push_str("</svg></figure>\n");
    svg.push_str(&table(latency));
    svg
}

/// 1, 2, 5 and so on, as the steps have them.
fn is_written(micros: u64) -> bool {
    let mut first = micros;
    while first >= 100 {
        first = first.div_euclid(10);
    }
    matches!(first, 10 | 22 | 47)
}

/// From the first bar with something in it to the last.
fn bars(latency: &Histogram<u64>) -> Vec<Bar> {
    let powers = (0..8).map(|power| 10_u64.saturating_pow(power));
    let mut bounds: Vec<_> = powers
        .flat_map(|power| STEPS.map(|step| step.saturating_mul(power)))
        .collect();
    bounds.insert(0, 0);
    let mut bars: Vec<_> = bounds
        .iter()
        .zip(bounds.iter().skip(1))
        .map(|(from, to)| (*from, *to, between(latency, *from, *to)))
        .collect();
    let is_empty = |bar: &Bar| bar.2 == 0;
    let last = bars
        .iter()
        .rposition(|bar| !is_empty(bar))
        .map_or(0, |at| at.saturating_add(1));
    bars.truncate(last);
    let first = bars.iter().position(|bar| !is_empty(bar)).unwrap_or(0);
    bars.split_off(first)
}

/// How many took from `from` to just under `to`, as finely as the histogram knows.
fn between(latency: &Histogram<u64>, from: u64, to: u64) -> u64 {
    let recorded = latency.iter_recorded();
    let within = recorded.filter(|step| (from..to).contains(&step.value_iterated_to()));
    within
        .map(|step| step.count_at_value())
        .fold(0, u64::saturating_add)
}

fn table(latency: &Histogram<u64>) -> String {
    let quantiles = QUANTILES.map(|(name, quantile)| (name, latency.value_at_quantile(quantile)));
    let all = quantiles.into_iter().chain([("max", latency.max())]);
    let all: Vec<_> = all.collect();
    let heads: String = all
        .iter()
        .map(|(name, _)| format!("<th>{name}</th>"))
        .collect();
    let values = all
        .iter()
        .map(|(_, micros)| format!("<td>{}</td>", took(*micros)));
    format!(
        "<table>\n<tr>{heads}</tr>\n<tr>{}</tr>\n</table>\n",
        values.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_in_one_bar() {
        let mut latency = Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        for micros in (1..2_000).chain([50_000, 3_000_000, 119_000_000]) {
            latency.record(micros).unwrap();
        }
        let bars = bars(&latency);
        let in_bars: u64 = bars.iter().map(|(_, _, count)| count).sum();
        assert_eq!(in_bars, latency.len());
        assert!(bars[0].2 > 0 && bars[bars.len() - 1].2 > 0);
        assert!(
            bars.iter()
                .zip(bars.iter().skip(1))
                .all(|(a, b)| a.1 == b.0)
        );
    }

    #[test]
    fn no_answers_make_no_bars() {
        let latency = Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        assert!(bars(&latency).is_empty());
        assert!(!chart(&latency).contains("<rect"));
    }
}
