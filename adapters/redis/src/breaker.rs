//! Whether Redis is worth a call.
//!
//! Once a call shows that Redis is away, all further ones fail at once, and one task tries to connect
//! anew until Redis answers. A cluster is taken for away in parts. Must never let a call wait for Redis
//! to come back, and never believe what a call over an older connection says about the present one.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::CallError;

/// The first pause between two attempts to connect, from the second attempt on; doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// See the module's header. `C` is a connection.
pub(crate) struct Breaker<C> {
    state: Mutex<State<C>>,
}

struct State<C> {
    connection: Result<C, CallError>,
    /// Rises with every connection.
    number: u64,
    away: HashMap<u16, Away>,
    /// Attempts to connect since a call was last answered.
    attempts: u32,
    is_reconnecting: bool,
}

struct Away {
    /// A key that can't be asked for.
    key: String,
    why: CallError,
}

impl<C: Clone> Breaker<C> {
    /// One that has had no connection yet. Whoever makes it connects.
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                connection: Err(CallError::NotYet),
                number: 0,
                away: HashMap::new(),
                attempts: 0,
                is_reconnecting: true,
            }),
        }
    }

    /// The connection for a call to this part, and its number.
    pub(crate) fn pass(&self, part: u16) -> Result<(C, u64), CallError> {
        let state = self.state.lock();
        if let Some(away) = state.away.get(&part) {
            return Err(away.why.clone());
        }
        Ok((state.connection.clone()?, state.number))
    }

    /// A call was answered over the connection with this number.
    pub(crate) fn answered(&self, number: u64) {
        let mut state = self.state.lock();
        if state.number == number && state.away.is_empty() {
            state.attempts = 0;
        }
    }

    /// A call was not answered over the connection with this number. True when whoever made it is to
    /// reconnect.
    pub(crate) fn failed(&self, part: u16, number: u64, key: &str, why: CallError) -> bool {
        let mut state = self.state.lock();
        if state.number != number {
            return false;
        }
        state.away.entry(part).or_insert_with(|| Away {
            key: key.to_owned(),
            why,
        });
        !std::mem::replace(&mut state.is_reconnecting, true)
    }

    /// How long to wait before the next attempt to connect.
    pub(crate) fn pause(&self) -> Duration {
        let mut state = self.state.lock();
        let attempts = state.attempts;
        state.attempts = attempts.saturating_add(1);
        match attempts {
            0 => Duration::ZERO,
            n => LONGEST_PAUSE.min(SHORTEST_PAUSE.saturating_mul(1 << n.min(8))),
        }
    }

    /// What an attempt to connect is to ask for: a key of each part that is away.
    pub(crate) fn keys(&self) -> Vec<(u16, String)> {
        let state = self.state.lock();
        let away = state.away.iter();
        away.map(|(part, away)| (*part, away.key.clone())).collect()
    }

    /// Nothing came of an attempt to connect.
    pub(crate) fn not_connected(&self, why: CallError) {
        let mut state = self.state.lock();
        state
            .away
            .values_mut()
            .for_each(|away| away.why = why.clone());
        if state.connection.is_err() {
            state.connection = Err(why);
        }
    }

    /// There is a new connection, over which these parts have answered. False when no more attempts
    /// are needed.
    pub(crate) fn connected(&self, connection: C, answered: &[u16]) -> bool {
        let mut state = self.state.lock();
        let is_better = state.connection.is_err() || !answered.is_empty();
        if is_better {
            state.connection = Ok(connection);
            state.number = state.number.wrapping_add(1);
            state.away.retain(|part, _| !answered.contains(part));
        }
        state.is_reconnecting = !state.away.is_empty();
        state.is_reconnecting
    }
}

#[cfg(test)]
mod tests;
