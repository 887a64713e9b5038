//! Statements that go to the server as one text: one way there and back for all of them, however far
//! away it is, and nothing to prepare. When one fails, those behind it are not run.
//!
//! What is put into a text must be a number, a constant of this crate, a [`literal`] or a
//! [`text_literal`].

use sqlx::{AssertSqlSafe, raw_sql};

/// Bytes, in digits.
pub(crate) fn literal(bytes: &[u8]) -> String {
    format!("x'{}'", hex::encode(bytes))
}

/// A text: in quotes when nothing in it means anything between them, else in digits, which take the
/// server twice as long to read.
pub(crate) fn text_literal(text: &str) -> String {
    if text.contains(['\'', '\\', '\0']) {
        format!("_utf8mb4 {}", literal(text.as_bytes()))
    } else {
        format!("_utf8mb4 '{text}'")
    }
}

/// The statements, to be run one after the other.
pub(crate) fn script(statements: &[String]) -> sqlx::RawSql {
    raw_sql(AssertSqlSafe(statements.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn bytes_are_digits() {
        assert_eq!(literal(b"a'; --"), "x'61273b202d2d'");
        assert_eq!(literal(b""), "x''");
    }

    #[rstest]
    #[case::plain(r#"["ann","bob"]"#, r#"_utf8mb4 '["ann","bob"]'"#)]
    #[case::none("", "_utf8mb4 ''")]
    #[case::a_quote("a'b", "_utf8mb4 x'612762'")]
    #[case::a_backslash(r"a\", "_utf8mb4 x'615c'")]
    #[case::the_end("a\0", "_utf8mb4 x'6100'")]
    fn what_would_end_a_text_is_digits(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(text_literal(text), expected);
    }
}
