//! Statements that go to the server as one text: one way there and back for all of them, however far
//! away it is, and nothing to prepare. When one fails, those behind it are not run.
//!
//! What is put into a text must be a number, a constant of this crate, or a [`literal`]: never anything
//! that somebody else has written.

use sqlx::{AssertSqlSafe, raw_sql};

/// Bytes, in digits that are never read as SQL. `_utf8mb4` in front makes a text of them.
pub(crate) fn literal(bytes: &[u8]) -> String {
    format!("x'{}'", hex::encode(bytes))
}

/// The statements, to be run one after the other.
pub(crate) fn script(statements: &[String]) -> sqlx::RawSql {
    raw_sql(AssertSqlSafe(statements.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_literal_is_sql() {
        assert_eq!(literal(b"a'; --"), "x'61273b202d2d'");
        assert_eq!(literal(b""), "x''");
    }
}
