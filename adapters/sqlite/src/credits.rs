//! Folding sellers' credits: what many entries say becomes one number, which is cheaper to read. Must
//! never change what a seller has.

use std::collections::HashMap;

use domain::{Account, Amount, SellerId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::rows;
use crate::unit::Unit;

pub(crate) const FOLD: &str = "UPDATE money_entries SET folded = 1 \
     WHERE (reference, kind, line) IN \
       (SELECT reference, kind, line FROM money_entries WHERE folded = 0 LIMIT ?1) \
     RETURNING to_account, amount";

const FOLDED: &str = "SELECT folded FROM sellers WHERE seller = ?1";

const STORE: &str = "INSERT INTO sellers (seller, folded) VALUES (?1, ?2) \
     ON CONFLICT (seller) DO UPDATE SET folded = excluded.folded";

/// Folds credits that are not folded yet, up to a limit; says how many.
pub(crate) struct FoldCredits {
    pub(crate) limit: u32,
}

impl Unit for FoldCredits {
    type Answer = u32;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<u32, sqlx::Error> {
        let credits = sqlx::query(FOLD)
            .bind(self.limit)
            .try_map(|row: SqliteRow| {
                let account: Account = rows::valid(row.try_get::<&str, _>("to_account")?.parse())?;
                Ok((account, rows::amount(&row, "amount")?))
            })
            .fetch_all(&mut *connection)
            .await?;
        let folded = u64::try_from(credits.len()).unwrap_or(u64::MAX);
        let mut sums: HashMap<SellerId, Amount> = HashMap::new();
        for (account, amount) in credits {
            if let Account::Seller(seller) = account {
                let sum = sums.entry(seller).or_default();
                *sum = rows::valid(sum.plus(amount))?;
            }
        }
        for (seller, sum) in sums {
            add(&mut *connection, &seller, sum).await?;
        }
        rows::count(folded)
    }
}

async fn add(
    connection: &mut SqliteConnection,
    seller: &SellerId,
    sum: Amount,
) -> Result<(), sqlx::Error> {
    let folded = sqlx::query(FOLDED)
        .bind(seller.as_str())
        .try_map(|row| rows::amount(&row, "folded"))
        .fetch_optional(&mut *connection)
        .await?
        .unwrap_or_default();
    sqlx::query(STORE)
        .bind(seller.as_str())
        .bind(rows::valid(folded.plus(sum))?.get())
        .execute(connection)
        .await?;
    Ok(())
}
