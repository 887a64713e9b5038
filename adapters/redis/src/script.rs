//! Scripts, and what is handed to them. They are sent by their hash; a Redis that does not know it is
//! told the script.

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, ToRedisArgs};

/// A script of this crate.
pub(crate) struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    pub(crate) fn new(code: &'static str) -> Self {
        let hash = redis::Script::new(code).get_hash().to_owned();
        Self { code, hash }
    }

    /// The script, to be run on these keys; they must have one hash tag. Arguments follow.
    pub(crate) fn on(&self, keys: &[String]) -> Invocation<'_> {
        let mut command = Cmd::new();
        command.arg("EVALSHA").arg(&self.hash).arg(keys.len());
        keys.iter().for_each(|key| {
            command.arg(key);
        });
        Invocation {
            script: self,
            key: keys.first().cloned().unwrap_or_default(),
            command,
        }
    }
}

/// A script with its keys and arguments.
pub(crate) struct Invocation<'a> {
    script: &'a Script,
    key: String,
    command: Cmd,
}

impl Invocation<'_> {
    /// Adds an argument.
    pub(crate) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// The first of its keys.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Runs the script by its hash.
    pub(crate) const fn by_hash(&self) -> &Cmd {
        &self.command
    }

    /// Runs the script by its text: one round trip, to the one server that has the keys.
    pub(crate) fn by_text(&self) -> Cmd {
        let mut command = Cmd::new();
        command.arg("EVAL").arg(self.script.code);
        for argument in self.command.args_iter().skip(2) {
            if let redis::Arg::Simple(argument) = argument {
                command.arg(argument);
            }
        }
        command
    }
}

/// Redis has been restarted, or has lost its scripts; nothing was done.
pub(crate) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_text_a_script_gets_the_same_keys_and_arguments_as_by_its_hash() {
        let script = Script::new("return KEYS[1]");
        let mut invocation = script.on(&["{k}:1".into(), "{k}:2".into()]);
        invocation.arg("a").arg(b"\0\xff".as_slice()).arg(7);
        let arguments = |command: &Cmd| {
            let arguments = command.args_iter().map(|argument| match argument {
                redis::Arg::Simple(bytes) => bytes.to_vec(),
                _ => unreachable!("a script's argument"),
            });
            arguments.collect::<Vec<_>>()
        };
        let (by_hash, by_text) = (
            arguments(invocation.by_hash()),
            arguments(&invocation.by_text()),
        );
        assert_eq!(by_text[..2], [b"EVAL".to_vec(), b"return KEYS[1]".to_vec()]);
        assert_eq!(by_hash[1], b"4a2267357833227dd98abdedb8cf24b15a986445");
        assert_eq!(by_hash[2..], by_text[2..]);
        assert_eq!(by_hash[2..4], [b"2".to_vec(), b"{k}:1".to_vec()]);
        assert_eq!(by_hash[6], b"\0\xff");
    }
}
