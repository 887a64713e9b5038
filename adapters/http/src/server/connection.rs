//! The life of one connection: wait for its first byte, let hyper serve it within the limits, and end
//! it so that the last reply arrives.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::Limits;
use super::answering::{HttpService, answering};
use super::farewell::farewell;
use super::guarded::Guarded;
use super::progress::{Progress, Reason};
use super::stopwatch::Stopwatch;
use crate::problem::{Code, Problem};

/// hyper takes no smaller buffer.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// What all connections of a server have in common.
#[derive(Clone)]
pub(super) struct Connections<S> {
    service: S,
    http: http1::Builder,
    limits: Arc<Limits>,
    stopping: Arc<AtomicBool>,
}

enum End {
    Hyper(hyper::Result<()>),
    Late(Reason),
    Stopped,
}

impl<S: HttpService> Connections<S> {
    pub(super) fn new(service: S, limits: Arc<Limits>, stopping: Arc<AtomicBool>) -> Self {
        let mut http = http1::Builder::new();
        // hyper's own limit can't tell silence between requests from a head in pieces.
        http.header_read_timeout(None)
            // Who only closes its sending side waits for an answer, and can't be told from one that is
            // gone until that is sent: its place it keeps for as long as its request takes.
            .half_close(true)
            .max_header_size(limits.max_head_bytes)
            .max_buf_size(limits.max_head_bytes.max(SMALLEST_BUFFER));
        Self {
            service,
            http,
            limits,
            stopping,
        }
    }

    /// Serves one connection to its end and says why it ended.
    pub(super) async fn serve(
        self,
        stream: TcpStream,
        progress: Arc<Progress>,
        accepted: Instant,
    ) -> Reason {
        // A connection that sends nothing has no buffers either.
        match timeout_at(accepted + self.limits.head, stream.readable()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Reason::Client,
            Err(_) => return Reason::Idle,
        }
        let service = answering(
            self.service,
            Arc::clone(&progress),
            Arc::clone(&self.stopping),
        );
        let io = TokioIo::new(Guarded::new(stream, Arc::clone(&progress)));
        let mut http = self.http.serve_connection(io, service);
        let mut stopwatch = Stopwatch::new(&self.limits);
        let end = poll_fn(|cx| {
            if let Poll::Ready(result) = Pin::new(&mut http).poll(cx) {
                return Poll::Ready(End::Hyper(result));
            }
            if self.stopping.load(Ordering::Relaxed) && progress.waiting_since().is_some() {
                return Poll::Ready(End::Stopped);
            }
            stopwatch
                .poll_late(cx, &progress, &self.limits)
                .map(End::Late)
        })
        .await;
        let parts = http.into_parts();
        let head_has_begun = !parts.read_buf.is_empty();
        let io = parts.io.into_inner();

        let (reason, refusal) = match end {
            End::Stopped => (Reason::Stopped, None),
            End::Late(Reason::StalledWrite) => (Reason::StalledWrite, None),
            End::Late(_) if head_has_begun => (Reason::SlowHead, Some(Code::RequestTimeout)),
            End::Late(_) => (Reason::Idle, None),
            End::Hyper(Err(error)) if refusable(&error, &io) => {
                if error.is_parse_too_large() {
                    (Reason::LargeHead, Some(Code::HeadersTooLarge))
                } else {
                    (Reason::Malformed, Some(Code::BindError))
                }
            }
            End::Hyper(Err(error)) if error.is_user() => (Reason::Failed, None),
            End::Hyper(Err(_)) => (Reason::Client, None),
            End::Hyper(Ok(())) if io.client_is_done() => (Reason::Client, None),
            End::Hyper(Ok(())) => (Reason::Answered, None),
        };
        if refusal.is_some() || reason == Reason::Answered {
            let last_words = refusal
                .map(|code| Problem::new(code).to_http1())
                .unwrap_or_default();
            progress.linger();
            farewell(io.into_stream(), &last_words).await;
        }
        reason
    }
}

/// Whether the client has had no answer to what hyper could not parse. hyper answers nothing at all to
/// the opening of an HTTP/2 connection.
fn refusable(error: &hyper::Error, io: &Guarded) -> bool {
    error.is_parse() && (io.has_withheld_a_reply() || error.is_parse_version_h2())
}
