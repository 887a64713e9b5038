//! Asks the shop something and waits for a decision: for what is set up before a storm and looked at
//! after it. Every request here may be sent twice.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_http::Role;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::sleep;

use super::{RehearsalError, line::Line, request, tickets::Tickets};

/// How long a shop may give no decision.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long before it is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// Who asks.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    Staff(Role),
    /// The consumer with this number.
    Consumer(u32),
}

/// See the module's header.
pub(super) struct Desk {
    nodes: Arc<[SocketAddr]>,
    line: Line,
    tickets: Tickets,
    buffer: Vec<u8>,
}

impl Desk {
    pub(super) fn new(nodes: Arc<[SocketAddr]>, number: usize, tickets: Tickets) -> Self {
        Self {
            line: Line::new(Arc::clone(&nodes), number),
            nodes,
            tickets,
            buffer: Vec::new(),
        }
    }

    /// What is there; none where nothing is found.
    pub(super) async fn look<T: DeserializeOwned>(
        &mut self,
        caller: Caller,
        path: &str,
    ) -> Result<Option<T>, RehearsalError> {
        match self.ask(caller, ("GET", path), None, "").await? {
            (404, _) => Ok(None),
            answer => read(path, answer).map(Some),
        }
    }

    /// Makes something.
    pub(super) async fn make<T: DeserializeOwned>(
        &mut self,
        role: Role,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<T, RehearsalError> {
        let caller = Caller::Staff(role);
        let body = body.to_string();
        let answer = self.ask(caller, ("POST", path), Some(key), &body).await?;
        read(path, answer)
    }

    /// Changes something.
    pub(super) async fn change(
        &mut self,
        path: &str,
        body: &Value,
    ) -> Result<Value, RehearsalError> {
        let caller = Caller::Staff(Role::Admin);
        let body = body.to_string();
        let answer = self.ask(caller, ("PATCH", path), None, &body).await?;
        read(path, answer)
    }

    async fn ask(
        &mut self,
        caller: Caller,
        what: (&str, &str),
        key: Option<&str>,
        body: &str,
    ) -> Result<(u16, String), RehearsalError> {
        let token = match caller {
            Caller::Staff(role) => self.tickets.role(role)?,
            Caller::Consumer(number) => self.tickets.consumer(number)?,
        };
        request::write(&mut self.buffer, what, &token, key, body);
        let began = Instant::now();
        loop {
            let answer = self
                .line
                .ask(&self.buffer, |answer| (answer.status, answer.text()));
            let why = match answer.await {
                Ok((401 | 403, text)) => return Err(RehearsalError::NotBelieved(text)),
                Ok((status, text)) if status >= 500 => format!("{status} {text}"),
                Ok(answer) => return Ok(answer),
                Err(error) => error.to_string(),
            };
            if began.elapsed() > PATIENCE {
                let nodes: Vec<_> = self.nodes.iter().map(ToString::to_string).collect();
                return Err(RehearsalError::Silent {
                    nodes: nodes.join(", "),
                    why,
                });
            }
            sleep(PAUSE).await;
        }
    }
}

fn read<T: DeserializeOwned>(
    path: &str,
    (status, text): (u16, String),
) -> Result<T, RehearsalError> {
    let refused = || RehearsalError::Refused {
        path: path.to_owned(),
        status,
        text: text.clone(),
    };
    if !(200..300).contains(&status) {
        return Err(refused());
    }
    serde_json::from_str(&text).map_err(|_| refused())
}
