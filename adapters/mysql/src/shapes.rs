//! Statements over lists, in few sizes. A connection keeps every statement that it has seen; one that
//! it has not seen costs a round trip of its own, and one more than it keeps a delayed acknowledgement.
//! Must never build a text per call.

use std::iter;
use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// How many items the list of a statement has.
const SIZES: [usize; 8] = [256, 64, 16, 8, 4, 3, 2, 1];

/// A statement with a list in it, at every size. To be built once, in a
/// [`LazyLock`](std::sync::LazyLock).
pub(crate) struct Shapes([(usize, Arc<str>); SIZES.len()]);

/// The text of a statement at one size.
pub(crate) type Sql = AssertSqlSafe<Arc<str>>;

impl Shapes {
    /// The `item`s of the list, with commas between them, stand between `head` and `tail`.
    pub(crate) fn new(head: &'static str, item: &'static str, tail: &'static str) -> Self {
        Self::of(|size| format!("{head}{}{tail}", list(item, size)))
    }

    /// For a statement in which more than one list has that size.
    pub(crate) fn of(text: impl Fn(usize) -> String) -> Self {
        Self(SIZES.map(|size| (size, text(size).into())))
    }

    /// For rows to insert: all of them in order, each once, in few statements.
    pub(crate) fn split<'a, T>(&self, rows: &'a [T]) -> impl Iterator<Item = (Sql, &'a [T])> {
        let mut left = rows;
        iter::from_fn(move || {
            let (part, rest, text) = self.0.iter().find_map(|(size, text)| {
                let (part, rest) = left.split_at_checked(*size)?;
                Some((part, rest, text))
            })?;
            left = rest;
            Some((AssertSqlSafe(Arc::clone(text)), part))
        })
    }

    /// For values to look for: all of them in order, the last one again and again where there are too
    /// few for a statement.
    pub(crate) fn padded<'a, T>(
        &self,
        values: &'a [T],
    ) -> impl Iterator<Item = (Sql, impl Iterator<Item = &'a T>)> {
        let [(most, _), ..] = &self.0;
        values.chunks(*most).filter_map(|part| {
            let (size, text) = self.0.iter().rev().find(|(size, _)| part.len() <= *size)?;
            let padding = iter::repeat(part.last()?);
            let values = part.iter().chain(padding).take(*size);
            Some((AssertSqlSafe(Arc::clone(text)), values))
        })
    }
}

/// So many of the `item`s, with commas between them.
pub(crate) fn list(item: &str, size: usize) -> String {
    vec![item; size].join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::HashSet;

    fn placeholders(sql: &Sql) -> usize {
        sql.0.matches('?').count()
    }

    #[test]
    fn a_list_stands_between_head_and_tail() {
        let shapes = Shapes::new("VALUES ", "(?, ?)", " END");
        let (sql, _) = shapes.split(&[0; 4]).next().unwrap();
        assert_eq!(&*sql.0, "VALUES (?, ?), (?, ?), (?, ?), (?, ?) END");
    }

    #[rstest]
    #[case::none(0)]
    #[case::one(1)]
    #[case::between(3)]
    #[case::exact(64)]
    #[case::all_sizes(341)]
    #[case::more_than_the_largest(1023)]
    fn rows_are_split_and_values_padded_so_that_each_has_its_placeholder(#[case] number: usize) {
        let shapes = Shapes::new("", "?", "");
        let items: Vec<usize> = (0..number).collect();
        let mut split = Vec::new();
        for (sql, rows) in shapes.split(&items) {
            assert_eq!(placeholders(&sql), rows.len());
            split.extend_from_slice(rows);
        }
        assert_eq!(split, items);
        let mut padded = Vec::new();
        for (sql, values) in shapes.padded(&items) {
            let values: Vec<usize> = values.copied().collect();
            assert_eq!(placeholders(&sql), values.len());
            padded.extend(values);
        }
        padded.dedup();
        assert_eq!(padded, items);
    }

    #[test]
    fn lists_of_any_length_are_few_statements() {
        let shapes = Shapes::new("", "?", "");
        let items = vec![0; 2000];
        let mut seen = HashSet::new();
        for number in 0..items.len() {
            seen.extend(shapes.split(&items[..number]).map(|(sql, _)| sql.0));
            seen.extend(shapes.padded(&items[..number]).map(|(sql, _)| sql.0));
        }
        assert_eq!(seen.len(), SIZES.len());
    }
}
