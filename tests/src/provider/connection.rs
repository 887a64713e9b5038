//! HTTP/1.1 by hand, because a proper server does not let one send what must not be sent.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A whole request.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// One connection of a client.
pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    /// The next request; none when there is no whole one any more.
    pub(super) async fn request(&mut self) -> Option<Request> {
        let line = self.line().await?;
        let mut words = line.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut length = 0;
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Request { method, path, body })
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await.ok()?;
        Some(line.strip_suffix("\r\n")?.to_owned())
    }

    /// Sends these bytes.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref()).await
    }

    /// Sends them again and again, until the client has closed the connection.
    pub(super) async fn send_endlessly(&mut self, bytes: impl AsRef<[u8]>) {
        while self.send(&bytes).await.is_ok() {}
    }

    /// Returns when the client has closed the connection.
    pub(super) async fn gone(&mut self) {
        let mut more = [0; 1024];
        while self.0.read(&mut more).await.is_ok_and(|read| 0 < read) {}
    }
}

/// A reply to the byte, of which the head says that its body has `length` bytes.
pub(super) fn reply(status: u16, more_head: &str, length: usize, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\n{more_head}content-length: {length}\r\n\r\n{body}",
        if status == 200 { "OK" } else { "No" },
    )
}
