//! The provider's desk, where callers are served, well or badly.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    Lie, Misbehaviour,
    asked::Question,
    connection::{Connection, reply},
    plan::Plan,
    till::{Said, Till},
};

/// What outlives a stop.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) till: Mutex<Till>,
    pub(super) plan: Mutex<Plan>,
}

impl Desk {
    /// Serves whoever comes, until it is dropped; then all connections break.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let desk = Arc::clone(&self);
            connections.spawn(async move { desk.connection(stream).await });
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(&self, stream: TcpStream) {
        let mut connection = Connection::new(stream);
        while let Some(request) = connection.request().await {
            let served = match Question::read(&request) {
                Ok(question) => self.question(&mut connection, &question).await,
                Err(why) => answer(&mut connection, &(400, json!({ "error": why }))).await,
            };
            if served.is_none() {
                return;
            }
        }
    }

    /// None when the connection is over.
    async fn question(&self, connection: &mut Connection, question: &Question) -> Option<()> {
        let befalls = self.plan.lock().next(question.asked());
        match befalls {
            None => answer(connection, &self.truth(question)).await,
            Some(Misbehaviour::Decline) => answer(connection, &self.decline(question)).await,
            Some(Misbehaviour::Refuse) => {
                answer(connection, &(503, json!({ "error": "busy" }))).await
            }
            Some(Misbehaviour::HangUp) => None,
            Some(Misbehaviour::Ignore) => {
                connection.gone().await;
                None
            }
            Some(Misbehaviour::DoLate) => {
                connection.gone().await;
                self.truth(question);
                None
            }
            Some(Misbehaviour::WaitBefore(gate)) => {
                gate.pass().await;
                answer(connection, &self.truth(question)).await
            }
            Some(Misbehaviour::WaitAfter(gate)) => {
                let truth = self.truth(question);
                gate.pass().await;
                answer(connection, &truth).await
            }
            Some(Misbehaviour::LoseAnswer) => {
                self.truth(question);
                None
            }
            Some(Misbehaviour::KeepSilent) => {
                self.truth(question);
                connection.gone().await;
                None
            }
            Some(Misbehaviour::AnswerTwice) => {
                let whole = whole(&self.truth(question));
                connection.send(whole.clone() + &whole).await.ok()
            }
            Some(Misbehaviour::Lie(lie)) => lie_about(connection, lie, self.truth(question)).await,
        }
    }

    fn truth(&self, question: &Question) -> Said {
        match question {
            Question::Call(about, call) => self.till.lock().call(about, call),
            Question::Query(about) => self.till.lock().query(about),
        }
    }

    fn decline(&self, question: &Question) -> Said {
        match question {
            Question::Call(about, call) => self.till.lock().decline(about, call),
            Question::Query(about) => self.till.lock().query(about),
        }
    }
}

fn whole((status, body): &Said) -> String {
    let body = body.to_string();
    reply(*status, "", body.len(), &body)
}

async fn answer(connection: &mut Connection, said: &Said) -> Option<()> {
    connection.send(whole(said)).await.ok()
}

async fn lie_about(connection: &mut Connection, lie: Lie, (status, truth): Said) -> Option<()> {
    const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
    let other = |member: &str, value: Value| {
        let mut lie = truth.clone();
        lie[member] = value;
        whole(&(status, lie))
    };
    let text = truth.to_string();
    match lie {
        Lie::OtherSaga => connection.send(other("sagaId", NOBODY.into())).await.ok(),
        Lie::OtherAction => {
            let action = match truth["action"].as_str() {
                Some("AUTHORISE") => "CAPTURE",
                _ => "AUTHORISE",
            };
            connection.send(other("action", action.into())).await.ok()
        }
        Lie::OtherAmount => match truth["amount"].as_i64() {
            Some(amount) => connection
                .send(other("amount", (amount - 1).into()))
                .await
                .ok(),
            None => connection.send(other("sagaId", NOBODY.into())).await.ok(),
        },
        Lie::OtherState => connection.send(other("state", "PENDING".into())).await.ok(),
        Lie::Garbage => connection.send(reply(200, "", 6, "<html>")).await.ok(),
        Lie::TooLarge => {
            const MUCH: usize = 10_000_000;
            let padded = " ".repeat(MUCH - text.len()) + &text;
            connection.send(reply(status, "", MUCH, &padded)).await.ok()
        }
        Lie::Endless => {
            let head = format!("HTTP/1.1 {status} OK\r\ntransfer-encoding: chunked\r\n\r\n");
            connection.send(head).await.ok()?;
            let blank = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
            connection.send_endlessly(blank).await;
            None
        }
        Lie::Redirect => {
            let location = "location: /v1/payments\r\n";
            let moved = reply(307, location, text.len(), &text);
            connection.send(moved).await.ok()
        }
        Lie::LengthTooShort => {
            let short = reply(status, "", text.len() - 1, &text);
            connection.send(short).await.ok()
        }
        Lie::LengthTooLong => {
            let long = reply(status, "", text.len() + 1, &text);
            connection.send(long).await.ok()?;
            connection.gone().await;
            None
        }
        Lie::CutOff => {
            let half = reply(status, "", text.len(), &text[..text.len() / 2]);
            connection.send(half).await.ok()?;
            None
        }
    }
}
