//! Names: unique among their kind, compared byte by byte.

use domain::ports::Creation;

use super::kinds::{Kind, for_each_kind};
use crate::Fixture;

pub async fn a_name_is_unique_among_its_kind(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let first = K::fresh(fixture).await.with_name("n").stored(fixture).await;
        let second = K::fresh(fixture).await.with_name("n");
        assert_eq!(
            second.clone().create(fixture, None).await,
            Creation::NameTaken
        );
        assert_eq!(K::read(second.id(), fixture).await, None);
        assert_eq!(K::read(first.id(), fixture).await, Some(first));
    }
    for_each_kind!(rule(&fixture));
}

pub async fn a_name_of_one_kind_is_free_for_another(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let row = K::fresh(fixture).await.with_name("the same");
        let row = row.stored(fixture).await;
        assert_eq!(K::read(row.id(), fixture).await, Some(row));
    }
    for_each_kind!(rule(&fixture));
}

/// Unlike by case, by white space, by how a character is composed, by its width, by a sign that has
/// no weight in any collation, by what a collation spells out.
const UNLIKE: [&str; 13] = [
    "Spring",
    "spring",
    "SPRING",
    "Spring ",
    " Spring",
    "\u{e9}",
    "e\u{301}",
    "e",
    "\u{ff41}",
    "a",
    "a\u{200b}",
    "\u{df}",
    "ss",
];

pub async fn names_are_compared_byte_by_byte(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let mut written = Vec::new();
        for name in UNLIKE {
            let row = K::fresh(fixture).await.with_name(name);
            written.push(row.stored(fixture).await);
        }
        for row in written {
            assert_eq!(K::read(row.id(), fixture).await, Some(row));
        }
    }
    for_each_kind!(rule(&fixture));
}
