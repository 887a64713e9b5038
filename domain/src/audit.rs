//! Is a coupon exact? Its counters and its caps against its rows, from one consistent snapshot.

use crate::{Counters, Coupon, CouponKind};

/// What the rows of one coupon say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Copies.
    pub issued: u64,
    /// Copies that are ACTIVE.
    pub active: u64,
    /// Copies that are WITHDRAWN.
    pub withdrawn: u64,
    /// Holds that are OPEN.
    pub held: u64,
    /// Holds that are CONFIRMED.
    pub used: u64,
    /// Consumers with more ACTIVE copies than they may have: of all ISSUE_COUPONs of the event
    /// together, of the coupon itself for a USE_COUPON.
    pub consumers_above_limit: u64,
}

/// A coupon and its rows, read in one consistent snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReading {
    /// The coupon, with its counters.
    pub coupon: Coupon,
    /// What its rows say.
    pub rows: RowCounts,
}

/// Something that must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A counter differs from the rows.
    #[error("the counter {name} says {counter}, the rows say {rows}")]
    CounterDiffers {
        /// The counter.
        name: &'static str,
        /// What it says.
        counter: u64,
        /// What the rows say.
        rows: u64,
    },
    /// More copies than `maximumIssued`.
    #[error("{issued} copies are issued, above the cap of {cap}")]
    OverIssued {
        /// Copies, by the rows.
        issued: u64,
        /// The cap.
        cap: u32,
    },
    /// More uses, held and final, than `maximumUsage`.
    #[error("{taken} uses are held or final, above the cap of {cap}")]
    OverUsed {
        /// Uses, by the rows.
        taken: u64,
        /// The cap.
        cap: u32,
    },
    /// Consumers with more copies than allowed.
    #[error("{consumers} consumers have more copies than they may have")]
    ConsumersAboveLimit {
        /// How many consumers.
        consumers: u64,
    },
}

/// The verdict on one coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The coupon, with its counters.
    pub coupon: Coupon,
    /// What its rows say.
    pub rows: RowCounts,
    /// All that must not be; empty for an exact coupon.
    pub violations: Vec<Violation>,
}

impl Audit {
    /// Judges a reading.
    #[must_use]
    pub fn of(reading: AuditReading) -> Self {
        let AuditReading { coupon, rows } = reading;
        let Counters {
            issued,
            held,
            used,
            withdrawn,
        } = coupon.counters;
        let mut violations: Vec<Violation> = [
            ("issued", issued, rows.issued),
            ("held", held, rows.held),
            ("used", used, rows.used),
            ("withdrawn", withdrawn, rows.withdrawn),
        ]
        .into_iter()
        .filter(|(_, counter, rows)| counter != rows)
        .map(|(name, counter, rows)| Violation::CounterDiffers {
            name,
            counter,
            rows,
        })
        .collect();
        match coupon.kind {
            CouponKind::Issue { maximum_issued, .. } => {
                let cap = maximum_issued.get();
                if rows.issued > u64::from(cap) {
                    violations.push(Violation::OverIssued {
                        issued: rows.issued,
                        cap,
                    });
                }
            }
            CouponKind::Use { maximum_usage, .. } => {
                let cap = maximum_usage.get();
                let taken = rows.held.saturating_add(rows.used);
                if taken > u64::from(cap) {
                    violations.push(Violation::OverUsed { taken, cap });
                }
            }
        }
        if rows.consumers_above_limit > 0 {
            let consumers = rows.consumers_above_limit;
            violations.push(Violation::ConsumersAboveLimit { consumers });
        }
        Self {
            coupon,
            rows,
            violations,
        }
    }

    /// Nothing is wrong.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.violations.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::tests::{coupon, issue_kind, use_kind};

    fn audit(kind: CouponKind, counters: Counters, rows: RowCounts) -> Vec<Violation> {
        let mut coupon = coupon(kind);
        coupon.counters = counters;
        Audit::of(AuditReading { coupon, rows }).violations
    }

    #[test]
    fn a_full_coupon_is_exact() {
        let counters = Counters {
            issued: 2,
            ..Counters::default()
        };
        let rows = RowCounts {
            issued: 2,
            active: 2,
            ..RowCounts::default()
        };
        assert_eq!(audit(issue_kind(2), counters, rows), []);
    }

    #[test]
    fn one_copy_above_the_cap_is_a_violation() {
        let counters = Counters {
            issued: 3,
            ..Counters::default()
        };
        let rows = RowCounts {
            issued: 3,
            active: 3,
            ..RowCounts::default()
        };
        assert_eq!(
            audit(issue_kind(2), counters, rows),
            [Violation::OverIssued { issued: 3, cap: 2 }]
        );
    }

    #[test]
    fn each_counter_is_held_against_its_rows() {
        let counters = Counters {
            issued: 1,
            held: 2,
            used: 3,
            withdrawn: 4,
        };
        let names: Vec<_> = audit(use_kind(9, 1), counters, RowCounts::default())
            .into_iter()
            .filter_map(|violation| match violation {
                Violation::CounterDiffers { name, .. } => Some(name),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["issued", "held", "used", "withdrawn"]);
    }

    #[test]
    fn held_and_used_together_stay_within_the_cap() {
        let counters = Counters {
            held: 1,
            used: 2,
            ..Counters::default()
        };
        let rows = RowCounts {
            held: 1,
            used: 2,
            ..RowCounts::default()
        };
        assert_eq!(audit(use_kind(3, 1), counters, rows), []);
        assert_eq!(
            audit(use_kind(2, 1), counters, rows),
            [Violation::OverUsed { taken: 3, cap: 2 }]
        );
    }

    #[test]
    fn a_consumer_above_the_limit_is_a_violation() {
        let rows = RowCounts {
            consumers_above_limit: 1,
            ..RowCounts::default()
        };
        assert_eq!(
            audit(issue_kind(2), Counters::default(), rows),
            [Violation::ConsumersAboveLimit { consumers: 1 }]
        );
    }
}
