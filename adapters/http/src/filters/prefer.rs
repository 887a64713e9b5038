//! The `Prefer` header (RFC 7240): how long a caller wants to wait for its answer.
//!
//! A preference asks, it never commands: one that is unknown, or can't be read, is as good as absent.

use std::time::Duration;

use hyper::{HeaderMap, header::HeaderValue};

const HEADER: &str = "prefer";
/// The header that tells which preference was followed.
pub(super) const APPLIED: &str = "preference-applied";
/// Who wants to wait longer waits so long, in seconds.
const LONGEST: u8 = 10;

/// Whether a route lets its callers say how long they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// It answers when it can.
    Unasked,
    /// `Prefer: wait=N` bounds its answers.
    AsPreferred,
}

/// How long a caller wants to wait: 0 ..= 10 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(u8);

impl Wait {
    /// The wait that is preferred; none where none is, or none that can be read.
    pub(super) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let fields = headers.get_all(HEADER).iter();
        // Of preferences that are there twice only the first counts.
        let wait = fields
            .flat_map(|field| split(field.as_bytes(), b','))
            .filter_map(|preference| split(preference, b';').next())
            .find_map(value_of_wait)?;
        let digits = str::from_utf8(wait).ok()?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // What has no room in the type is long, too.
        is_number.then(|| Self(digits.parse().map_or(LONGEST, |wait: u8| wait.min(LONGEST))))
    }

    /// The wait as a duration.
    pub(super) fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    /// What is said of it in the answer.
    pub(super) fn applied(self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("wait={}", self.0)).ok()
    }
}

/// The value of a preference without its parameters, if it is `wait`; without its quotes, if it has
/// some.
fn value_of_wait(preference: &[u8]) -> Option<&[u8]> {
    let mut halves = preference.splitn(2, |&byte| byte == b'=');
    let name = halves.next()?.trim_ascii();
    let value = halves.next().unwrap_or_default().trim_ascii();
    let quoted = value.strip_prefix(b"\"");
    let unquoted = quoted.and_then(|value| value.strip_suffix(b"\""));
    name.eq_ignore_ascii_case(b"wait")
        .then(|| unquoted.unwrap_or(value))
}

/// The parts of `text` between separators that don't stand in quotes.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut in_quotes, mut escaped) = (false, false);
    text.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            _ => return byte == separator && !in_quotes,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn preferred(fields: &[&str]) -> Option<u8> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(HEADER, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        }
        Wait::preferred(&headers).map(|wait| wait.0)
    }

    #[rstest]
    #[case::no_wait(&["wait=0"], 0)]
    #[case::the_longest(&["wait=10"], 10)]
    #[case::longer(&["wait=11"], 10)]
    #[case::longer_than_a_byte(&["wait=256"], 10)]
    #[case::longer_than_any_number(&["wait=99999999999999999999999"], 10)]
    #[case::leading_zeros(&["wait=0003"], 3)]
    #[case::any_case(&["WaIt=3"], 3)]
    #[case::spaces(&["  wait =\t3  "], 3)]
    #[case::quoted(&["wait=\"3\""], 3)]
    #[case::with_parameters(&["wait=3; a=b; c"], 3)]
    #[case::among_others(&["respond-async, wait=3, handling=lenient"], 3)]
    #[case::after_empty_ones(&[",, ,wait=3"], 3)]
    #[case::in_a_second_field(&["respond-async", "wait=3"], 3)]
    #[case::the_first_counts(&["wait=3, wait=4", "wait=5"], 3)]
    #[case::after_quotes(&["a=\"b, wait=9\", wait=3"], 3)]
    #[case::after_escaped_quotes(&["a=\"b\\\", wait=9\", wait=3"], 3)]
    #[case::after_bytes_that_are_no_ascii(&["a=\"é\", wait=3"], 3)]
    fn a_wait_is_found_as_rfc_7240_writes_it(#[case] fields: &[&str], #[case] seconds: u8) {
        assert_eq!(preferred(fields), Some(seconds));
    }

    #[rstest]
    #[case::nothing(&[])]
    #[case::empty(&[""])]
    #[case::others(&["respond-async", "waiting=3"])]
    #[case::no_value(&["wait"])]
    #[case::empty_value(&["wait="])]
    #[case::empty_quotes(&["wait=\"\""])]
    #[case::negative(&["wait=-1"])]
    #[case::signed(&["wait=+1"])]
    #[case::a_fraction(&["wait=1.5"])]
    #[case::a_unit(&["wait=3s"])]
    #[case::other_digits(&["wait=３"])]
    #[case::half_quoted(&["wait=\"3"])]
    #[case::twice_equal(&["wait==3"])]
    #[case::a_parameter(&["a; wait=3"])]
    #[case::in_quotes(&["a=\"wait=3\""])]
    #[case::in_quotes_without_end(&["a=\"b, wait=3"])]
    #[case::the_first_is_none(&["wait=x, wait=3"])]
    fn what_is_no_wait_is_as_good_as_absent(#[case] fields: &[&str]) {
        assert_eq!(preferred(fields), None);
    }

    #[test]
    fn what_is_applied_is_what_was_waited() {
        let headers = |wait: &'static str| {
            HeaderMap::from_iter([(
                hyper::header::HeaderName::from_static(HEADER),
                HeaderValue::from_static(wait),
            )])
        };
        for (asked, applied) in [("wait=3", "wait=3"), ("wait=99", "wait=10")] {
            let wait = Wait::preferred(&headers(asked)).unwrap();
            assert_eq!(wait.applied().unwrap(), applied);
        }
    }
}
