//! Folding sellers' credits: what many entries say becomes one number, which is cheaper to read. Must
//! never change what a seller has.
//!
//! Several nodes may fold at once: each takes entries that no other has locked, and the sums are added
//! where they are stored, seller by seller in one order.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{Account, Amount, SellerId};
use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row};
use uuid::Uuid;

use crate::rows;
use crate::shapes::Shapes;
use crate::unit::{LedgerTime, Unit};

const TO_FOLD: &str = "SELECT reference, line, to_account, amount FROM money_entries \
     FORCE INDEX (money_entries_to_fold) WHERE to_fold = 1 LIMIT ? FOR UPDATE SKIP LOCKED";

/// By the primary key, so that no other row is locked on the way.
static FOLD: LazyLock<Shapes> = LazyLock::new(|| {
    const ONE: &str = "(reference = ? AND kind = 'SALE' AND line = ?)";
    Shapes::of(|size| {
        let any = vec![ONE; size].join(" OR ");
        format!("UPDATE money_entries FORCE INDEX (PRIMARY) SET folded = 1 WHERE {any}")
    })
});

/// What has no room is an error of the server's.
const ADD: &str = "UPDATE sellers SET folded = folded + ? WHERE seller = ?";

/// Fails when somebody else has inserted the seller meanwhile: the unit is run again. (An upsert, on
/// MariaDB, asks for the privilege to change the seller's name.)
const FIRST: &str = "INSERT INTO sellers (folded, seller) VALUES (?, ?)";

/// Folds credits that are not folded yet, up to a limit; says how many.
pub(crate) struct FoldCredits {
    pub(crate) limit: u32,
}

impl Unit for FoldCredits {
    type Answer = u32;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<u32, sqlx::Error> {
        let credits = sqlx::query(TO_FOLD)
            .bind(self.limit)
            .try_map(|row| credit(&row))
            .fetch_all(&mut *connection)
            .await?;
        let mut sums: BTreeMap<&SellerId, Amount> = BTreeMap::new();
        for credit in &credits {
            let sum = sums.entry(&credit.seller).or_default();
            *sum = rows::valid(sum.plus(credit.amount))?;
        }
        let folded = mark(&mut *connection, &credits).await?;
        if usize::try_from(folded) != Ok(credits.len()) {
            return Err(sqlx::Error::RowNotFound);
        }
        for (seller, sum) in sums {
            add(&mut *connection, seller, sum).await?;
        }
        rows::count(folded)
    }
}

/// A SALE entry that is not folded yet.
struct Credit {
    order: Uuid,
    line: i64,
    seller: SellerId,
    amount: Amount,
}

fn credit(row: &MySqlRow) -> Result<Credit, sqlx::Error> {
    let to: &str = row.try_get("to_account")?;
    let Account::Seller(seller) = rows::valid(to.parse())? else {
        return Err(sqlx::Error::Decode(format!("{to} is no seller's").into()));
    };
    Ok(Credit {
        order: rows::uuid(row, "reference")?,
        line: row.try_get("line")?,
        seller,
        amount: rows::amount(row, "amount")?,
    })
}

/// Marks them as folded, and counts them.
async fn mark(connection: &mut MySqlConnection, credits: &[Credit]) -> Result<u64, sqlx::Error> {
    let mut folded = 0;
    for (sql, credits) in FOLD.split(credits) {
        let mut query = sqlx::query(sql);
        for credit in credits {
            query = query.bind(&credit.order.as_bytes()[..]).bind(credit.line);
        }
        folded += query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(folded)
}

async fn add(
    connection: &mut MySqlConnection,
    seller: &SellerId,
    sum: Amount,
) -> Result<(), sqlx::Error> {
    for statement in [ADD, FIRST] {
        let query = sqlx::query(statement).bind(sum.get()).bind(seller.as_str());
        if query.execute(&mut *connection).await?.rows_affected() > 0 {
            break;
        }
    }
    Ok(())
}
