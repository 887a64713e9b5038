//! `POST /v1/coupons`

use hyper::Method;

use super::{
    Desk, Object, assert_refused,
    desk::EVENT_ENDS,
    events::{NO_INSTANTS, names, no_names},
};

const PATH: &str = "/v1/coupons";

/// What is no number from 1 to some limit below 2^32.
const NO_COUNTS: &[&str] = &[
    "-1",
    "0",
    "4294967297",
    "9223372036854775807",
    "9223372036854775808",
    "1.0",
    "1e1",
    "\"1\"",
    "true",
    "[]",
];

#[tokio::test]
async fn a_name_has_1_to_20_visible_characters_and_is_kept_to_the_letter() {
    let mut desk = Desk::open().await;
    for name in names(20) {
        let coupon = desk.issue_coupon().with_text("name", &name);
        desk.creates(PATH, &coupon).await;
    }
    for name in no_names(20) {
        let coupon = desk.issue_coupon().with_text("name", &name);
        desk.refuses(PATH, &coupon, "name").await;
    }
}

#[tokio::test]
async fn a_coupon_has_exactly_the_members_of_its_type() {
    let mut desk = Desk::open().await;
    for no_type in ["null", "\"issue_coupon\"", "1", "{\"ISSUE_COUPON\":null}"] {
        let coupon = desk.issue_coupon().with("couponType", no_type);
        desk.refuses(PATH, &coupon, "couponType").await;
    }
    for (cap, other) in [
        (desk.issue_coupon(), "maximumUsage"),
        (desk.use_coupon(), "maximumIssued"),
    ] {
        desk.refuses(PATH, &cap.with(other, "10"), other).await;
    }
    let capless = desk.issue_coupon().without("maximumIssued");
    desk.refuses(PATH, &capless, "maximumIssued").await;
    let capless = desk.use_coupon().with("maximumUsage", "null");
    desk.refuses(PATH, &capless, "maximumUsage").await;
    let limited = desk.issue_coupon().with("perConsumerLimit", "1");
    desk.refuses(PATH, &limited, "perConsumerLimit").await;
    let redundant = desk.use_coupon().with("redundantUsable", "true");
    desk.refuses(PATH, &redundant, "redundantUsable").await;
    for no_bool in ["\"true\"", "1", "[]"] {
        let coupon = desk.issue_coupon().with("redundantUsable", no_bool);
        desk.refuses(PATH, &coupon, "redundantUsable").await;
    }
    for redundant in ["true", "false"] {
        let coupon = desk.issue_coupon().with("redundantUsable", redundant);
        desk.creates(PATH, &coupon).await;
    }
    let left_out = desk.issue_coupon().without("redundantUsable");
    let made = desk.creates(PATH, &left_out).await;
    assert_eq!(made["redundantUsable"], false);
    let left_out = desk.use_coupon().without("perConsumerLimit");
    let made = desk.creates(PATH, &left_out).await;
    assert_eq!(made["perConsumerLimit"], 1);
}

#[tokio::test]
async fn a_cap_is_from_1_to_a_thousand_millions_and_a_limit_from_1_to_100() {
    let mut desk = Desk::open().await;
    for (field, most, above) in [
        ("maximumIssued", "1000000000", "1000000001"),
        ("maximumUsage", "1000000000", "1000000001"),
        ("perConsumerLimit", "100", "101"),
    ] {
        let good = |desk: &mut Desk| match field {
            "maximumIssued" => desk.issue_coupon(),
            _ => desk.use_coupon(),
        };
        for count in ["1", most] {
            let coupon = good(&mut desk).with(field, count);
            desk.creates(PATH, &coupon).await;
        }
        for count in NO_COUNTS.iter().chain([&above]) {
            let coupon = good(&mut desk).with(field, count);
            desk.refuses(PATH, &coupon, field).await;
        }
    }
}

#[tokio::test]
async fn an_id_that_can_not_be_one_is_not_found_and_one_that_is_no_text_is_malformed() {
    let mut desk = Desk::open().await;
    let (event, policy) = (desk.shop.event().to_owned(), desk.shop.policy().to_owned());
    for (field, other, id, code) in [
        ("eventId", &policy, &event, "EVENT_NOT_FOUND"),
        (
            "discountPolicyId",
            &event,
            &policy,
            "DISCOUNT_POLICY_NOT_FOUND",
        ),
    ] {
        for no_id in [
            "",
            "none",
            "' OR 1=1 --",
            "00000000-0000-0000-0000-000000000000",
            other,
            &id.to_uppercase(),
            &id.replace('-', ""),
            &format!(" {id}"),
            &id.repeat(1_000),
        ] {
            let coupon = desk.issue_coupon().with_text(field, no_id).to_string();
            let answer = desk.send_json(Method::POST, PATH, coupon).await;
            assert_refused(no_id, &answer, code, None);
        }
        for no_text in ["1", "null", "[]"] {
            let coupon = desk.issue_coupon().with(field, no_text);
            desk.refuses(PATH, &coupon, field).await;
        }
        let coupon = desk.issue_coupon().without(field);
        desk.refuses(PATH, &coupon, field).await;
    }
}

#[tokio::test]
async fn a_coupon_expires_within_its_event_and_in_the_future() {
    let mut desk = Desk::open().await;
    for instant in NO_INSTANTS {
        let coupon = desk.use_coupon().with("expiresAt", instant);
        desk.refuses(PATH, &coupon, "expiresAt").await;
    }
    let last = desk.use_coupon().with_text("expiresAt", EVENT_ENDS);
    desk.creates(PATH, &last).await;

    let later = desk.event().with_text("startsAt", "2097-01-01T00:00:00Z");
    let later = desk.creates("/v1/events", &later).await["eventId"].clone();
    let of_later = desk.use_coupon().with("eventId", later);
    let first = of_later.with_text("expiresAt", "2097-01-01T00:00:00.000001Z");
    desk.creates(PATH, &first).await;

    let mut refuses = async |coupon: Object| {
        let answer = desk.send_json(Method::POST, PATH, coupon.to_string()).await;
        let code = "INVALID_COUPON_EXPIRED_TIME";
        assert_refused(&coupon.to_string(), &answer, code, Some("expiresAt"));
    };
    refuses(last.with_text("expiresAt", "2099-01-01T00:00:00.000001Z")).await;
    refuses(last.with_text("expiresAt", "2020-01-01T00:00:00Z")).await;
    refuses(of_later.with_text("expiresAt", "2097-01-01T00:00:00Z")).await;
}
