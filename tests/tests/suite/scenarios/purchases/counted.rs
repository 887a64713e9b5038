//! How often each answer came.

use std::collections::BTreeMap;

use firstcome_tests::over_http::Answer;

/// The answers by code, or by status where it was none.
pub fn by_code<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        let code = match answer.code() {
            code if code.is_empty() => answer.status.as_u16().to_string(),
            code => code,
        };
        *counted.entry(code).or_default() += 1;
    }
    counted
}
