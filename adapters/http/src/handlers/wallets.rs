//! `/v1/wallet`, `/v1/wallets` and `/v1/seller/balance`

use std::sync::Arc;

use application::ChargeWalletError;
use domain::{ConsumerId, Timestamp, Wallet};
use hyper::StatusCode;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure,
    filters::Call,
    models::{ChargeWalletBody, ProblemReply, SellerBalanceReply, WalletReply, invalid},
};

/// Read your wallet
#[utoipa::path(
    get, path = "/v1/wallet", tag = "Consumers",
    responses((status = 200, body = WalletReply)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer"]))),
)]
pub(crate) async fn own(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let wallet = api.wallets.wallet(call.caller()?.subject.clone()).await?;
    reply::ok(&WalletReply::from(&wallet))
}

/// Put money into a consumer's wallet
///
/// Every consumer has a wallet, so none is ever "not found": a consumerId that can't be one is a
/// BIND_ERROR.
#[utoipa::path(
    post, path = "/v1/wallets/{consumerId}/charges", tag = "Shops", request_body = ChargeWalletBody,
    params(
        ("consumerId" = String, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for every new request"),
    ),
    responses(
        (status = 201, body = WalletReply),
        (status = 400, description = "IDEMPOTENCY_KEY_MISSING", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn charge(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: ChargeWalletBody = call.json()?;
    let amount = body.request()?;
    let consumer = ConsumerId::new(call.decoded_parameter());
    let consumer = consumer.map_err(|why| invalid("consumerId", why))?;
    let key = call.keyed(&body, answer)?;
    let key = key.ok_or(Code::IdempotencyKeyMissing)?;
    let charged = api.charge_wallet.execute(consumer, amount, key).await?;
    Ok(reply::written(StatusCode::CREATED, charged, answer))
}

fn answer(wallet: &Wallet, _: Timestamp) -> Vec<u8> {
    reply::kept(&WalletReply::from(wallet))
}

impl From<ChargeWalletError> for Failure {
    fn from(error: ChargeWalletError) -> Self {
        match error {
            ChargeWalletError::TooLarge(_) => {
                invalid("amount", "is more than the wallet has room for")
            }
            ChargeWalletError::Key(error) => error.into(),
            ChargeWalletError::Store(error) => error.into(),
        }
    }
}

/// Read your balance
#[utoipa::path(
    get, path = "/v1/seller/balance", tag = "Sellers",
    responses((status = 200, body = SellerBalanceReply)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["seller"]))),
)]
pub(crate) async fn balance(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let seller = call.caller()?.subject.clone().into();
    let balance = api.wallets.seller_balance(seller).await?;
    reply::ok(&SellerBalanceReply::from(balance))
}
