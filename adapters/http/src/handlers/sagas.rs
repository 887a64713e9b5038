//! `/v1/sagas`: what operators see of purchases and refunds, and do about those that are stuck.

use std::sync::Arc;

use application::SettleSagaError;
use domain::{CallerId, Order, SagaEvent, Timestamp};
use serde::Deserialize;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure,
    filters::{Call, Paging},
    models::{
        AbandonSagaBody, ProblemReply, RetrySagaBody, SagaList, SagaPhaseName, SagaReply, invalid,
        list_reply,
    },
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SagasQuery {
    phase: Option<SagaPhaseName>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// List sagas
///
/// Without their traces, which a single saga has.
#[utoipa::path(
    get, path = "/v1/sagas", tag = "Operations",
    params(
        ("phase" = Option<SagaPhaseName>, Query, description = "only those in this phase"),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = SagaList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: SagasQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let phase = query.phase.map(Into::into);
    let sagas = api.purchases.sagas(phase, paging.read()).await?;
    reply::ok(&list_reply(sagas, paging.limit, |saga| {
        SagaReply::from(saga)
    }))
}

/// Read a saga, with its trace
#[utoipa::path(
    get, path = "/v1/sagas/{sagaId}", tag = "Operations",
    params(("sagaId" = String, Path)),
    responses(
        (status = 200, body = SagaReply),
        (status = 404, description = "SAGA_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let saga = api.purchases.saga(call.id(Code::SagaNotFound)?).await?;
    reply::ok(&SagaReply::from(&saga.ok_or(Code::SagaNotFound)?))
}

/// Have a stuck saga tried again
///
/// Who did it, and why if that is said, stands in its trace.
#[utoipa::path(
    post, path = "/v1/sagas/{sagaId}/retry", tag = "Operations",
    request_body = Option<RetrySagaBody>,
    params(
        ("sagaId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = SagaReply),
        (status = 404, description = "SAGA_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "SAGA_NOT_STUCK", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn retry(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: RetrySagaBody = call.json_if_any()?;
    let event = SagaEvent::Retry {
        by: operator(&call)?,
        reason: body.reason()?,
    };
    let key = call.keyed(&body, answer)?;
    let id = call.id(Code::SagaNotFound)?;
    let saga = api.settle_saga.execute(id, event, key).await?;
    reply::ok(&SagaReply::from(&saga))
}

/// Declare a stuck saga's payment settled by hand
///
/// The rest finishes accordingly. Who did it, and why, stands in its trace.
#[utoipa::path(
    post, path = "/v1/sagas/{sagaId}/abandon", tag = "Operations",
    request_body = AbandonSagaBody,
    params(
        ("sagaId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = SagaReply),
        (status = 404, description = "SAGA_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "SAGA_NOT_STUCK", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn abandon(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: AbandonSagaBody = call.json()?;
    let event = SagaEvent::Abandon {
        by: operator(&call)?,
        reason: body.reason()?,
        settled: body.settled.into(),
    };
    let key = call.keyed(&body, answer)?;
    let id = call.id(Code::SagaNotFound)?;
    let saga = api.settle_saga.execute(id, event, key).await?;
    reply::ok(&SagaReply::from(&saga))
}

fn operator(call: &Call) -> Result<CallerId, Failure> {
    Ok(call.caller()?.subject.clone().into())
}

/// Nothing is kept of it: a replay is told of the saga as it is then.
fn answer(_: &Order, _: Timestamp) -> Vec<u8> {
    Vec::new()
}

impl From<SettleSagaError> for Failure {
    fn from(error: SettleSagaError) -> Self {
        match error {
            SettleSagaError::NotFound => Code::SagaNotFound.into(),
            SettleSagaError::NotStuck => Code::SagaNotStuck.into(),
            SettleSagaError::TooLarge => invalid(
                "settled",
                "would put more into the consumer's wallet than it has room for",
            ),
            SettleSagaError::Key(error) => error.into(),
            SettleSagaError::Store(error) => error.into(),
        }
    }
}
