//! One page of a list: everything after an id, in the order of ids, up to a limit.

/// A page of a list ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last id of the page before; none for the first page.
    pub after: Option<Id>,
    /// The most items wanted.
    pub limit: u32,
}
