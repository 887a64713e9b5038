//! What is to be rehearsed. Holds no secret, for the report shows all of it.

use std::{fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

/// What consumers come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A copy of an ISSUE_COUPON: the first N consumers get one.
    Issue,
    /// A use of a USE_COUPON: everybody may get a copy, the first N orders may use theirs.
    Use,
}

/// How requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Closed loop: each connection asks again as soon as it was answered.
    Max,
    /// Open loop: so many consumers begin per second, however slow the answers are.
    PerSecond(NonZeroU32),
}

/// What is done to the shop while it is stormed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `kill -9` of a node, which is started again.
    Kill,
    /// SIGSTOP of a node, and some seconds later SIGCONT.
    Pause,
    /// FLUSHALL of the gate.
    Flush,
}

/// What is stormed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shop {
    /// Nodes of this program, started and stopped by the rehearsal.
    Own {
        /// How many.
        nodes: usize,
        /// Their setting `store`; `sqlite` is in a folder that goes away.
        store: String,
        /// Their setting `gate`.
        gate: String,
    },
    /// A shop that is there already.
    There {
        /// As it was given.
        name: String,
        /// Where it listens.
        address: SocketAddr,
    },
}

/// See the module's header.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is stormed.
    pub shop: Shop,
    /// What they come for.
    pub kind: Kind,
    /// How many come.
    pub consumers: u32,
    /// How many coupons there are.
    pub coupons: NonZeroU32,
    /// How they are sent.
    pub rate: Rate,
    /// Over how many connections.
    pub connections: NonZeroU32,
    /// What is done to the shop meanwhile.
    pub faults: Vec<Fault>,
    /// What decides when, and to which node.
    pub seed: u64,
    /// Where the page goes.
    pub report: Option<PathBuf>,
}

impl Plan {
    /// The setting of its own that the report names, in words. Stores and gates without what may be
    /// secret in their addresses.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = match &self.shop {
            Shop::Own { nodes, store, gate } => vec![
                ("nodes", nodes.to_string()),
                ("store", without_secrets(store)),
                ("gate", without_secrets(gate)),
            ],
            Shop::There { name, .. } => vec![("target", name.clone())],
        };
        let faults: Vec<_> = self.faults.iter().map(ToString::to_string).collect();
        settings.extend([
            ("kind", self.kind.to_string()),
            ("consumers", self.consumers.to_string()),
            ("coupons", self.coupons.to_string()),
            ("rate", self.rate.to_string()),
            ("connections", self.connections.to_string()),
            (
                "faults",
                if faults.is_empty() {
                    "none".to_owned()
                } else {
                    faults.join(",")
                },
            ),
            ("seed", self.seed.to_string()),
        ]);
        settings
    }
}

/// An address without the user and the password in it.
fn without_secrets(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://{host}")
        }
        None => address.to_owned(),
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issue => "issue",
            Self::Use => "use",
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::PerSecond(rate) => rate.fmt(f),
        }
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse()
            .map(Self::PerSecond)
            .map_err(|_| "must be `max`, or how many consumers begin per second, such as 5000")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Flush => "flush",
        })
    }
}

impl FromStr for Fault {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "kill" => Ok(Self::Kill),
            "pause" => Ok(Self::Pause),
            "flush" => Ok(Self::Flush),
            _ => Err("must be some of kill, pause, flush, with commas between"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_no_password_of_a_store() {
        let shown = without_secrets("mysql://shop:sw@rdfish@db:3306/shop");
        assert_eq!(shown, "mysql://db:3306/shop");
        assert_eq!(without_secrets("redis://h:6379"), "redis://h:6379");
        assert_eq!(without_secrets("sqlite"), "sqlite");
    }

    #[test]
    fn a_rate_is_max_or_a_number_of_at_least_one() {
        assert_eq!("max".parse(), Ok(Rate::Max));
        let five = NonZeroU32::new(5).unwrap();
        assert_eq!("5".parse(), Ok(Rate::PerSecond(five)));
        for wrong in ["0", "-1", "fast", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
