//! What a server hears: its general log.

use super::ground::{Ground, connect};

/// The kinds of what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Query,
    Prepare,
    Execute,
    /// Has no answer: what is said next waits for the server's acknowledgement, 40 ms over TCP.
    Close,
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) command: Command,
    pub(super) text: String,
}

/// The log of a server that nobody else uses.
pub(super) struct Log {
    root: String,
}

impl Log {
    /// Begins to listen.
    pub(super) async fn of(ground: &Ground) -> Self {
        let begun = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON";
        ground.ledger.as_root(begun.to_owned()).await.unwrap();
        let log = Self {
            root: ground.ledger.root_url(),
        };
        log.forget().await;
        log
    }

    /// Begins anew.
    pub(super) async fn forget(&self) {
        let mut root = connect(&self.root).await;
        let forgotten = sqlx::raw_sql("TRUNCATE TABLE mysql.general_log");
        forgotten.execute(&mut root).await.unwrap();
    }

    /// What the application has said, of each connection by itself.
    pub(super) async fn connections(&self) -> Vec<Vec<Said>> {
        const SAID: &str = "SELECT CAST(thread_id AS UNSIGNED), CAST(command_type AS CHAR), \
             CAST(CONVERT(argument USING latin1) AS CHAR) FROM mysql.general_log \
             WHERE user_host LIKE '%application%' AND command_type <> 'Connect'";
        let said: Vec<(u64, String, String)> = sqlx::query_as(SAID)
            .fetch_all(&mut connect(&self.root).await)
            .await
            .unwrap();
        let mut connections: Vec<(u64, Vec<Said>)> = Vec::new();
        for (id, command, text) in said {
            let command = match command.as_str() {
                "Query" => Command::Query,
                "Prepare" => Command::Prepare,
                "Execute" => Command::Execute,
                "Close stmt" => Command::Close,
                _ => Command::Other,
            };
            let text = text.trim_matches([' ', ';']).to_owned();
            let said = Said { command, text };
            match connections.iter_mut().find(|(known, _)| *known == id) {
                Some((_, all)) => all.push(said),
                None => connections.push((id, vec![said])),
            }
        }
        connections.into_iter().map(|(_, said)| said).collect()
    }
}
