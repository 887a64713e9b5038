//! The storm as it is seen from the terminal: a live picture where there is one, plain lines now and
//! then where there is none. On standard error, for results alone go to standard output.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::tally::{Count, Heap};

/// How long between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(2);

/// How many kinds of answers have a place in the live picture.
const MOST_CODES: usize = 6;

/// How far the storm is.
pub(super) struct Moment<'a> {
    pub elapsed: Duration,
    /// Consumers who know, of all.
    pub know: (u64, u64),
    /// Answers in the last second.
    pub per_second: u64,
    /// Coupons that are left.
    pub left: u64,
    pub heard: &'a Heap,
}

/// See the module's header.
pub(super) enum View {
    Live(ProgressBar),
    Plain { next: Duration },
}

impl View {
    pub(super) fn open(consumers: u64) -> Self {
        let template = "{bar:32} {pos}/{len} consumers  {elapsed}  {msg}";
        match ProgressStyle::with_template(template) {
            Ok(style) if std::io::stderr().is_terminal() => {
                let bar = ProgressBar::new(consumers);
                bar.set_style(style.progress_chars("━╸─"));
                Self::Live(bar)
            }
            _ => Self::Plain {
                next: Duration::ZERO,
            },
        }
    }

    pub(super) fn show(&mut self, moment: &Moment<'_>) {
        match self {
            Self::Live(bar) => {
                bar.set_position(moment.know.0);
                bar.set_message(live(moment));
            }
            Self::Plain { next } if moment.elapsed >= *next => {
                *next = moment.elapsed.saturating_add(PLAIN_EVERY);
                say(&plain(moment));
            }
            Self::Plain { .. } => {}
        }
    }

    /// The picture stays as it is now.
    pub(super) fn close(&mut self, moment: &Moment<'_>) {
        match self {
            Self::Live(bar) => {
                bar.set_position(moment.know.0);
                bar.abandon_with_message(live(moment));
            }
            Self::Plain { .. } => say(&plain(moment)),
        }
    }
}

/// A line for whoever watches.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn live(moment: &Moment<'_>) -> String {
    let codes = moment.heard.counts.iter().take(MOST_CODES);
    let codes: Vec<_> = codes
        .map(|count| format!("  {:>10}  {}", count.answers, name(count)))
        .collect();
    format!(
        "\n{:>10} answers/s   {} coupons left\n{}\n{}",
        moment.per_second,
        moment.left,
        percentiles(moment.heard),
        codes.join("\n")
    )
}

fn plain(moment: &Moment<'_>) -> String {
    format!(
        "{:>4} s  {}/{} consumers, {} answers/s, {} coupons left, {}",
        moment.elapsed.as_secs(),
        moment.know.0,
        moment.know.1,
        moment.per_second,
        moment.left,
        percentiles(moment.heard).trim()
    )
}

/// What an answer is called: `201`, `409 COUPON_NOT_ISSUABLE`, `no answer`.
pub(super) fn name(count: &Count) -> String {
    match count.status {
        0 => count.code.clone(),
        status => format!("{status} {}", count.code).trim_end().to_owned(),
    }
}

/// The percentiles that are shown everywhere.
pub(super) const QUANTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// The percentiles in one line.
pub(super) fn percentiles(heard: &Heap) -> String {
    let of = |(name, quantile): (&str, f64)| {
        format!("{name} {}", took(heard.latency.value_at_quantile(quantile)))
    };
    let each: Vec<_> = QUANTILES.into_iter().map(of).collect();
    format!("{}, max {}", each.join(", "), took(heard.latency.max()))
}

/// Microseconds for people: `870 µs`, `12.3 ms`, `4.56 s`.
pub(super) fn took(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => format!(
            "{}.{:02} s",
            micros / 1_000_000,
            micros % 1_000_000 / 10_000
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_the_unit_that_fits_it() {
        for (micros, shown) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.0 ms"),
            (12_399, "12.3 ms"),
            (999_999, "999.9 ms"),
            (4_567_000, "4.56 s"),
        ] {
            assert_eq!(took(micros), shown);
        }
    }
}
