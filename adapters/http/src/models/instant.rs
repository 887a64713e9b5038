//! Instants as RFC 3339 texts: any offset in, UTC with `Z` out, to the microsecond.

use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

/// An instant as it stands in JSON. Digits beyond the microsecond are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-27T12:00:00Z")]
pub(crate) struct Instant(pub(crate) Timestamp);

/// The instant as text: `2026-11-27T12:00:00Z`, with as many decimals as it needs.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(at.as_micros()) {
        Ok(instant) => instant.to_string(),
        // Outside the years -9999 to 9999, which no request can name.
        Err(_) => format!("{}µs", at.as_micros()),
    }
}

/// 0000-01-01T00:00:00Z. What is before has no RFC 3339 text in UTC.
const FIRST: Timestamp = Timestamp::from_micros(-62_167_219_200_000_000);

fn parse(text: &str) -> Result<Timestamp, String> {
    if !is_rfc3339(text.as_bytes()) {
        return Err("must be an RFC 3339 date-time such as 2026-11-27T12:00:00Z".to_owned());
    }
    let instant: jiff::Timestamp = text
        .parse()
        .map_err(|_| "is not a date and time that exists".to_owned())?;
    let at = Timestamp::from_micros(instant.as_microsecond());
    if at < FIRST {
        return Err("must not be before the year 0 in UTC".to_owned());
    }
    Ok(at)
}

/// The shape `YYYY-MM-DDThh:mm:ss[.digits](Z|±hh:mm)`. The parser itself takes more than RFC 3339:
/// dates without seconds, time zones in brackets.
fn is_rfc3339(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let Some((date_time, rest)) = text.split_at_checked(SHAPE.len()) else {
        return false;
    };
    let fits = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, shape)| match shape {
                b'd' => byte.is_ascii_digit(),
                exact => byte.eq_ignore_ascii_case(exact),
            })
    };
    let offset = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            match fraction.split_at_checked(digits) {
                Some((_, offset)) if (1..=9).contains(&digits) => offset,
                _ => return false,
            }
        }
        _ => rest,
    };
    // The parser itself takes offsets of more than a day, too.
    let within_a_day = |offset: &[u8]| {
        offset
            .get(1..3)
            .is_some_and(|hours| hours <= b"23".as_slice())
    };
    let offset_fits = fits(offset, b"Z")
        || ((fits(offset, b"+dd:dd") || fits(offset, b"-dd:dd")) && within_a_day(offset));
    fits(date_time, SHAPE) && offset_fits
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        parse(&text).map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&rfc3339(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01T00:00:00Z", 0)]
    #[case("1970-01-01t00:00:00z", 0)]
    #[case("1970-01-01T09:00:00+09:00", 0)]
    #[case("1969-12-31T23:59:59.999999Z", -1)]
    #[case("1970-01-01T00:00:00.0000019Z", 1)]
    #[case("1970-01-02T00:00:00+23:59", 60_000_000)]
    #[case("0000-01-01T00:00:00Z", FIRST.as_micros())]
    #[case("9999-12-30T21:59:59Z", 253_402_207_199_000_000)]
    fn rfc_3339_is_read_to_the_microsecond(#[case] text: &str, #[case] micros: i64) {
        assert_eq!(parse(text), Ok(Timestamp::from_micros(micros)));
    }

    #[rstest]
    #[case("")]
    #[case("2026-11-27")]
    #[case("2026-11-27T12:00Z")]
    #[case("2026-11-27 12:00:00Z")]
    #[case("2026-11-27T12:00:00")]
    #[case("2026-11-27T12:00:00+0900")]
    #[case("2026-11-27T12:00:00+24:00")]
    #[case("0000-01-01T00:00:00+00:01")]
    #[case("2026-11-27T12:00:00.Z")]
    #[case("2026-11-27T12:00:00Z[UTC]")]
    #[case("2026-02-30T12:00:00Z")]
    #[case("2026-11-27T25:00:00Z")]
    #[case("1764244800")]
    #[case("２026-11-27T12:00:00Z")]
    fn what_is_not_rfc_3339_is_refused(#[case] text: &str) {
        assert!(parse(text).is_err());
    }

    #[test]
    fn an_instant_is_written_in_utc_and_reads_back() {
        let at = Timestamp::from_micros(1_764_244_800_123_456);
        assert_eq!(rfc3339(at), "2025-11-27T12:00:00.123456Z");
        assert_eq!(parse(&rfc3339(at)), Ok(at));
    }
}
