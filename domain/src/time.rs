//! Instants and windows. Everything is UTC, in microseconds; windows are half-open.

/// An instant: microseconds since 1970-01-01T00:00:00Z. The ledger's, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `micros` microseconds after the Unix epoch (before it, when negative).
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `micros`, held at the ends of the representable range.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A window that ends before it starts, or is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be later than the start")]
pub struct InvalidWindow;

/// The half-open window `[starts_at, ends_at)`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Window {
    /// The window `[starts_at, ends_at)`.
    ///
    /// # Errors
    /// [`InvalidWindow`] unless `starts_at < ends_at`.
    pub fn new(starts_at: Timestamp, ends_at: Timestamp) -> Result<Self, InvalidWindow> {
        if starts_at < ends_at {
            Ok(Self { starts_at, ends_at })
        } else {
            Err(InvalidWindow)
        }
    }

    /// The first instant inside.
    #[must_use]
    pub const fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    /// The first instant after.
    #[must_use]
    pub const fn ends_at(self) -> Timestamp {
        self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_never_empty_or_reversed() {
        let at = Timestamp::from_micros;
        assert!(Window::new(at(0), at(1)).is_ok());
        assert_eq!(Window::new(at(1), at(1)), Err(InvalidWindow));
        assert_eq!(Window::new(at(2), at(1)), Err(InvalidWindow));
    }

    #[test]
    fn arithmetic_holds_at_the_ends_of_time() {
        let last = Timestamp::from_micros(i64::MAX);
        assert_eq!(last.plus_micros(1), last);
        assert_eq!(last.micros_since(Timestamp::from_micros(-1)), i64::MAX);
    }
}
