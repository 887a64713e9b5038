//! A connection on which any bytes may be sent.

use std::{io, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

/// Longer than any limit of the server: whatever takes that long, hangs.
const HANG: Duration = Duration::from_secs(45);

pub(super) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(HANG, what).await.expect("hangs")
}

/// One connection. Closed when dropped.
pub(super) struct Raw {
    reading: OwnedReadHalf,
    writing: OwnedWriteHalf,
}

/// A reply as it came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// It is this problem, and looks like one.
    #[track_caller]
    pub(super) fn is_problem(&self, what: &str, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.json()["code"].as_str()),
            (status, Some(code)),
            "{what}: {self:?}"
        );
        assert_eq!(self.json()["status"], status, "{what}: {self:?}");
        assert!(
            self.has("content-type: application/problem+json"),
            "{what}: {self:?}"
        );
    }

    /// The head has this line.
    pub(super) fn has(&self, line: &str) -> bool {
        self.head.lines().any(|one| one == line)
    }
}

impl Raw {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = in_time(TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (reading, writing) = stream.into_split();
        Self { reading, writing }
    }

    /// Sends bytes, which must succeed.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.unwrap();
    }

    /// Sends bytes; the server may have closed by now.
    pub(super) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        in_time(self.writing.write_all(bytes.as_ref())).await
    }

    /// Sends nothing more, but listens.
    pub(super) async fn half_close(&mut self) {
        self.writing.shutdown().await.unwrap();
    }

    /// The next reply, which must come.
    pub(super) async fn reply(&mut self) -> Reply {
        self.next().await.expect("a reply")
    }

    /// The next reply; none when the connection is closed before it is whole.
    pub(super) async fn next(&mut self) -> Option<Reply> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time(self.reading.read_u8()).await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        in_time(self.reading.read_exact(&mut body)).await.ok()?;
        Some(Reply {
            status: head.split(' ').nth(1)?.parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        })
    }

    /// Nothing more comes before the connection is closed, in whichever way.
    pub(super) async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        let _reset = in_time(self.reading.read_to_end(&mut rest)).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    /// Sends again and again, until a reply has come, which is returned. For a server that must not
    /// wait for the end.
    pub(super) async fn endlessly(&mut self, bytes: &[u8], pause: Duration) -> Reply {
        let Self { reading, writing } = self;
        let sending = async {
            while writing.write_all(bytes).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
            // The server has closed: what it has said is still to be read.
            std::future::pending::<()>().await;
        };
        let mut received = Vec::new();
        let receiving = async {
            let _reset = reading.read_to_end(&mut received).await;
        };
        in_time(async {
            tokio::select! {
                () = sending => {}
                () = receiving => {}
            }
        })
        .await;
        let received = String::from_utf8(received).unwrap();
        let (head, body) = received.split_once("\r\n\r\n").expect("a reply");
        Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}
