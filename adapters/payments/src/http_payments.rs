//! The port `Payments` on a pooled HTTP/1.1 client. Must never say that nothing happened when the
//! provider may have read the request, and never follow a redirect.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{PaymentAnswer, PaymentCall, PaymentError, Payments};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::CallError;
use crate::observed::{describe, observed};
use crate::wire;
use crate::{BaseUrl, HttpPaymentsConfig};

/// The most bytes of a reply's head, and of its body.
const REPLY: usize = 64 * 1024;

/// How long an unused connection is kept: shorter than servers usually keep theirs, so that few are
/// found closed.
const IDLE: Duration = Duration::from_secs(4);

/// Unused connections that are kept.
const MOST_IDLE: usize = 64;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A payment provider that speaks the protocol of `docs/payments.md`.
///
/// Connections are kept and used again. One that the provider has closed meanwhile is noticed before
/// a request is given to it, and another is taken; when it breaks later, the outcome is unknown.
#[derive(Debug)]
pub struct HttpPayments {
    client: Client<HttpConnector, Full<Bytes>>,
    base_url: BaseUrl,
    answer_within: Duration,
}

impl HttpPayments {
    /// The provider that `config` names. Connects when there is something to ask, in the Tokio
    /// runtime of whoever asks.
    #[must_use]
    pub fn new(config: HttpPaymentsConfig) -> Self {
        describe();
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(config.connect_within));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .http1_max_buf_size(REPLY)
            // Only requests that were not begun, says hyper: on a connection found closed.
            .retry_canceled_requests(true)
            .build(connector);
        Self {
            client,
            base_url: config.base_url,
            answer_within: config.answer_within,
        }
    }

    /// The whole reply to a request about the call, in time.
    async fn exchange(
        &self,
        method: Method,
        call: &PaymentCall,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), CallError> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.base_url.join(format_args!(
                "v1/payments/{}/{}/{}",
                call.payment_id,
                wire::segment(call.action),
                call.saga_id,
            )))
            .header(ACCEPT, JSON);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| CallError::Request(error.into()))?;
        let exchange = async { whole(self.client.request(request).await?).await };
        // Late, the connection goes away with the reply that may still come on it.
        tokio::time::timeout(self.answer_within, exchange)
            .await
            .map_err(|_| CallError::TooSlow(self.answer_within))?
    }

    async fn called(&self, call: &PaymentCall) -> Result<PaymentAnswer, CallError> {
        let body = wire::request(call)?;
        match self.exchange(Method::PUT, call, body).await? {
            (StatusCode::OK, body) => wire::answer(call, &body),
            (status, _) => Err(CallError::Status(status)),
        }
    }

    async fn queried(&self, call: &PaymentCall) -> Result<Option<PaymentAnswer>, CallError> {
        match self.exchange(Method::GET, call, Bytes::new()).await? {
            (StatusCode::OK, body) => wire::answer(call, &body).map(Some),
            (StatusCode::NOT_FOUND, body) => wire::never_heard(call, &body).map(|()| None),
            (status, _) => Err(CallError::Status(status)),
        }
    }
}

/// The reply with all of its body.
async fn whole(reply: Response<Incoming>) -> Result<(StatusCode, Bytes), CallError> {
    let (head, body) = reply.into_parts();
    let body = Limited::new(body, REPLY).collect().await;
    match body {
        Ok(body) => Ok((head.status, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(CallError::TooLarge(REPLY)),
        Err(error) => Err(CallError::BrokenOff(error)),
    }
}

#[async_trait]
impl Payments for HttpPayments {
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        let began = Instant::now();
        let answer = self.called(call).await.map_err(PaymentError::from);
        observed(wire::segment(call.action), began, answer)
    }

    async fn query(&self, call: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        let began = Instant::now();
        let answer = self.queried(call).await.map_err(PaymentError::from);
        observed("query", began, answer)
    }
}

#[cfg(test)]
mod tests;
