//! Why there was no rehearsal, or no proof; each says what to do next where there is something to do.

use std::{io, path::PathBuf};

use adapter_http::{KeyError, MintError};

/// Why there was no rehearsal, or no proof.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// No decision from the shop, long enough.
    #[error(
        "the shop ({nodes}) gives no answer: {why}. Is it served there? `curl http://…/health/ready` says"
    )]
    Silent {
        /// Where it was asked.
        nodes: String,
        /// What came instead.
        why: String,
    },
    /// Nobody was there to hear a consumer, long enough.
    #[error("the shop answered nobody for 60 seconds, and was given up")]
    GivenUp,
    /// The tokens are no good there.
    #[error(
        "the shop does not believe the tokens of this rehearsal ({0}). Set FIRSTCOME_JWT_SECRET to the \
         shop's secret, or `--data` to its data folder, and --jwt-issuer and --jwt-audience as it has them"
    )]
    NotBelieved(String),
    /// It answered what it must not.
    #[error("the shop answered {status} to {path}: {text}")]
    Refused {
        /// What was asked.
        path: String,
        /// What it answered.
        status: u16,
        /// And said.
        text: String,
    },
    /// It made something and did not say what.
    #[error("the shop made something without an id; is it another program, or another version?")]
    NoId,
    /// A node of ours ended before it listened.
    #[error("a node could not be started. The last it said:\n{0}")]
    NodeNotStarted(String),
    /// The gate that is to forget everything does not answer.
    #[error("the gate does not answer to FLUSHALL; is --gate right?")]
    GateSilent,
    /// The gate refused to forget.
    #[error("the gate refused FLUSHALL")]
    Gate(#[from] redis::RedisError),
    /// Stopped by hand before there was a proof.
    #[error("broken off before anything was proven; what was made is named {0}")]
    Stopped(String),
    /// A part of the check ended without a result.
    #[error("the check broke off")]
    BrokenOff,
    /// The report can't be written.
    #[error("the report {} can't be written", .0.display())]
    Report(PathBuf, #[source] io::Error),
    /// A process or its folder.
    #[error("a node's process or folder")]
    Process(#[from] io::Error),
    /// No token.
    #[error("no tokens")]
    Mint(#[from] MintError),
    /// No key.
    #[error("no tokens")]
    Key(#[from] KeyError),
    /// No random numbers.
    #[error("the system gave no random numbers")]
    Random(#[from] getrandom::Error),
    /// Never with the bounds that are used here.
    #[error("no histogram")]
    Histogram(#[from] hdrhistogram::CreationError),
}

impl RehearsalError {
    /// The shop, or a server that it needs, does not answer.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Silent { .. } | Self::GivenUp | Self::GateSilent | Self::Gate(_)
        )
    }
}
