//! The arguments of `firstcome rehearse`: what is to be rehearsed, with all that makes no sense refused
//! before anything is started.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    num::NonZeroU32,
    path::PathBuf,
};

use clap::{
    Arg, ArgAction, ArgMatches, Command as Definition, builder::PossibleValuesParser,
    error::ErrorKind, value_parser,
};

use super::{CommandLineError, arguments, definition, examples};
use crate::{
    rehearse::{Fault, Kind, Plan, Rate, Shop},
    settings::{DATA, JWT_AUDIENCE, JWT_ISSUER, SettingsError},
};

/// The consent to storm what the rehearsal did not start itself.
const CONSENT: &str = "yes-this-is-my-shop";

/// More consumers than there are people is a slip of the key.
const MOST_CONSUMERS: i64 = 1_000_000_000;

const ABOUT: &str = "Storm a shop with a drop of its own, and prove that it was exact";

const LONG_ABOUT: &str = "\
Storm a shop with a drop of its own, and prove that it was exact.

Makes an event, a discount policy and a coupon (and a product and wallets for `--kind use`), all named \
`rehearsal-ID`. Then every consumer comes, each with a token of its own. At the end every acknowledged \
answer is looked up in the ledger, through the API; any difference ends with status 1.

Where: `--embedded` (the default) starts a node in a folder that goes away and needs nothing else; \
`--nodes N` starts several, on the store and the gate that the settings name; `--target` takes a shop \
that is there.

Ctrl-C ends the storm; what was told until then is still checked.";

pub(super) fn rehearsal() -> Definition {
    Definition::new("rehearse")
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .args(where_to())
        .args(what())
        .args(arguments(&[&DATA, &JWT_ISSUER, &JWT_AUDIENCE]))
        .after_help(format!(
            "A shop at --target believes this program's tokens if both have the same key: set \
             FIRSTCOME_JWT_SECRET, or `--data` to the shop's data folder.\n\n{}",
            examples(&[
                "firstcome rehearse --embedded",
                "firstcome rehearse --consumers 50000 --coupons 500 --kind use --report drop.html",
                "firstcome rehearse --rate 5000 --connections 512",
                "firstcome rehearse --nodes 3 --faults kill,pause --seed 7",
                "FIRSTCOME_STORE=mysql://… firstcome rehearse --nodes 3 --yes-this-is-my-shop",
                "firstcome rehearse --target http://127.0.0.1:8080 --yes-this-is-my-shop",
            ])
        ))
}

fn where_to() -> Vec<Arg> {
    let text = |name: &'static str| Arg::new(name).long(name).help_heading("Where");
    vec![
        text("embedded")
            .action(ArgAction::SetTrue)
            .conflicts_with_all(["target", "nodes", "store", "gate"])
            .help("A node of its own, in a folder that goes away [the default]"),
        text("target")
            .value_name("URL")
            .conflicts_with_all(["nodes", "store", "gate", "faults"])
            .help("A shop that is there, such as http://127.0.0.1:8080"),
        text("nodes")
            .value_name("N")
            .value_parser(value_parser!(u16).range(1..=64))
            .help("So many nodes of its own, on the store and the gate that the settings name"),
        text("store").value_name("STORE").help(
            "Their store: `sqlite` in a folder that goes away, `memory`, or mysql://… (a URL with \
                 a password belongs into the variable) [default: sqlite] [env: FIRSTCOME_STORE]",
        ),
        text("gate").value_name("GATE").help(
            "The gate in front of it: `none`, or redis://… [default: none] [env: FIRSTCOME_GATE]",
        ),
        text(CONSENT).action(ArgAction::SetTrue).help(
            "Needed for whatever the rehearsal did not start itself: a target, a database, a gate",
        ),
    ]
}

fn what() -> Vec<Arg> {
    let what = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help_heading("What")
    };
    vec![
        what("consumers", "N")
            .default_value("1000000")
            .value_parser(value_parser!(u32).range(1..=MOST_CONSUMERS))
            .help("How many come"),
        what("coupons", "N")
            .default_value("10000")
            .value_parser(value_parser!(NonZeroU32))
            .help("How many coupons there are"),
        what("kind", "KIND")
            .default_value("issue")
            .value_parser(PossibleValuesParser::new(["issue", "use"]))
            .help("`issue`: the first get a copy. `use`: everybody may get one, the first orders use it"),
        what("rate", "N|max")
            .default_value("max")
            .value_parser(|text: &str| text.parse::<Rate>())
            .help(
                "Consumers that begin per second, their latency counted from when they were to begin; \
                 `max`: each connection asks again as soon as it was answered",
            ),
        what("connections", "N")
            .default_value("256")
            .value_parser(value_parser!(NonZeroU32))
            .help("Over how many connections"),
        what("faults", "FAULTS")
            .value_delimiter(',')
            .value_parser(|text: &str| text.parse::<Fault>())
            .help(
                "What is done to the nodes meanwhile, each twice: `kill` (kill -9 and a restart), \
                 `pause` (SIGSTOP for seconds), `flush` (FLUSHALL of the gate)",
            ),
        what("seed", "SEED")
            .default_value("1")
            .value_parser(value_parser!(u64))
            .help("What decides when faults strike, and which node"),
        what("report", "FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Write all of it as one HTML page"),
    ]
}

/// What the arguments ask for; `named` are the store and the gate of the settings.
pub(super) fn plan(
    part: &ArgMatches,
    named: impl FnOnce() -> Result<(String, String), SettingsError>,
) -> Result<Plan, CommandLineError> {
    let mut faults: Vec<_> = part
        .get_many("faults")
        .into_iter()
        .flatten()
        .copied()
        .collect();
    faults.sort_unstable();
    faults.dedup();
    let shop = shop(part, named)?;
    sense(part, &shop, &faults)?;
    let kind: &String = asked(part, "kind")?;
    Ok(Plan {
        shop,
        kind: if kind == "use" {
            Kind::Use
        } else {
            Kind::Issue
        },
        consumers: *asked(part, "consumers")?,
        coupons: *asked(part, "coupons")?,
        rate: *asked(part, "rate")?,
        connections: *asked(part, "connections")?,
        faults,
        seed: *asked(part, "seed")?,
        report: part.get_one("report").cloned(),
    })
}

fn asked<'a, T: Clone + Send + Sync + 'static>(
    part: &'a ArgMatches,
    name: &str,
) -> Result<&'a T, clap::Error> {
    let missing = || refused(ErrorKind::MissingRequiredArgument, &format!("--{name}"));
    part.get_one(name).ok_or_else(missing)
}

fn shop(
    part: &ArgMatches,
    named: impl FnOnce() -> Result<(String, String), SettingsError>,
) -> Result<Shop, CommandLineError> {
    let Some(name) = part.get_one::<String>("target").cloned() else {
        // Who asks for neither of these wants nothing but the binary, whatever settings are around.
        let is_embedded = !["nodes", "store", "gate"]
            .map(|name| part.contains_id(name))
            .contains(&true);
        let (store, gate) = match is_embedded {
            true => ("sqlite".to_owned(), "none".to_owned()),
            false => named()?,
        };
        let nodes = part.get_one::<u16>("nodes").copied().unwrap_or(1).into();
        return Ok(Shop::Own { nodes, store, gate });
    };
    match address(&name) {
        Some(address) => Ok(Shop::There { name, address }),
        None => Err(refused(
            ErrorKind::ValueValidation,
            "--target must be http://HOST:PORT of a host that is known, such as \
             http://127.0.0.1:8080. There is no TLS in this program: name a node, not the proxy \
             in front of it",
        )
        .into()),
    }
}

fn address(url: &str) -> Option<SocketAddr> {
    let host = url.strip_prefix("http://")?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let addresses = host
        .to_socket_addrs()
        .or_else(|_| (host, 80).to_socket_addrs());
    addresses.ok()?.next()
}

/// Refuses what can't be done, or must not be done unasked.
fn sense(part: &ArgMatches, shop: &Shop, faults: &[Fault]) -> Result<(), clap::Error> {
    let conflict = |why: &str| Err(refused(ErrorKind::ArgumentConflict, why));
    let is_server = |given: &str| given.contains("://");
    let is_foreign = match shop {
        Shop::There { .. } => true,
        Shop::Own { nodes, store, gate } => {
            let in_memory = store == "memory";
            if in_memory && *nodes > 1 {
                return conflict(
                    "the store `memory`: every node would have one of its own; name another with --store",
                );
            }
            if in_memory && faults.contains(&Fault::Kill) {
                return conflict(
                    "--faults kill: the store `memory` is gone with its node; name another with --store",
                );
            }
            if faults.contains(&Fault::Flush) && !is_server(gate) {
                return conflict(
                    "--faults flush empties a gate: name one with --gate redis://HOST:PORT",
                );
            }
            is_server(store) || is_server(gate)
        }
    };
    if is_foreign && !part.get_flag(CONSENT) {
        return Err(refused(
            ErrorKind::MissingRequiredArgument,
            &format!(
                "a rehearsal storms the shop, and what it makes there stays there. If nobody else \
                 depends on it now, say so: --{CONSENT}"
            ),
        ));
    }
    Ok(())
}

fn refused(kind: ErrorKind, why: &str) -> clap::Error {
    let mut definition = definition();
    match definition.find_subcommand_mut("rehearse") {
        Some(rehearsal) => rehearsal.error(kind, why),
        None => definition.error(kind, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn planned(arguments: &str) -> Result<Plan, String> {
        planned_among(&[], arguments)
    }

    /// With these variables around.
    fn planned_among(variables: &[(&str, &str)], arguments: &str) -> Result<Plan, String> {
        let of_program = ["firstcome", "rehearse"];
        let arguments = of_program.into_iter().chain(arguments.split_whitespace());
        let environment: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        match crate::command_line::parse(arguments.map(Into::into), &environment, folder.path()) {
            Ok(crate::command_line::Command::Rehearse(plan, _)) => Ok(*plan),
            Ok(other) => panic!("{other:?}"),
            Err(CommandLineError::Arguments(error)) => Err(error.to_string()),
            Err(CommandLineError::Settings(error)) => Err(error.to_string()),
        }
    }

    fn own(nodes: usize, store: &str, gate: &str) -> Shop {
        let (store, gate) = (store.to_owned(), gate.to_owned());
        Shop::Own { nodes, store, gate }
    }

    #[test]
    fn nothing_said_is_a_million_for_ten_thousand_on_a_node_of_its_own() {
        let plan = planned("").unwrap();
        assert_eq!((plan.consumers, plan.coupons.get()), (1_000_000, 10_000));
        assert_eq!((plan.kind, plan.rate), (Kind::Issue, Rate::Max));
        assert_eq!(plan.shop, own(1, "sqlite", "none"));
        assert_eq!(planned("--embedded").unwrap().shop, plan.shop);
    }

    const STORE: &str = "mysql://shop:secret@127.0.0.1/shop";
    const GATE: &str = "redis://:secret@127.0.0.1";
    const AROUND: [(&str, &str); 2] = [("FIRSTCOME_STORE", STORE), ("FIRSTCOME_GATE", GATE)];

    #[rstest]
    #[case("--nodes 3", own(3, STORE, GATE))]
    #[case("--gate none", own(1, STORE, "none"))]
    #[case("--nodes 2 --store sqlite --gate none", own(2, "sqlite", "none"))]
    fn nodes_have_the_store_and_the_gate_of_the_settings(#[case] said: &str, #[case] shop: Shop) {
        let consent = format!("{said} --yes-this-is-my-shop");
        assert_eq!(planned_among(&AROUND, &consent).unwrap().shop, shop);
        let is_foreign = shop != own(2, "sqlite", "none");
        assert_eq!(planned_among(&AROUND, said).is_err(), is_foreign);
    }

    #[rstest]
    #[case("")]
    #[case("--embedded")]
    fn a_node_of_its_own_has_nothing_of_the_settings(#[case] said: &str) {
        let shop = planned_among(&AROUND, said).unwrap().shop;
        assert_eq!(shop, own(1, "sqlite", "none"));
    }

    #[test]
    fn faults_are_a_list_each_once() {
        let plan = planned("--nodes 3 --faults pause,kill,pause --seed 7").unwrap();
        assert_eq!(plan.faults, [Fault::Kill, Fault::Pause]);
        assert_eq!(plan.seed, 7);
    }

    #[rstest]
    #[case("--target http://127.0.0.1:1")]
    #[case("--nodes 2 --store mysql://root@127.0.0.1/shop")]
    #[case("--nodes 2 --store mysql://root@127.0.0.1/shop --gate redis://127.0.0.1")]
    fn what_it_did_not_start_is_stormed_with_consent_only(#[case] arguments: &str) {
        let refusal = planned(arguments).unwrap_err();
        assert!(refusal.contains("--yes-this-is-my-shop"), "{refusal}");
        assert!(planned(&format!("{arguments} --yes-this-is-my-shop")).is_ok());
    }

    #[rstest]
    #[case(
        "--target https://shop.example --yes-this-is-my-shop",
        "http://HOST:PORT"
    )]
    #[case("--target http://127.0.0.1:1 --faults kill", "--faults")]
    #[case("--embedded --nodes 2", "--nodes")]
    #[case("--nodes 2 --store memory", "one of its own")]
    #[case("--nodes 2 --store oracle://db", "allowed: sqlite, memory, mysql://")]
    #[case("--nodes 2 --gate redis://127.0.0.1", "a gate is for a store")]
    #[case("--store memory --faults kill", "gone with its node")]
    #[case("--faults flush", "--gate")]
    #[case("--faults fire", "kill, pause, flush")]
    #[case("--rate fast", "max")]
    #[case("--coupons 0", "--coupons")]
    #[case("--consumers 0", "--consumers")]
    #[case("--kind steal", "issue, use")]
    fn what_makes_no_sense_is_refused_with_what_does(#[case] arguments: &str, #[case] says: &str) {
        let refusal = planned(arguments).unwrap_err();
        assert!(refusal.contains(says), "{refusal}");
    }
}
