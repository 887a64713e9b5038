//! `PATCH /v1/coupons/{couponId}`

use hyper::Method;

use super::{Desk, assert_refused};

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing_and_one_that_is_not_only_what_it_says() {
    let mut desk = Desk::open().await;
    let refused: &[(&str, &str, Option<&str>)] = &[
        (r#"{"CAP":0}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":-1}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":1000000001}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":4294967307}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":9223372036854775808}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":11.0}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":"11"}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":11,"CAP":12}"#, "BIND_ERROR", Some("CAP")),
        (r#"{"CAP":11,"OTHER":11}"#, "BIND_ERROR", Some("OTHER")),
        (r#"{"OTHER":11,"paused":true}"#, "BIND_ERROR", Some("OTHER")),
        (r#"{"CAP":11,"paused":1}"#, "BIND_ERROR", Some("paused")),
        (r#"{"paused":"true"}"#, "BIND_ERROR", Some("paused")),
        (r#"{"CAP":11,"name":"x"}"#, "BIND_ERROR", Some("name")),
        (r#"{"epoch":0}"#, "BIND_ERROR", Some("epoch")),
        (r#"{"CAP":1}"#, "CAP_NOT_RAISED", None),
        (r#"{"CAP":10}"#, "CAP_NOT_RAISED", None),
        (r#"{"CAP":10,"paused":true}"#, "CAP_NOT_RAISED", None),
    ];
    for (cap, other) in [
        ("maximumIssued", "maximumUsage"),
        ("maximumUsage", "maximumIssued"),
    ] {
        let coupon = match cap {
            "maximumIssued" => desk.issue_coupon(),
            _ => desk.use_coupon(),
        };
        let mut coupon = desk.creates("/v1/coupons", &coupon).await;
        let id = coupon["couponId"].as_str().unwrap().to_owned();
        let path = format!("/v1/coupons/{id}");
        let name = |text: &str| text.replace("CAP", cap).replace("OTHER", other);
        for (change, code, field) in refused {
            let answer = desk.send_json(Method::PATCH, &path, name(change)).await;
            let field = field.map(name);
            assert_refused(&name(change), &answer, code, field.as_deref());
            assert_eq!(desk.shop.look(&id).await, coupon, "{change}");
        }
        for (change, changed) in [
            (r#"{}"#, vec![]),
            (r#"{"CAP":null,"OTHER":null,"paused":null}"#, vec![]),
            (r#"{"paused":false}"#, vec![]),
            (r#"{"CAP":11}"#, vec![(cap, 11.into())]),
            (
                r#"{"paused":true}"#,
                vec![("paused", true.into()), ("status", "PAUSED".into())],
            ),
            (r#"{"paused":true}"#, vec![]),
            (
                r#"{"CAP":1000000000,"paused":false}"#,
                vec![
                    (cap, 1_000_000_000.into()),
                    ("paused", false.into()),
                    ("status", "OPEN".into()),
                ],
            ),
        ] {
            let answer = desk.send_json(Method::PATCH, &path, name(change)).await;
            assert_eq!(answer.status, 200, "{change}: {answer:?}");
            let now = answer.json();
            assert_eq!(desk.shop.look(&id).await, now);
            let raised = now["epoch"].as_u64() > coupon["epoch"].as_u64();
            assert_eq!(raised, !changed.is_empty(), "{change}: {now}");
            coupon["epoch"] = now["epoch"].clone();
            for (member, value) in changed {
                coupon[member] = value;
            }
            assert_eq!(now, coupon, "{change}");
        }
    }
}

#[tokio::test]
async fn a_body_is_refused_before_the_coupon_is_looked_for() {
    const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mut desk = Desk::open().await;
    for id in ["no-id", UNKNOWN] {
        let path = format!("/v1/coupons/{id}");
        for (change, field) in [
            (r#"{"maximumIssued":0}"#, "maximumIssued"),
            (r#"{"paused":1}"#, "paused"),
            (r#"{"name":"x"}"#, "name"),
            ("", "body"),
        ] {
            let answer = desk.send_json(Method::PATCH, &path, change).await;
            assert_refused(change, &answer, "BIND_ERROR", Some(field));
        }
        for change in ["{}", r#"{"paused":true}"#] {
            let answer = desk.send_json(Method::PATCH, &path, change).await;
            assert_refused(change, &answer, "COUPON_NOT_FOUND", None);
        }
    }
}
