//! What a client says to MySQL, as far as a proxy must understand it: where a COMMIT is.
//!
//! It follows the protocol's packets through whatever pieces they arrive in, and keeps no more of one
//! than tells a COMMIT from anything else. It changes nothing.

/// Length (3 bytes, the lowest first) and sequence number.
const HEADER: usize = 4;
/// A command is the first packet of its exchange.
const FIRST: u8 = 0;
/// A statement as text.
const QUERY: u8 = 3;
const COMMIT: &[u8] = b"COMMIT";

/// Follows one client.
#[derive(Debug, Default)]
pub(super) struct Commands {
    header: Vec<u8>,
    /// The packet's beginning: its command, and what could be a COMMIT.
    begun: Vec<u8>,
    /// What is still to come of the packet.
    left: usize,
}

impl Commands {
    /// How many COMMITs end in these bytes, the next that the client has sent.
    pub(super) fn commits_in(&mut self, mut bytes: &[u8]) -> usize {
        let mut commits = 0;
        while let Some((byte, rest)) = bytes.split_first() {
            if self.header.len() < HEADER {
                self.header.push(*byte);
                bytes = rest;
                if self.header.len() < HEADER {
                    continue;
                }
                let [low, middle, high, _] = self.header[..] else {
                    unreachable!("a header has four bytes")
                };
                self.left = u32::from_le_bytes([low, middle, high, 0])
                    .try_into()
                    .unwrap();
            }
            let (packet, rest) = bytes.split_at(bytes.len().min(self.left));
            let kept = (1 + COMMIT.len() + 1).saturating_sub(self.begun.len());
            self.begun.extend(packet.iter().take(kept));
            self.left -= packet.len();
            bytes = rest;
            if self.left == 0 {
                commits += usize::from(self.is_commit());
                self.header.clear();
                self.begun.clear();
            }
        }
        commits
    }

    fn is_commit(&self) -> bool {
        let text = self.begun.strip_prefix(&[QUERY]);
        let split = text.and_then(|text| text.split_at_checked(COMMIT.len()));
        let Some((commit, rest)) = split else {
            return false;
        };
        // Another statement may follow in the same packet.
        self.header.last() == Some(&FIRST)
            && commit.eq_ignore_ascii_case(COMMIT)
            && matches!(rest, [] | [b';'])
    }
}
