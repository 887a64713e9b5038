//! Reads for callers who may go away. A read that is given up in the middle leaves its connection in
//! the middle of an answer; so each runs to its end in a task of its own, which a server that hangs
//! does not keep for ever. Must never be used for a transaction.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use sqlx::mysql::{MySqlArguments, MySqlQueryResult, MySqlRow, MySqlStatement, MySqlTypeInfo};
use sqlx::{Either, Execute, Executor, MySql, MySqlConnection, SqlStr};
use tokio::time::timeout;

use crate::connections::{Connections, no_answer};
use crate::unit::{LedgerTime, Unit};

/// How long a read may take; after this the server hangs.
const LONGEST: Duration = Duration::from_secs(5);

/// Connections that read. Clones share them. To `fetch` one statement, use it as sqlx's executor.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    connections: Connections,
    time: LedgerTime,
}

impl Readers {
    pub(crate) fn new(connections: Connections, time: LedgerTime) -> Self {
        Self { connections, time }
    }

    /// Several statements on one connection, outside any transaction: each sees what is committed by
    /// then.
    pub(crate) async fn run<U: Unit>(&self, unit: U) -> Result<U::Answer, sqlx::Error> {
        let Self { connections, time } = self.clone();
        let task = tokio::spawn(async move {
            let mut connection = connections.acquire().await?;
            let answer = timeout(LONGEST, unit.run(&mut connection, &time))
                .await
                .unwrap_or_else(|_elapsed| Err(no_answer()))?;
            connection.give_back();
            Ok(answer)
        });
        task.await.map_err(|_gone| sqlx::Error::WorkerCrashed)?
    }

    pub(crate) async fn close(&self) {
        self.connections.close().await;
    }
}

type Step = Either<MySqlQueryResult, MySqlRow>;

/// One statement, of any kind.
struct Statement {
    sql: SqlStr,
    arguments: Option<MySqlArguments>,
}

impl Unit for Statement {
    type Answer = Vec<Step>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<Vec<Step>, sqlx::Error> {
        let statement = (self.sql.clone(), self.arguments.clone());
        connection.fetch_many(statement).try_collect().await
    }
}

impl<'c> Executor<'c> for &Readers {
    type Database = MySql;

    fn fetch_many<'e, 'q: 'e, E>(self, mut query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        let arguments = query.take_arguments();
        let sql = query.sql();
        let readers = self.clone();
        let read = async move {
            let arguments = arguments.map_err(sqlx::Error::Encode)?;
            readers.run(Statement { sql, arguments }).await
        };
        read.map_ok(|steps| stream::iter(steps).map(Ok))
            .try_flatten_stream()
            .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<MySqlRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        let mut rows = self.fetch(query);
        async move { rows.try_next().await }.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [MySqlTypeInfo],
    ) -> BoxFuture<'e, Result<MySqlStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let readers = self.clone();
        async move {
            let mut connection = readers.connections.acquire().await?;
            let prepared = connection.prepare_with(sql, parameters).await?;
            connection.give_back();
            Ok(prepared)
        }
        .boxed()
    }
}
