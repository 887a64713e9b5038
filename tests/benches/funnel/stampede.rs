//! The stampede over HTTP: everybody asks for a copy. Contestants in turn, round after round, each on a
//! store of its own; those on a database on the same durable server. That server goes on writing to
//! the disk when its contestant has had its turn, so SQLite meets bare hyper alone, before it starts.

use std::{net::SocketAddr, thread, time::Duration};

use firstcome_tests::{
    over_http::{Server, ServerBuilder, Shop},
    servers::{Database, Make, Redis, SqlServer, User},
};
use sqlx::{ConnectOptions, Connection, mysql::MySqlConnectOptions, query};
use uuid::Uuid;

use crate::{
    child::Child,
    load::{Load, PerSecond},
    node::{self, DROPS, tokens},
    report::{Goal, Row},
    rivals, room,
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

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

/// The rows of issuing: name, whose figure, against whose, and the least that the ratio is to be.
const ROWS: [(&str, Who, &str, Who, Option<Goal>); 7] = [
    (
        "durable issues, SQLite",
        Sqlite,
        "bare hyper",
        Hyper,
        Some(Goal::AtLeast(0.3)),
    ),
    (
        "durable issues, MariaDB",
        MariaDb,
        "bare hyper",
        Hyper,
        None,
    ),
    (
        "… MariaDB + Redis",
        MariaDbRedis,
        "MariaDB alone",
        MariaDb,
        None,
    ),
    (
        "… MariaDB + Redis, 2 nodes",
        TwoNodes,
        "1 node",
        MariaDbRedis,
        None,
    ),
    (
        "… MariaDB + Redis",
        MariaDbRedis,
        "the classic",
        Classic,
        Some(Goal::AtLeast(50.0)),
    ),
    (
        "… MariaDB + Redis",
        MariaDbRedis,
        "script + insert",
        Script,
        Some(Goal::AtLeast(5.0)),
    ),
    ("… MariaDB", MariaDb, "script + insert", Script, None),
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
    let mut rows = refusals().await;
    let tokens = tokens();
    rows.extend(race(&[Hyper, Sqlite], &tokens, None).await);
    let servers = (SqlServer::on_disk(Make::MariaDb), Redis::start());
    let all = [Hyper, MariaDb, MariaDbRedis, TwoNodes, Classic, Script];
    rows.extend(race(&all, &tokens, Some(&servers)).await);
    rows
}

/// All of these in turn. What they have issued is audited at the end.
async fn race(who: &[Who], tokens: &[String], servers: Option<&(SqlServer, Redis)>) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let mut contestants = Vec::new();
    for who in who {
        contestants.push(contestant(*who, servers, tokens, folder.path()).await);
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
        let mut contestants = contestants.iter();
        let at = contestants.position(|contestant| contestant.who == who);
        at.map(|at| figures[at].clone())
    };
    let mut rows: Vec<_> = ROWS
        .iter()
        .filter_map(|(name, ours, against, theirs, goal)| {
            Some(Row::of(*name, of(*ours)?, *against, of(*theirs)?).goal(*goal))
        })
        .collect();
    rows.extend(room(&contestants, servers.map(|(_, redis)| redis)).await);
    for server in contestants
        .iter()
        .filter_map(|contestant| contestant.servers.first())
    {
        server.assert_audited();
    }
    rows
}

/// What a copy takes up.
async fn room(contestants: &[Contestant], redis: Option<&Redis>) -> Vec<Row> {
    let (mut rows, mut behind_gates) = (Vec::new(), 0);
    let mut bytes = |name: String, of_all: u64, copies: u64| {
        let each = u32::try_from(of_all / copies.max(1)).unwrap();
        rows.push(Row::alone(name, "bytes", f64::from(each)));
    };
    for contestant in contestants {
        let Some(server) = contestant.servers.first() else {
            continue;
        };
        let (who, copies) = (
            contestant.who,
            room::issued(server.client(), &contestant.coupons).await,
        );
        let node = room::resident(server).saturating_sub(contestant.resident) * 1_024;
        bytes(
            format!("a copy of {copies} in the first node, {who:?}"),
            node,
            copies,
        );
        let store = match &contestant.database {
            Some(database) => room::table(database).await,
            None => room::file(server),
        };
        bytes(
            format!("a copy of {copies} in the store, {who:?}"),
            store,
            copies,
        );
        if matches!(who, MariaDbRedis | TwoNodes) {
            behind_gates += copies;
        }
    }
    if let Some(redis) = redis {
        bytes(
            format!("a copy of {behind_gates} in Redis"),
            room::gates(redis),
            behind_gates,
        );
    }
    rows
}

async fn contestant(
    who: Who,
    servers: Option<&(SqlServer, Redis)>,
    tokens: &[String],
    folder: &std::path::Path,
) -> Contestant {
    let database = match (who, servers) {
        (Hyper | Sqlite, _) | (_, None) => None,
        (_, Some((mariadb, _))) => Some(mariadb.database().await),
    };
    let redis = servers.map(|(_, redis)| redis);
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
            let redis = redis.unwrap();
            let name = if who == Classic { "classic" } else { "script" };
            let coupons = rivals_coupons(database).await;
            let child = Child::start(&[name, &database.url(User::Migrator), &redis.url()]);
            addresses.push(child.address());
            children.push(child);
            coupons
        }
        (_, database) => {
            let gate = matches!(who, MariaDbRedis | TwoNodes)
                .then_some(redis)
                .flatten();
            let builder = node::builder(database.as_ref(), gate);
            servers.extend((0..nodes).map(|_| builder.start()));
            addresses.extend(servers.iter().map(Server::address));
            node::drops(&servers[0]).await
        }
    };
    let share = tokens.len() / nodes;
    let loads = addresses
        .into_iter()
        .zip(tokens.chunks(share))
        .enumerate()
        .map(|(node, (address, tokens))| {
            let name = format!("{who:?}-{node}");
            (address, Load::issues(folder, &name, tokens, &coupons))
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
    for (name, coupon, goal) in [
        ("exhausted refusals", exhausted, Some(Goal::AtLeast(0.8))),
        ("duplicate refusals", held, None),
    ] {
        let refused = Load::issues(&folder, name, &holders, std::slice::from_ref(&coupon));
        // All have asked by then, and each has its answer in memory or in the ledger.
        let long = Duration::from_secs(10);
        refused.fire(server.address(), long);
        let size = server.client().issue(&coupon, &holders[0]).await.unwrap();
        assert_eq!(size.status, 409, "{size:?}");
        let hello = Child::start(&["hello", &size.bytes.len().to_string()]);
        let row = Row::measure(name, "bare hyper", ROUNDS, || {
            let ours = refused.fire(server.address(), ROUND);
            let bare = refused.fire(hello.address(), ROUND);
            (ours.all, bare.all)
        });
        rows.push(row.goal(goal));
    }
    server.assert_audited();
    rows
}
