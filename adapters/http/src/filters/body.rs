//! The body of a request: bounded in size and time, and of the right type.

use std::{pin::pin, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use hyper::{
    HeaderMap,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING},
};
use warp::reply::Response;

use crate::{Code, Problem};

/// The largest body.
const LARGEST: usize = 64 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a route does with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// It is not looked at.
    Ignored,
    /// There is none, or an empty object.
    Empty,
    /// There is none, or it is JSON.
    Optional,
    /// It is JSON.
    Json,
}

/// Reads a body as `wanted`. Takes no more than is allowed, whatever the request says of itself.
pub(super) async fn read(
    stream: impl Stream<Item = Result<impl Buf, warp::Error>>,
    headers: &HeaderMap,
    wanted: Body,
) -> Result<Bytes, Problem> {
    let may_be_absent = matches!(wanted, Body::Empty | Body::Optional);
    if wanted == Body::Ignored || (may_be_absent && !is_there(headers)) {
        return Ok(Bytes::new());
    }
    if content_length(headers).is_some_and(|length| length > LARGEST) {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    if matches!(wanted, Body::Json | Body::Optional) && !is_json(headers) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let body = tokio::time::timeout(PATIENCE, collect(stream))
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::RequestTimeout)))?;
    if wanted == Body::Empty && !matches!(body.trim_ascii(), b"" | b"{}") {
        let problem = Problem::new(Code::BindError).field("body");
        return Err(problem.detail("This request takes no body. Send it without one."));
    }
    Ok(body)
}

/// Says with a reply that the connection closes, because the request's body was not read to its end
/// and no other request can follow it. A client that is not told would send one, and lose it.
pub(super) fn left_unread(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

/// Whether a request has a body at all.
pub(super) fn is_there(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || content_length(headers).unwrap_or(0) > 0
}

async fn collect(
    stream: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Result<Bytes, Problem> {
    let mut stream = pin!(stream);
    let mut body = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(Code::BindError)
                .field("body")
                .detail("The body broke off or is malformed.")
        })?;
        if body.len().saturating_add(chunk.remaining()) > LARGEST {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        bytes::BufMut::put(&mut body, chunk);
    }
    Ok(body.freeze())
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// `application/json`, in UTF-8 if it says anything about that.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use hyper::header::HeaderValue;
    use rstest::rstest;

    fn headers(content_type: &'static str) -> HeaderMap {
        [(CONTENT_TYPE, HeaderValue::from_static(content_type))]
            .into_iter()
            .collect()
    }

    async fn read_json(chunks: Vec<Vec<u8>>) -> Result<Bytes, Code> {
        let stream = stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk))));
        read(stream, &headers("application/json"), Body::Json)
            .await
            .map_err(|p| p.code())
    }

    #[tokio::test]
    async fn a_chunked_body_is_taken_up_to_64_kib_and_no_further() {
        let exact = vec![vec![b' '; LARGEST / 2]; 2];
        assert_eq!(read_json(exact).await.map(|body| body.len()), Ok(LARGEST));
        let above = vec![vec![b' '; LARGEST / 2], vec![b' '; LARGEST / 2 + 1]];
        assert_eq!(read_json(above).await, Err(Code::BodyTooLarge));
    }

    #[tokio::test]
    async fn an_announced_giant_is_refused_before_a_byte_is_read() {
        let mut headers = headers("application/json");
        headers.insert(CONTENT_LENGTH, HeaderValue::from(LARGEST + 1));
        let never = stream::pending::<Result<Bytes, warp::Error>>();
        let refused = read(never, &headers, Body::Json).await.unwrap_err();
        assert_eq!(refused.code(), Code::BodyTooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_a_time_out() {
        let never = stream::pending::<Result<Bytes, warp::Error>>();
        let refused = read(never, &headers("application/json"), Body::Json)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::RequestTimeout);
    }

    #[rstest]
    #[case("application/json", true)]
    #[case("Application/JSON; charset=UTF-8", true)]
    #[case("application/json; charset=\"utf-8\"", true)]
    #[case("application/json; charset=latin1", false)]
    #[case("text/json", false)]
    #[case("application/jsonp", false)]
    #[case("", false)]
    fn json_is_said_so(#[case] content_type: &'static str, #[case] json: bool) {
        assert_eq!(is_json(&headers(content_type)), json);
    }

    #[tokio::test]
    async fn an_optional_body_is_json_where_there_is_one() {
        let body = || stream::iter([Ok::<_, warp::Error>(Bytes::from_static(b"{}"))]);
        let none = read(body(), &HeaderMap::new(), Body::Optional).await;
        assert_eq!(none.unwrap(), Bytes::new());
        let mut headers = headers("application/json");
        headers.insert(CONTENT_LENGTH, HeaderValue::from(2));
        let json = read(body(), &headers, Body::Optional).await;
        assert_eq!(json.unwrap(), Bytes::from_static(b"{}"));
        headers.remove(CONTENT_TYPE);
        let other = read(body(), &headers, Body::Optional).await;
        assert_eq!(other.unwrap_err().code(), Code::UnsupportedMediaType);
    }

    #[rstest]
    #[case(b"", true)]
    #[case(b" {} ", true)]
    #[case(b"{\"a\":1}", false)]
    #[case(b"[]", false)]
    #[tokio::test]
    async fn where_there_is_no_body_nothing_may_stand_in_it(
        #[case] body: &'static [u8],
        #[case] taken: bool,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        let stream = stream::iter([Ok(Bytes::from_static(body))]);
        assert_eq!(read(stream, &headers, Body::Empty).await.is_ok(), taken);
    }
}
