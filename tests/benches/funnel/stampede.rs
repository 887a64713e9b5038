//! The stampede over HTTP: everybody asks for a copy. All contestants in turn, round after round, each
//! on a store of its own; those on a database on the same durable server.

use std::{net::SocketAddr, thread, time::Duration};

use adapter_http::Role;
use firstcome_tests::{
    over_http::{Server, ServerBuilder, Shop, Tokens},
    servers::{Database, Make, Redis, SqlServer, User},
};
use sqlx::{ConnectOptions, Connection, mysql::MySqlConnectOptions, query};
use uuid::Uuid;

use crate::{
    child::Child,
    load::{Load, PerSecond},
    report::Row,
    rivals, room,
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const CONSUMERS: usize = 50_000;
/// Coupons that are asked for one after the other by all consumers, so that nobody asks twice.
const DROPS: usize = 40;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Hyper,
    Sqlite,
    MariaDb,
    MariaDbRedis,
    TwoNodes,
    Classic,
    Script,
}

use Who::{Classic, Hyper, MariaDb, MariaDbRedis, Script, Sqlite, TwoNodes};

/// The rows of issuing: name, whose figure, against whose.
const ROWS: [(&str, Who, &str, Who); 7] = [
    ("durable issues, SQLite", Sqlite, "bare hyper", Hyper),
    ("durable issues, MariaDB", MariaDb, "bare hyper", Hyper),
    ("… MariaDB + Redis", MariaDbRedis, "MariaDB alone", MariaDb),
    (
        "… MariaDB + Redis, 2 nodes",
        TwoNodes,
        "1 node",
        MariaDbRedis,
    ),
    ("… MariaDB + Redis", MariaDbRedis, "the classic", Classic),
    ("… MariaDB + Redis", MariaDbRedis, "script + insert", Script),
    ("… MariaDB", MariaDb, "script + insert", Script),
];

/// One that takes part, with what keeps it alive.
struct Contestant {
    who: Who,
    /// One per node.
    loads: Vec<(SocketAddr, Load)>,
    servers: Vec<Server>,
    coupons: Vec<String>,
    /// KiB of the first node's memory at the beginning.
    resident: u64,
    _children: Vec<Child>,
    database: Option<Database>,
}

impl Contestant {
    /// Copies per second, from all nodes at once.
    fn fire(&self) -> f64 {
        let connections = 256 / self.loads.len();
        let fired: Vec<PerSecond> = thread::scope(|scope| {
            let threads: Vec<_> = self
                .loads
                .iter()
                .map(|(address, load)| scope.spawn(|| load.fire_over(connections, *address, ROUND)))
                .collect();
            threads
                .into_iter()
                .map(|fired| fired.join().unwrap())
                .collect()
        });
        fired.iter().map(|fired| fired.succeeded).sum()
    }
}

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    let (mariadb, redis) = (SqlServer::durable(Make::MariaDb), Redis::start());
    let mut rows = refusals().await;
    let tokens = tokens();
    let folder = tempfile::tempdir().unwrap();
    let mut contestants = Vec::new();
    for who in [
        Hyper,
        Sqlite,
        MariaDb,
        MariaDbRedis,
        TwoNodes,
        Classic,
        Script,
    ] {
        contestants.push(contestant(who, &mariadb, &redis, &tokens, folder.path()).await);
    }
    let mut figures = vec![Vec::new(); contestants.len()];
    for round in 1..=ROUNDS {
        for (contestant, figures) in contestants.iter().zip(&mut figures) {
            let figure = contestant.fire();
            eprintln!("issues, round {round}: {:?} {figure:.0}/s", contestant.who);
            assert!(figure > 0.0, "{:?} has issued nothing", contestant.who);
            figures.push(figure);
        }
    }
    let of = |who| {
        let at = contestants
            .iter()
            .position(|contestant| contestant.who == who);
        figures[at.unwrap()].clone()
    };
    rows.extend(
        ROWS.map(|(name, ours, against, theirs)| Row::of(name, of(ours), against, of(theirs))),
    );
    print_room(&contestants, &redis).await;
    for server in contestants
        .iter()
        .filter_map(|contestant| contestant.servers.first())
    {
        server.assert_audited();
    }
    rows
}

/// What a copy takes up.
async fn print_room(contestants: &[Contestant], redis: &Redis) {
    let mut behind_gates = 0;
    for contestant in contestants {
        let Some(server) = contestant.servers.first() else {
            continue;
        };
        let issued = room::issued(server.client(), &contestant.coupons)
            .await
            .max(1);
        let node = room::resident(server).saturating_sub(contestant.resident) * 1_024 / issued;
        let store = match &contestant.database {
            Some(database) => room::table(database).await,
            None => room::file(server),
        };
        println!(
            "room: {:?}, {issued} copies: {node} bytes of each in the first node, {} in the store",
            contestant.who,
            store / issued
        );
        if matches!(contestant.who, MariaDbRedis | TwoNodes) {
            behind_gates += issued;
        }
    }
    let gates = room::gates(redis) / behind_gates.max(1);
    println!("room: {behind_gates} copies behind gates: {gates} bytes of each in Redis");
}

fn tokens() -> Vec<String> {
    let tokens = Tokens::default();
    (0..CONSUMERS)
        .map(|_| tokens.token(&Uuid::new_v4().to_string(), Role::Consumer))
        .collect()
}

async fn contestant(
    who: Who,
    mariadb: &SqlServer,
    redis: &Redis,
    tokens: &[String],
    folder: &std::path::Path,
) -> Contestant {
    let database = match who {
        Hyper | Sqlite => None,
        _ => Some(mariadb.database().await),
    };
    let nodes = if who == TwoNodes { 2 } else { 1 };
    let (mut servers, mut children, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    let coupons = match (who, &database) {
        (Hyper, _) => {
            let child = Child::start(&["hello", "230"]);
            addresses.push(child.address());
            children.push(child);
            (0..DROPS).map(|_| Uuid::now_v7().to_string()).collect()
        }
        (Classic | Script, Some(database)) => {
            let name = if who == Classic { "classic" } else { "script" };
            let coupons = rivals_coupons(database).await;
            let child = Child::start(&[name, &database.url(User::Migrator), &redis.url()]);
            addresses.push(child.address());
            children.push(child);
            coupons
        }
        (_, database) => {
            let mut builder = ServerBuilder::default().with("log", "warn");
            if let Some(database) = database {
                builder = builder.with("store", database.url(User::Migrator));
                let migrated = builder.run(&["migrate"]);
                assert!(migrated.status.success(), "{migrated:?}");
            }
            if matches!(who, MariaDbRedis | TwoNodes) {
                builder = builder.with("gate", redis.url());
            }
            servers.extend((0..nodes).map(|_| builder.start()));
            addresses.extend(servers.iter().map(Server::address));
            drops(&servers[0]).await
        }
    };
    let share = tokens.len() / nodes;
    let loads = addresses
        .into_iter()
        .zip(tokens.chunks(share))
        .enumerate()
        .map(|(node, (address, tokens))| {
            let name = format!("{who:?}-{node}");
            (address, Load::new(folder, &name, tokens, &coupons))
        })
        .collect();
    Contestant {
        who,
        loads,
        resident: servers.first().map_or(0, room::resident),
        servers,
        coupons,
        _children: children,
        database,
    }
}

/// Coupons that never run out, each of an event of its own.
async fn drops(server: &Server) -> Vec<String> {
    let mut coupons = Vec::new();
    for _ in 0..DROPS {
        coupons.push(Shop::open(server).await.issue_coupon(1_000_000_000).await);
    }
    coupons
}

async fn rivals_coupons(database: &Database) -> Vec<String> {
    let address: MySqlConnectOptions = database.url(User::Migrator).parse().unwrap();
    let mut connection = address.connect().await.unwrap();
    for statement in rivals::SCHEMA {
        query(statement).execute(&mut connection).await.unwrap();
    }
    let mut coupons = Vec::new();
    for _ in 0..DROPS {
        let coupon = Uuid::now_v7();
        query("INSERT INTO coupons VALUES (?, 1000000000, 0)")
            .bind(coupon.as_bytes().to_vec())
            .execute(&mut connection)
            .await
            .unwrap();
        coupons.push(coupon.to_string());
    }
    connection.close().await.unwrap();
    coupons
}

/// Who is told "no" from memory: because all are gone, and because they have one.
async fn refusals() -> Vec<Row> {
    let server = ServerBuilder::default().with("log", "warn").start();
    let folder = server.builder().folder().to_owned();
    let mut shop = Shop::open(&server).await;
    let exhausted = shop.issue_coupon(1).await;
    let winner = server.tokens().consumer("first");
    let won = server.client().issue(&exhausted, &winner).await.unwrap();
    assert_eq!(won.status, 201);
    let held = shop.issue_coupon(1_000_000_000).await;
    let holders = tokens();
    let mut rows = Vec::new();
    for (name, coupon) in [
        ("exhausted refusals", exhausted),
        ("duplicate refusals", held),
    ] {
        let refused = Load::new(&folder, name, &holders, std::slice::from_ref(&coupon));
        // From now on it comes from memory.
        let second = Duration::from_secs(3);
        refused.fire(server.address(), second);
        let size = server.client().issue(&coupon, &holders[0]).await.unwrap();
        assert_eq!(size.status, 409, "{size:?}");
        let hello = Child::start(&["hello", &size.bytes.len().to_string()]);
        rows.push(Row::measure(name, "bare hyper", ROUNDS, || {
            let ours = refused.fire(server.address(), ROUND);
            let bare = refused.fire(hello.address(), ROUND);
            (ours.all, bare.all)
        }));
    }
    server.assert_audited();
    rows
}
