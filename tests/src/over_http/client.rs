//! A client with one connection that is kept, and opened again when the server has closed it.

use std::{net::SocketAddr, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// No answer may take longer: a hang is a failure, not a slow test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub bytes: Bytes,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// A member of the body, as text; empty when it is not there.
    pub fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_default().to_owned()
    }

    /// The problem's code; empty for a success.
    pub fn code(&self) -> String {
        self.text("code")
    }

    /// A header, as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// See the module's header.
pub struct Client {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of the server at `address`; it connects when it has something to send.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            sender: None,
        }
    }

    /// Sends a request; `body` as JSON. An error means that no whole answer came: what was asked may
    /// or may not have happened.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "test");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        self.exchange(request.body(Full::new(body)).unwrap()).await
    }

    /// Sends a request as it is.
    pub async fn exchange(&mut self, request: Request<Full<Bytes>>) -> std::io::Result<Answer> {
        let exchange = async {
            let mut sender = self.connected().await?;
            let response = sender
                .send_request(request)
                .await
                .map_err(std::io::Error::other)?;
            let (head, body) = response.into_parts();
            let bytes = body
                .collect()
                .await
                .map_err(std::io::Error::other)?
                .to_bytes();
            self.sender = Some(sender);
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                bytes,
            })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(std::io::Error::other)?
    }

    async fn connected(&mut self) -> std::io::Result<SendRequest<Full<Bytes>>> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// GET, which must be answered.
    pub async fn get(&mut self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, Some(token), &[], None)
            .await
            .unwrap()
    }

    /// POST, which must be answered.
    pub async fn post(&mut self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(token), &[], Some(body))
            .await
            .unwrap()
    }

    /// PATCH, which must be answered.
    pub async fn patch(&mut self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(token), &[], Some(body))
            .await
            .unwrap()
    }

    /// Asks for a copy of a coupon.
    pub async fn issue(&mut self, coupon: &str, token: &str) -> std::io::Result<Answer> {
        let path = format!("/v1/coupons/{coupon}/issued-coupons");
        self.send(Method::POST, &path, Some(token), &[], None).await
    }
}
