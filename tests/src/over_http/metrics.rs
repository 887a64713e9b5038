//! What a server says of itself at `/metrics`.

use hyper::{Method, StatusCode};

use super::Client;

/// The metrics at one moment.
pub struct Metrics(String);

impl Metrics {
    /// Asks for them.
    pub async fn of(client: &mut Client) -> Self {
        let answer = client.send(Method::GET, "/metrics", None, &[], None).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        Self(String::from_utf8(answer.bytes.to_vec()).unwrap())
    }

    /// A counter by its name and labels as they stand there; 0 for one that has not counted yet.
    pub fn counter(&self, series: &str) -> u64 {
        let value = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }
}
