//! Clients that are slow, huge, garbled, gone or too many: each gets a clear refusal or its
//! connection closed, none of them a fault or a hang, and those who behave notice nothing.

mod bodies;
mod crowds;
mod disconnects;
mod heads;

use firstcome_tests::over_http::Server;

use super::raw::{Raw, Reply, in_time};

/// A client that behaves is served.
async fn assert_serves(server: &Server) {
    let mut client = server.client();
    let events = client.get("/v1/events", &server.tokens().admin()).await;
    assert_eq!(events.status, 200);
}
