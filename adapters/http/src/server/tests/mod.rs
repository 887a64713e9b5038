//! Over real sockets: what a client sees. Limits are short so that they pass; where a test needs one
//! to have passed, it awaits a connection that ends by it.

mod heads;
mod metrics;
mod replies;
mod room;
mod stopping;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use warp::Filter;

use super::Limits;
use super::accept::{Accept, serve_from};

const SHORT: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(60);
/// Nothing here takes that long unless it hangs.
const HANG: Duration = Duration::from_secs(20);

const BIG: usize = 64 * 1024 * 1024;

/// Limits of which none passes within a test.
fn patient() -> Limits {
    Limits {
        head: LONG,
        idle: LONG,
        stalled_write: LONG,
        drain: LONG,
        ..Limits::default()
    }
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(HANG, what).await.expect("hangs")
}

/// A request that waits inside its handler.
struct Gate {
    entered: Semaphore,
    leave: Semaphore,
}

impl Gate {
    async fn pass(&self) {
        self.entered.add_permits(1);
        self.leave.acquire().await.unwrap().forget();
    }

    async fn somebody_is_inside(&self) {
        in_time(self.entered.acquire()).await.unwrap().forget();
    }

    fn let_one_out(&self) {
        self.leave.add_permits(1);
    }
}

struct Server {
    address: SocketAddr,
    gate: Arc<Gate>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_with(
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            limits,
            |listener| listener,
        )
    }

    fn start_with<L: Accept + Send + Sync + 'static>(
        listener: TcpListener,
        limits: Limits,
        wrap: impl FnOnce(TcpListener) -> L,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let gate = Arc::new(Gate {
            entered: Semaphore::new(0),
            leave: Semaphore::new(0),
        });
        let hello = warp::path("hello").map(|| "hello");
        let echo = warp::path("echo")
            .and(warp::body::bytes())
            .map(|body: Bytes| body.to_vec());
        let refuse = warp::path("refuse")
            .map(|| warp::reply::with_status("no", warp::http::StatusCode::PAYLOAD_TOO_LARGE));
        let big = warp::path("big").map(|| vec![b'x'; BIG]);
        let inside = Arc::clone(&gate);
        let slow = warp::path("slow").then(move || {
            let gate = Arc::clone(&inside);
            async move {
                gate.pass().await;
                "slow"
            }
        });
        let routes = hello.or(echo).or(refuse).or(big).or(slow);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve_from(
            wrap(listener),
            TowerToHyperService::new(warp::service(routes)),
            limits,
            async move {
                let _ = stopped.await;
            },
        ));
        Self {
            address,
            gate,
            stop,
            ended,
        }
    }

    async fn connect(&self) -> Client {
        Client(in_time(TcpStream::connect(self.address)).await.unwrap())
    }

    /// Returns when the limit for a head has passed once from now on.
    async fn head_limit_passes(&self) {
        self.connect().await.is_closed().await;
    }
}

struct Client(TcpStream);

struct Reply {
    head: String,
    body: String,
}

impl Reply {
    fn is_problem(&self, code: &str) -> bool {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let status = json["status"].as_u64().unwrap();
        json["code"] == code
            && self.head.starts_with(&format!("HTTP/1.1 {status} "))
            && self
                .head
                .contains("\r\ncontent-type: application/problem+json\r\n")
            && self.head.contains("\r\nconnection: close\r\n")
    }
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        in_time(self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .await;
        self.reply().await
    }

    /// Reads one reply with a content-length.
    async fn reply(&mut self) -> Reply {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time(self.0.read_u8()).await.expect("a reply"));
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        in_time(self.0.read_exact(&mut body)).await.unwrap();
        Reply {
            head,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// Reads to the end, which comes without another byte, orderly or by a reset.
    async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        let _ = in_time(self.0.read_to_end(&mut rest)).await;
        assert_eq!(String::from_utf8(rest).unwrap(), "");
    }

    /// As [`Self::is_closed`], and it is an orderly end.
    async fn is_closed_orderly(&mut self) {
        let mut rest = Vec::new();
        in_time(self.0.read_to_end(&mut rest)).await.unwrap();
        assert_eq!(String::from_utf8(rest).unwrap(), "");
    }

    async fn works(&mut self) {
        assert_eq!(self.get("/hello").await.body, "hello");
    }
}
