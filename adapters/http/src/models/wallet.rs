//! Wallets of consumers and balances of sellers, as JSON.

use domain::{Amount, Money, Wallet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invalid;
use crate::Failure;

/// Money to be put into a wallet.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChargeWalletBody {
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub(crate) amount: i64,
}

impl ChargeWalletBody {
    /// The amount that it stands for.
    pub(crate) fn request(&self) -> Result<Amount, Failure> {
        let amount = Money::new(self.amount).ok();
        let positive = amount.filter(|amount| *amount != Money::ZERO);
        positive.map(Amount::from).ok_or_else(|| {
            let most = Money::MAXIMUM.amount();
            invalid("amount", format!("must be from 1 to {most}"))
        })
    }
}

/// What a consumer has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WalletReply {
    /// Money, in the smallest unit.
    balance: i64,
    /// Points, worth one smallest unit each.
    points: i64,
}

impl From<&Wallet> for WalletReply {
    fn from(wallet: &Wallet) -> Self {
        let Wallet {
            consumer_id: _, // who asks knows whose it is
            balance,
            points,
        } = wallet;
        Self {
            balance: balance.get(),
            points: points.get(),
        }
    }
}

/// What a seller has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SellerBalanceReply {
    /// Money, in the smallest unit.
    balance: i64,
}

impl From<Amount> for SellerBalanceReply {
    fn from(balance: Amount) -> Self {
        let balance = balance.get();
        Self { balance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::refused_field;
    use rstest::rstest;

    #[rstest]
    #[case(-1, false)]
    #[case(0, false)]
    #[case(1, true)]
    #[case(1_000_000_000_000, true)]
    #[case(1_000_000_000_001, false)]
    fn a_charge_is_of_something(#[case] amount: i64, #[case] valid: bool) {
        let field = refused_field(ChargeWalletBody { amount }.request());
        assert_eq!(field, (!valid).then_some("amount".to_owned()));
    }
}
