//! The documentation for people: a page that reads `/openapi.json`, whole from this binary, with no
//! other host involved.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use hyper::{
    StatusCode,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue},
};
use utoipa_swagger_ui::Config;
use warp::reply::Response;

/// The page would send the address of the document to a validator on the internet, unless told not to.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

/// Names the document that the page shows.
const INITIALIZER_NAME: &str = "swagger-initializer.js";

/// Browsers hold the page to it: nothing is fetched from, nor sent to, another host. The page styles
/// itself inline and draws its icons from `data:`.
const ONLY_THIS_HOST: &str =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";

/// A file, ready to be sent. Its bytes are shared by all replies: each would own its megabytes until its
/// reader has taken them.
#[derive(Clone)]
struct File {
    content_type: HeaderValue,
    bytes: Bytes,
}

/// A file of the page; the page itself for the empty name.
pub(crate) fn file(name: &str) -> Option<Response> {
    // What is not in the binary as it stands is put together once.
    static PAGE: LazyLock<Option<File>> = LazyLock::new(|| found("index.html").and_then(based));
    static INITIALIZER: LazyLock<Option<File>> = LazyLock::new(|| found(INITIALIZER_NAME));
    let file = match name {
        "" | "index.html" => PAGE.clone(),
        INITIALIZER_NAME => INITIALIZER.clone(),
        _ => found(name),
    }?;
    let mut response = Response::new(file.bytes.into());
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, file.content_type);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(ONLY_THIS_HOST),
    );
    Some(response)
}

fn found(name: &str) -> Option<File> {
    let file = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)).ok()??;
    Some(File {
        content_type: HeaderValue::try_from(file.content_type).ok()?,
        bytes: match file.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        },
    })
}

/// The page is served without a trailing slash, and names its files relative to itself.
fn based(page: File) -> Option<File> {
    let html = std::str::from_utf8(&page.bytes).ok()?;
    let html = html.replacen("<head>", "<head>\n    <base href=\"/docs/\">", 1);
    Some(File {
        bytes: html.into(),
        ..page
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn text(name: &str) -> Option<String> {
        let body = file(name)?.into_body().collect().await.ok()?.to_bytes();
        Some(String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn every_file_that_the_page_names_is_in_the_binary() {
        let page = text("").await.unwrap();
        assert!(page.contains("<base href=\"/docs/\">"));
        let names: Vec<&str> = page
            .split(['"', '\''])
            .filter(|text| text.starts_with("./"))
            .map(|text| text.trim_start_matches("./"))
            .collect();
        assert!(names.len() >= 3, "{page}");
        for name in names {
            assert!(file(name).is_some(), "{name}");
        }
        let initializer = text("swagger-initializer.js").await.unwrap();
        assert!(initializer.contains("/openapi.json"), "{initializer}");
        assert!(
            initializer.contains(r#""validatorUrl": "none""#),
            "{initializer}"
        );
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "another host: {page}"
        );
    }

    #[tokio::test]
    async fn two_replies_with_a_file_share_its_bytes() {
        let bytes = async |name: &str| {
            let body = file(name).unwrap().into_body();
            body.collect().await.unwrap().to_bytes()
        };
        for name in ["", INITIALIZER_NAME, "swagger-ui-bundle.js"] {
            // Both are there at the same time.
            let (one, other) = (bytes(name).await, bytes(name).await);
            assert!(!one.is_empty(), "{name}");
            assert_eq!(one.as_ptr_range(), other.as_ptr_range(), "{name}");
        }
    }

    #[test]
    fn what_is_not_a_file_of_the_page_is_not_found() {
        assert!(file("../Cargo.toml").is_none());
        assert!(file("nothing.js").is_none());
    }
}
