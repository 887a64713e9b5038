//! Lists over several pages.

use hyper::Method;
use serde_json::Value;

use super::{Desk, desk::EVENT_ENDS};

/// A page, and the cursor of the next.
async fn page(
    desk: &mut Desk,
    path: &str,
    limit: usize,
    cursor: Option<&str>,
) -> (Vec<Value>, Option<String>) {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut path = format!("{path}{separator}limit={limit}");
    if let Some(cursor) = cursor {
        path = format!("{path}&cursor={cursor}");
    }
    let answer = desk.send(Method::GET, &path, &[], "").await;
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    let page = answer.json();
    let items = page["items"].as_array().unwrap().clone();
    assert!(items.len() <= limit, "{path}");
    let next = &page["nextCursor"];
    assert!(next.is_null() || !items.is_empty(), "{path}: {page}");
    (items, next.as_str().map(ToOwned::to_owned))
}

/// All pages, one after the other.
async fn all(desk: &mut Desk, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut next) = page(desk, path, limit, None).await;
    while let Some(cursor) = next {
        let (more, after) = page(desk, path, limit, Some(&cursor)).await;
        items.extend(more);
        next = after;
    }
    items
}

/// Makes so many of each, and returns every list with the names or ids that it must have.
async fn lists(desk: &mut Desk, count: usize) -> Vec<(String, &'static str, Vec<Value>)> {
    let coupon = desk.shop.use_coupon(1_000, 100).await;
    let event = desk.event().with_text("endsAt", EVENT_ENDS);
    let event = desk.creates("/v1/events", &event).await["eventId"].clone();
    let ann = desk.server.tokens().consumer("ann");
    let (mut policies, mut coupons, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    let mut client = desk.server.client();
    for _ in 0..count {
        let policy = desk.fixed_discount();
        policies.push(desk.creates("/v1/discount-policies", &policy).await["name"].clone());
        let of_event = desk.use_coupon().with("eventId", &event);
        coupons.push(desk.creates("/v1/coupons", &of_event).await["name"].clone());
        // One that must not be among them.
        let other = desk.use_coupon();
        desk.creates("/v1/coupons", &other).await;
        let copy = client.issue(&coupon, &ann).await.unwrap();
        copies.push(copy.json()["issuedCouponId"].clone());
        client
            .issue(&coupon, &desk.server.tokens().consumer("bob"))
            .await
            .unwrap();
    }
    // The shop has one of its own.
    let first = all(desk, "/v1/discount-policies", 1).await[0]["name"].clone();
    policies.insert(0, first);
    let event = event.as_str().unwrap();
    vec![
        ("/v1/discount-policies".to_owned(), "name", policies),
        (format!("/v1/coupons?eventId={event}"), "name", coupons),
        (
            "/v1/issued-coupons?consumerId=ann".to_owned(),
            "issuedCouponId",
            copies,
        ),
    ]
}

#[tokio::test]
async fn the_pages_of_a_list_have_every_item_once_whatever_their_size() {
    let mut desk = Desk::open().await;
    for (path, member, expected) in lists(&mut desk, 7).await {
        let all_at_once = all(&mut desk, &path, 200).await;
        let mut listed: Vec<Value> = all_at_once
            .iter()
            .map(|item| item[member].clone())
            .collect();
        let by_text = |value: &Value| value.to_string();
        listed.sort_by_key(by_text);
        let mut expected = expected;
        expected.sort_by_key(by_text);
        assert_eq!(listed, expected, "{path}");
        for limit in [1, 2, 3, 6, 7, 8, 9] {
            assert_eq!(
                all(&mut desk, &path, limit).await,
                all_at_once,
                "{path} {limit}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_has_50_items_when_nobody_says_how_many() {
    let mut desk = Desk::open().await;
    // The shop has one of its own.
    for _ in 0..50 {
        let event = desk.event();
        desk.creates("/v1/events", &event).await;
    }
    let first = desk.send(Method::GET, "/v1/events", &[], "").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 50);
    let cursor = first["nextCursor"].as_str();
    let (rest, end) = page(&mut desk, "/v1/events", 50, cursor).await;
    assert_eq!((rest.len(), end), (1, None));
}

#[tokio::test]
async fn what_is_made_meanwhile_neither_hides_nor_repeats_what_was_there() {
    let mut desk = Desk::open().await;
    for _ in 0..6 {
        let event = desk.event();
        desk.creates("/v1/events", &event).await;
    }
    let before = all(&mut desk, "/v1/events", 200).await;
    let (mut seen, mut next) = page(&mut desk, "/v1/events", 2, None).await;
    // Each page brings less than is made meanwhile: it ends, because that is made only six times.
    let mut to_make = 6;
    while let Some(cursor) = next {
        if to_make > 0 {
            to_make -= 1;
            let event = desk.event();
            desk.creates("/v1/events", &event).await;
        }
        let (more, after) = page(&mut desk, "/v1/events", 2, Some(&cursor)).await;
        seen.extend(more);
        next = after;
    }
    let times = |event: &Value| seen.iter().filter(|one| *one == event).count();
    for event in &before {
        assert_eq!(times(event), 1, "{event}");
    }
    for event in &seen {
        assert_eq!(times(event), 1, "{event}");
    }
}
