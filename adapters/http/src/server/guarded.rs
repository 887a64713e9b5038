//! The socket as hyper sees it: everything that passes is noted in [`Progress`].
//!
//! hyper answers what it can't parse with an empty reply of its own. Bytes that it writes while there
//! is no request are such a reply: they are dropped here, and the connection's task, which gets the
//! error, says it as a problem document. Closing is the task's business too.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::progress::Progress;

pub(super) struct Guarded {
    stream: TcpStream,
    progress: Arc<Progress>,
    client_is_done: bool,
    withheld: bool,
}

impl Guarded {
    pub(super) const fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        Self {
            stream,
            progress,
            client_is_done: false,
            withheld: false,
        }
    }

    /// Whether the client has closed its side: it sends nothing more.
    pub(super) const fn client_is_done(&self) -> bool {
        self.client_is_done
    }

    /// Whether a reply of hyper's own was dropped.
    pub(super) const fn has_withheld_a_reply(&self) -> bool {
        self.withheld
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn written(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_pending() {
            self.progress.write_blocked();
        }
        result
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.progress.bytes_came();
        } else {
            self.client_is_done = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.progress.has_request() {
            self.withheld = true;
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// A socket has nothing to flush: hyper asks once it has written everything it had.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.progress.flushed();
        Poll::Ready(Ok(()))
    }

    /// Left to the task, which may have a last word to send.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
