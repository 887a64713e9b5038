//! A JSON object as text, so that a test decides how each value is spelled.

use std::fmt::Display;

/// See the module's header.
#[derive(Clone, Default)]
pub(super) struct Object(Vec<(String, String)>);

impl Object {
    /// With these members; the values are JSON.
    pub(super) fn of<const N: usize>(members: [(&str, &str); N]) -> Self {
        members
            .into_iter()
            .fold(Self::default(), |object, (name, value)| {
                object.with(name, value)
            })
    }

    /// With this member: in the place of the one of that name, or added.
    pub(super) fn with(&self, name: &str, value: impl Display) -> Self {
        let (mut object, value) = (self.clone(), value.to_string());
        match object.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => object.0.push((name.to_owned(), value)),
        }
        object
    }

    /// With this text, quoted, as a member.
    pub(super) fn with_text(&self, name: &str, text: &str) -> Self {
        self.with(name, serde_json::json!(text))
    }

    /// Without this member.
    pub(super) fn without(&self, name: &str) -> Self {
        let mut object = self.clone();
        object.0.retain(|(known, _)| known != name);
        object
    }

    /// Its members, in order.
    pub(super) fn members(&self) -> &[(String, String)] {
        &self.0
    }
}

impl Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        write!(f, "{{{}}}", members.join(","))
    }
}
