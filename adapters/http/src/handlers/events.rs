//! `/v1/events`

use std::sync::Arc;

use application::CreateEventError;
use domain::{Event, Timestamp};
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure,
    filters::{Call, Paging, PagingQuery},
    models::{
        CreateEventBody, EventList, EventReply, EventReportReply, ProblemReply, invalid, list_reply,
    },
};

/// Create an event
#[utoipa::path(
    post, path = "/v1/events", tag = "Catalogue", request_body = CreateEventBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, body = EventReply, headers(("Location" = String))),
        (status = 409, description = "ALREADY_EVENT_EXISTS", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: CreateEventBody = call.json()?;
    let key = call.keyed(&body, answer)?;
    let created = api.create_event.execute(body.request()?, key).await?;
    reply::created(created, answer)
}

fn answer(event: &Event, _: Timestamp) -> Vec<u8> {
    reply::creation(
        &format!("/v1/events/{}", event.id),
        &EventReply::from(event),
    )
}

impl From<CreateEventError> for Failure {
    fn from(error: CreateEventError) -> Self {
        match error {
            CreateEventError::Window(why) => invalid("endsAt", why),
            CreateEventError::NameTaken => Code::AlreadyEventExists.into(),
            CreateEventError::Key(error) => error.into(),
            CreateEventError::Store(error) => error.into(),
        }
    }
}

/// List events
#[utoipa::path(
    get, path = "/v1/events", tag = "Catalogue",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = EventList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: PagingQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let events = api.catalogue.events(paging.read()).await?;
    reply::ok(&list_reply(events, paging.limit, |event| {
        EventReply::from(event)
    }))
}

/// Read an event
#[utoipa::path(
    get, path = "/v1/events/{eventId}", tag = "Catalogue",
    params(("eventId" = String, Path)),
    responses(
        (status = 200, body = EventReply),
        (status = 404, description = "EVENT_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let event = api.catalogue.event(call.id(Code::EventNotFound)?).await?;
    reply::ok(&EventReply::from(&event.ok_or(Code::EventNotFound)?))
}

/// Read what an event's coupons have brought
#[utoipa::path(
    get, path = "/v1/events/{eventId}/report", tag = "Catalogue",
    params(("eventId" = String, Path)),
    responses(
        (status = 200, body = EventReportReply),
        (status = 404, description = "EVENT_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn report(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let event = call.id(Code::EventNotFound)?;
    let coupons = api.ledger.event_report(event).await?;
    let coupons = coupons.ok_or(Code::EventNotFound)?;
    reply::ok(&EventReportReply::of(event, &coupons))
}
