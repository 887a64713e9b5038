//! The bytes of requests, written into a buffer that is used again and again. Says nothing of answers.

use std::io::Write;

use uuid::Uuid;

/// What is put into a consumer's wallet before it orders.
pub(super) const TOP_UP: i64 = 10_000;
/// What a product costs.
pub(super) const PRICE: i64 = 2_000;
/// What the coupon takes off.
pub(super) const DISCOUNT: i64 = 500;

/// Writes a request. `body` is JSON; empty for none.
pub(super) fn write(
    into: &mut Vec<u8>,
    (method, path): (&str, &str),
    token: &str,
    key: Option<&str>,
    body: &str,
) {
    into.clear();
    // Writing into memory can't fail.
    drop(write!(
        into,
        "{method} {path} HTTP/1.1\r\nhost: rehearsal\r\nauthorization: Bearer {token}\r\n"
    ));
    if let Some(key) = key {
        drop(write!(into, "idempotency-key: {key}\r\n"));
    }
    if !body.is_empty() {
        into.extend_from_slice(b"content-type: application/json\r\n");
    }
    if method != "GET" {
        drop(write!(into, "content-length: {}\r\n", body.len()));
    }
    into.extend_from_slice(b"\r\n");
    into.extend_from_slice(body.as_bytes());
}

/// An order of one piece, with the copy used.
pub(super) fn order(product: &str, copy: Uuid) -> String {
    format!(r#"{{"items":[{{"productId":"{product}","quantity":1}}],"issuedCouponId":"{copy}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(method: &str, key: Option<&str>, body: &str) -> String {
        let mut bytes = b"what was there before".to_vec();
        write(&mut bytes, (method, "/v1/x"), "t", key, body);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_request_is_its_own_and_has_what_it_needs_only() {
        let head = "/v1/x HTTP/1.1\r\nhost: rehearsal\r\nauthorization: Bearer t\r\n";
        assert_eq!(written("GET", None, ""), format!("GET {head}\r\n"));
        let empty = format!("POST {head}content-length: 0\r\n\r\n");
        assert_eq!(written("POST", None, ""), empty);
        let whole = format!(
            "POST {head}idempotency-key: k\r\ncontent-type: application/json\r\n\
             content-length: 2\r\n\r\n{{}}"
        );
        assert_eq!(written("POST", Some("k"), "{}"), whole);
    }
}
