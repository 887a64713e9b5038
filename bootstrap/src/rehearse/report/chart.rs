//! A curve over time, as inline SVG that takes its colours from the page.

use std::fmt::Write;

use super::{
    super::timeline::Mark,
    axis::{Axis, short, time},
    text,
};

/// The drawing, in its own units.
pub(super) const WIDTH: u64 = 960;
pub(super) const HEIGHT: u64 = 260;
/// The room for numbers and marks.
pub(super) const LEFT: u64 = 56;
pub(super) const RIGHT: u64 = 16;
pub(super) const TOP: u64 = 22;
pub(super) const BOTTOM: u64 = 28;
/// What is left for the curve.
pub(super) const INNER_WIDTH: u64 = WIDTH - LEFT - RIGHT;
pub(super) const INNER_HEIGHT: u64 = HEIGHT - TOP - BOTTOM;

/// How points are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    Line,
    /// A number holds until the next.
    Steps,
}

/// See the module's header.
pub(super) struct Chart<'a> {
    pub name: &'a str,
    pub curve: Curve,
    /// Microseconds, and a number.
    pub points: &'a [(u64, u64)],
    /// Where the axis of time ends.
    pub end: u64,
    pub marks: &'a [Mark],
}

impl Chart<'_> {
    pub(super) fn svg(&self) -> String {
        let across = Axis::new(self.end, INNER_WIDTH);
        let most = self
            .points
            .iter()
            .map(|(_, number)| *number)
            .max()
            .unwrap_or(0);
        let up = Axis::rounded_up(most, INNER_HEIGHT);
        let mut svg = open(self.name);
        for number in up.ticks() {
            let y = down(up.at(number));
            horizontal(&mut svg, y, &short(number));
        }
        for at in across.ticks() {
            let x = LEFT.saturating_add(across.at(at));
            below(&mut svg, x, &time(at, self.end));
        }
        let (mut path, mut before) = (String::new(), None);
        for (at, number) in self.points {
            let x = LEFT.saturating_add(across.at(*at));
            let y = down(up.at(*number));
            let _infallible = match (before, self.curve) {
                (None, _) => write!(path, "M{x} {y}"),
                (Some(_), Curve::Line) => write!(path, "L{x} {y}"),
                (Some(_), Curve::Steps) => write!(path, "H{x}V{y}"),
            };
            before = Some(x);
        }
        if let (Some(last), Some((first, _))) = (before, self.points.first()) {
            let first = LEFT.saturating_add(across.at(*first));
            let floor = down(0);
            let _infallible = write!(
                svg,
                "<path class=\"area\" d=\"{path}L{last} {floor}H{first}Z\"/>\n\
                 <path class=\"curve\" d=\"{path}\"/>\n"
            );
        }
        for (number, mark) in self
            .marks
            .iter()
            .enumerate()
            .filter(|(_, mark)| mark.at <= self.end)
        {
            let x = LEFT.saturating_add(across.at(mark.at));
            let (number, floor) = (number.saturating_add(1), down(0));
            let _infallible = writeln!(
                svg,
                "<g class=\"mark\"><title>{}</title><line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" \
                 y2=\"{floor}\"/><text x=\"{x}\" y=\"14\">{number}</text></g>",
                text(&mark.what)
            );
        }
        svg.push_str("</svg></figure>\n");
        svg
    }
}

/// From a height above the floor to a place in the drawing.
pub(super) fn down(height: u64) -> u64 {
    TOP.saturating_add(INNER_HEIGHT).saturating_sub(height)
}

pub(super) fn open(name: &str) -> String {
    format!("<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">\n")
}

/// A line of the grid, and its number.
pub(super) fn horizontal(svg: &mut String, y: u64, number: &str) {
    let (end, beside) = (WIDTH.saturating_sub(RIGHT), LEFT.saturating_sub(8));
    let lower = y.saturating_add(4);
    let _infallible = writeln!(
        svg,
        "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y}\" y2=\"{y}\"/>\
         <text class=\"end\" x=\"{beside}\" y=\"{lower}\">{number}</text>"
    );
}

/// A number under the drawing.
pub(super) fn below(svg: &mut String, x: u64, number: &str) {
    let y = HEIGHT.saturating_sub(8);
    let _infallible = writeln!(
        svg,
        "<text class=\"middle\" x=\"{x}\" y=\"{y}\">{number}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_its_curve_and_every_fault_within_its_time() {
        let mark = |at, what: &str| Mark {
            at,
            what: what.to_owned(),
        };
        let marks = [mark(500, "kill <1>"), mark(5_000, "after the end")];
        let svg = Chart {
            name: "test",
            curve: Curve::Steps,
            points: &[(0, 10), (1_000, 0)],
            end: 1_000,
            marks: &marks,
        }
        .svg();
        assert!(
            svg.contains("kill &lt;1&gt;") && !svg.contains("after the end"),
            "{svg}"
        );
        let path = format!(
            "M{LEFT} {TOP}H{}V{}",
            LEFT + INNER_WIDTH,
            TOP + INNER_HEIGHT
        );
        assert!(svg.contains(&path), "{svg}");
    }

    #[test]
    fn a_chart_of_nothing_is_empty_and_no_failure() {
        let svg = Chart {
            name: "test",
            curve: Curve::Line,
            points: &[],
            end: 0,
            marks: &[],
        }
        .svg();
        assert!(!svg.contains("<path"), "{svg}");
    }
}
