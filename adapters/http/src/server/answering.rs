//! The service as hyper sees it: notes in [`Progress`] when a request begins and when the whole of its
//! reply is made, and says where the request came from.

use std::error::Error as StdError;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, Uri};

use super::progress::Progress;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A service that can be served: hyper's trait, with the bounds that a task per connection needs.
/// Implemented by whatever meets them; a warp filter does, in a `TowerToHyperService`.
pub trait HttpService:
    Service<
        Request<Incoming>,
        Response = Response<Self::Body>,
        Error: Into<BoxError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
    /// The body of a reply.
    type Body: Body<Data: Send, Error: Into<BoxError>> + Unpin + Send + 'static;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    type Body = B;
}

/// `service` for one connection. Once `stopping`, every reply says `Connection: close`.
pub(super) fn answering<S: HttpService>(
    service: S,
    progress: Arc<Progress>,
    stopping: Arc<AtomicBool>,
) -> impl Service<Request<Incoming>, Response = Response<Answer<S::Body>>, Error = S::Error, Future: Send>
{
    service_fn(move |mut request: Request<Incoming>| {
        if request.uri().path_and_query().is_none() {
            // CONNECT names a host only. warp panics when there is no path to route by.
            *request.uri_mut() = Uri::from_static("*");
        }
        let reply = progress.begin_request().then(|| service.call(request));
        let (progress, stopping) = (Arc::clone(&progress), Arc::clone(&stopping));
        async move {
            let Some(reply) = reply else {
                // The connection was closed from outside; its task ends when it next yields: here.
                return pending().await;
            };
            let mut reply = reply.await?;
            if stopping.load(Ordering::Relaxed) {
                reply
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(reply.map(|body| Answer { body, progress }))
        }
    })
}

/// A reply's body. hyper drops it when it has taken all of it.
pub(super) struct Answer<B> {
    body: B,
    progress: Arc<Progress>,
}

impl<B> Drop for Answer<B> {
    fn drop(&mut self) {
        self.progress.answered();
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
