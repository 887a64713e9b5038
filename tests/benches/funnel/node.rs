//! Nodes of the built binary, and coupons on offer there.

use adapter_http::Role;
use firstcome_tests::{
    nodes::Proxy,
    over_http::{Server, ServerBuilder, Shop, Tokens},
    servers::{Database, Redis, SqlServer, User},
};
use uuid::Uuid;

/// Coupons that are asked for one after the other by all consumers, so that nobody asks twice.
pub const DROPS: usize = 40;
const CONSUMERS: usize = 50_000;

/// A node with coupons on offer.
pub struct Node {
    pub server: Server,
    pub coupons: Vec<String>,
    _database: Option<Database>,
}

impl Node {
    /// On a file, or on a new database of this server; with this gate, where there is one.
    pub async fn start(store: Option<&SqlServer>, gate: Option<&Redis>) -> Self {
        let database = match store {
            Some(store) => Some(store.database().await),
            None => None,
        };
        Self::of(builder(database.as_ref(), gate), database).await
    }

    /// On a new database of this server, which it reaches by this wire alone.
    pub async fn over(wire: &Proxy, store: &SqlServer) -> Self {
        let database = store.database().await;
        let builder = builder(Some(&database), None);
        let url = database.url(User::Application);
        let url = url.replace(&store.address().to_string(), &wire.address().to_string());
        assert!(url.contains(&wire.address().to_string()), "{url}");
        Self::of(builder.with("store", url), Some(database)).await
    }

    async fn of(builder: ServerBuilder, database: Option<Database>) -> Self {
        let server = builder.start();
        Self {
            coupons: drops(&server).await,
            server,
            _database: database,
        }
    }
}

/// What starts nodes on a new file, or on this database, with its schema made; with this gate, where
/// there is one.
pub fn builder(database: Option<&Database>, gate: Option<&Redis>) -> ServerBuilder {
    let mut builder = ServerBuilder::default().with("log", "warn");
    if let Some(database) = database {
        builder = builder.with("store", database.url(User::Migrator));
        let migrated = builder.run(&["migrate"]);
        assert!(migrated.status.success(), "{migrated:?}");
    }
    match gate {
        Some(redis) => builder.with("gate", redis.url()),
        None => builder,
    }
}

/// Coupons that never run out, each of an event of its own.
pub async fn drops(server: &Server) -> Vec<String> {
    let mut coupons = Vec::new();
    for _ in 0..DROPS {
        coupons.push(Shop::open(server).await.issue_coupon(1_000_000_000).await);
    }
    coupons
}

/// Tokens of consumers who never came before.
pub fn tokens() -> Vec<String> {
    let tokens = Tokens::default();
    (0..CONSUMERS)
        .map(|_| tokens.token(&Uuid::new_v4().to_string(), Role::Consumer))
        .collect()
}
