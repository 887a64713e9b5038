//! `POST /v1/discount-policies`

use super::{
    Desk,
    events::{names, no_names},
};

const PATH: &str = "/v1/discount-policies";

/// What is no amount from `least` to 10^12.
fn no_amounts(least: i64) -> Vec<String> {
    let mut amounts = vec![(least - 1).to_string(), "1000000000001".to_owned()];
    amounts.extend(
        [
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "1e3",
            "1.0",
            "0.5",
            "-0.0",
            "1e999",
            "\"1\"",
            "true",
            "[1]",
            "{}",
        ]
        .map(str::to_owned),
    );
    amounts
}

const MOST: &str = "1000000000000";

#[tokio::test]
async fn a_name_has_1_to_20_visible_characters_and_is_kept_to_the_letter() {
    let mut desk = Desk::open().await;
    for name in names(20) {
        let policy = desk.fixed_discount().with_text("name", &name);
        desk.creates(PATH, &policy).await;
    }
    for name in no_names(20) {
        let policy = desk.fixed_discount().with_text("name", &name);
        desk.refuses(PATH, &policy, "name").await;
    }
}

#[tokio::test]
async fn the_type_is_one_of_two_to_the_letter() {
    let mut desk = Desk::open().await;
    for no_type in [
        "null",
        "\"\"",
        "\"fixed_discount\"",
        "\"FIXED_DISCOUNT \"",
        "0",
        "[\"FIXED_DISCOUNT\"]",
        "{\"FIXED_DISCOUNT\":null}",
    ] {
        let policy = desk.fixed_discount().with("discountType", no_type);
        desk.refuses(PATH, &policy, "discountType").await;
    }
    let untyped = desk.fixed_discount().without("discountType");
    desk.refuses(PATH, &untyped, "discountType").await;
}

#[tokio::test]
async fn amounts_are_whole_numbers_up_to_a_million_millions() {
    let mut desk = Desk::open().await;
    for (field, least) in [
        ("discountAmount", 0),
        ("maximumDiscount", 0),
        ("minimumOrderAmount", 0),
    ] {
        let good = |desk: &mut Desk| match field {
            "maximumDiscount" => desk.rate_discount(),
            _ => desk.fixed_discount(),
        };
        for amount in [&least.to_string(), MOST] {
            let policy = good(&mut desk).with(field, amount);
            desk.creates(PATH, &policy).await;
        }
        for amount in no_amounts(least) {
            let policy = good(&mut desk).with(field, amount);
            desk.refuses(PATH, &policy, field).await;
        }
    }
}

#[tokio::test]
async fn a_rate_is_a_whole_number_from_1_to_100() {
    let mut desk = Desk::open().await;
    for rate in ["1", "100"] {
        let policy = desk.rate_discount().with("discountRate", rate);
        desk.creates(PATH, &policy).await;
    }
    for rate in [
        "-1",
        "0",
        "101",
        "257",
        "4294967297",
        "30.0",
        "\"30\"",
        "3e1",
    ] {
        let policy = desk.rate_discount().with("discountRate", rate);
        desk.refuses(PATH, &policy, "discountRate").await;
    }
}

#[tokio::test]
async fn a_policy_has_exactly_the_member_of_its_type() {
    let mut desk = Desk::open().await;
    for field in ["discountRate", "maximumDiscount"] {
        let policy = desk.fixed_discount().with(field, "10");
        desk.refuses(PATH, &policy, field).await;
    }
    let policy = desk.rate_discount().with("discountAmount", "10");
    desk.refuses(PATH, &policy, "discountAmount").await;
    let bare = desk.fixed_discount().without("discountAmount");
    desk.refuses(PATH, &bare, "discountAmount").await;
    desk.refuses(PATH, &bare.with("discountAmount", "null"), "discountAmount")
        .await;
    let bare = desk.rate_discount().without("discountRate");
    desk.refuses(PATH, &bare, "discountRate").await;
    let unbounded = desk.rate_discount().without("maximumDiscount");
    let made = desk.creates(PATH, &unbounded).await;
    assert!(made.get("maximumDiscount").is_none(), "{made}");
}
