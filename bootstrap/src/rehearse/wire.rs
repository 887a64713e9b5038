//! One HTTP/1.1 connection to a node: request bytes out, one answer in. It shares the machine with the
//! server that it measures, so it does nothing else: no queue, no task of its own, no pool.
//!
//! Must never answer with half a body: what is not whole is an error, and the outcome unknown.

use std::{io, net::SocketAddr, str::FromStr};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longer answers than the API gives anybody.
const MOST_BYTES: usize = 4 << 20;

const MOST_HEADERS: usize = 64;

/// See the module's header.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A whole answer; it borrows its body from the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub status: u16,
    /// Seconds after which to ask again.
    pub retry_after: Option<u64>,
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// What the body says.
    pub(super) fn json<T: Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.body)
    }

    /// The body for a message to a human.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    retry_after: Option<u64>,
    begin: usize,
    end: usize,
    closes: bool,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer. Says also whether the connection can be used again; after
    /// an error, or when dropped half-way, it can't.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> io::Result<(Answer<'_>, bool)> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.receive().await?;
            if let Some(head) = head(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.end {
            self.receive().await?;
        }
        let body = self.received.get(head.begin..head.end);
        let answer = Answer {
            status: head.status,
            retry_after: head.retry_after,
            body: body.unwrap_or_default(),
        };
        Ok((answer, !head.closes))
    }

    async fn receive(&mut self) -> io::Result<()> {
        if self.received.len() > MOST_BYTES {
            return Err(not_understood("is too long"));
        }
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The head, once it is there as a whole.
fn head(received: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(received);
    let httparse::Status::Complete(begin) = parsed.map_err(|_| not_understood("is no HTTP"))?
    else {
        return Ok(None);
    };
    let (mut length, mut retry_after, mut closes) = (None, None, false);
    for header in &*response.headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = number(header.value);
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            retry_after = number(header.value);
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let length: usize = length.ok_or_else(|| not_understood("has no Content-Length"))?;
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        retry_after,
        begin,
        end: begin
            .saturating_add(length)
            .min(MOST_BYTES.saturating_mul(2)),
        closes,
    }))
}

fn number<T: FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn not_understood(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that sends these pieces after the first request, and goes away.
    async fn answered(pieces: &'static [&'static str]) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 64];
            let read = stream.read(&mut asked).await.unwrap();
            assert!(read > 0);
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        Connection::open(address).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_in_pieces_is_one_answer() {
        let pieces = &[
            "HTTP/1.1 503 x\r\nRetry-Af",
            "ter: 2\r\ncontent-length: 4\r\n\r\nbo",
            "dy",
        ];
        let mut connection = answered(pieces).await;
        let (answer, stays) = connection.exchange(b"GET").await.unwrap();
        let whole = Answer {
            status: 503,
            retry_after: Some(2),
            body: b"body",
        };
        assert_eq!((answer, stays), (whole, true));
    }

    #[tokio::test]
    async fn half_an_answer_is_no_answer() {
        for pieces in [
            &["HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\nhalf"][..],
            &["HTTP/1.1 201 Crea"][..],
            &["HTTP/1.1 201 Created\r\n\r\n"][..],
            &["nonsense\r\n\r\n"][..],
        ] {
            let mut connection = answered(pieces).await;
            assert!(connection.exchange(b"GET").await.is_err(), "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn a_node_may_say_that_this_was_the_last_answer_of_the_connection() {
        let pieces = &["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"];
        let mut connection = answered(pieces).await;
        let (answer, stays) = connection.exchange(b"GET").await.unwrap();
        assert_eq!((answer.status, answer.body, stays), (200, &b""[..], false));
    }
}
