//! `POST /v1/events`

use super::Desk;

const PATH: &str = "/v1/events";

/// What is no instant, whichever field it stands in.
pub(super) const NO_INSTANTS: &[&str] = &[
    r#""""#,
    r#""now""#,
    r#""2030-01-01""#,
    r#""2030-01-01T00:00Z""#,
    r#""2030-01-01T00:00:00""#,
    r#""2030-01-01 00:00:00Z""#,
    r#""2030-01-01T00:00:00+0900""#,
    r#""2030-01-01T00:00:00+09:00[Asia/Seoul]""#,
    r#""2030-01-01T00:00:00.Z""#,
    r#""2030-02-29T00:00:00Z""#,
    r#""2030-13-01T00:00:00Z""#,
    r#""2030-01-01T24:00:00Z""#,
    r#""2030-01-01T00:60:00Z""#,
    r#""2030-01-01T00:00:00+24:00""#,
    r#""10000-01-01T00:00:00Z""#,
    r#""-001-01-01T00:00:00Z""#,
    r#""0000-01-01T00:00:00+00:01""#,
    r#""9999-12-31T23:59:59-00:01""#,
    r#"" 2030-01-01T00:00:00Z""#,
    r#""2030-01-01T00:00:00Z\u0000""#,
    "1893456000",
    "[]",
];

/// What is no name of at most so many characters.
pub(super) fn no_names(maximum: usize) -> Vec<String> {
    let mut names = vec![String::new(), " \t ".to_owned()];
    names.extend(["a\0", "\0", "a\nb", "a\u{7f}", "\u{85}", "\u{1b}[31m"].map(str::to_owned));
    names.extend(["x", "봄", "🎟"].map(|letter| letter.repeat(maximum + 1)));
    names
}

/// What is a name of at most so many characters, and is kept to the letter.
pub(super) fn names(maximum: usize) -> Vec<String> {
    let mut names: Vec<String> = [
        "a",
        "A",
        "ａ",
        "1",
        " a ",
        "\"\\/",
        "' OR 1=1 --",
        "%00 %s $1",
    ]
    .map(str::to_owned)
    .into();
    names.extend(["\u{e9}", "e\u{301}", "<b>&amp;", "null", "\u{202e}x"].map(str::to_owned));
    names.extend(["x", "봄", "🎟"].map(|letter| letter.repeat(maximum)));
    names
}

#[tokio::test]
async fn a_name_has_1_to_30_visible_characters_and_is_kept_to_the_letter() {
    let mut desk = Desk::open().await;
    for name in names(30) {
        let event = desk.event().with_text("name", &name);
        desk.creates(PATH, &event).await;
    }
    for name in no_names(30) {
        let event = desk.event().with_text("name", &name);
        desk.refuses(PATH, &event, "name").await;
    }
    let lone_surrogate = desk.event().with("name", r#""\ud83c""#);
    desk.refuses(PATH, &lone_surrogate, "name").await;
}

#[tokio::test]
async fn instants_are_rfc_3339_of_the_years_0_to_9999_and_nothing_else() {
    let mut desk = Desk::open().await;
    for field in ["startsAt", "endsAt"] {
        for instant in NO_INSTANTS {
            let event = desk.event().with(field, instant);
            desk.refuses(PATH, &event, field).await;
        }
    }
    for (starts, ends) in [
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000001Z"),
        ("1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"),
        ("2028-02-29T00:00:00Z", "9999-12-30T00:00:00Z"),
    ] {
        let event = desk.event().with_text("startsAt", starts);
        desk.creates(PATH, &event.with_text("endsAt", ends)).await;
    }
}

#[tokio::test]
async fn instants_of_any_offset_are_answered_in_utc_to_the_microsecond() {
    let mut desk = Desk::open().await;
    for (sent, answered) in [
        ("2030-01-01t09:00:00+09:00", "2030-01-01T00:00:00Z"),
        ("2029-12-31T19:00:00.5-05:00", "2030-01-01T00:00:00.5Z"),
        (
            "2030-01-01T00:00:00.1234567Z",
            "2030-01-01T00:00:00.123456Z",
        ),
        ("2030-01-01T00:00:00.000z", "2030-01-01T00:00:00Z"),
    ] {
        let event = desk.event().with_text("endsAt", sent);
        let answer = desk
            .send_json(hyper::Method::POST, PATH, event.to_string())
            .await;
        assert_eq!(answer.text("endsAt"), answered, "{answer:?}");
    }
}

#[tokio::test]
async fn an_event_ends_after_it_starts_and_starts_now_unless_told_otherwise() {
    let mut desk = Desk::open().await;
    let event = desk.event();
    for ends in ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"] {
        let reversed = event.with_text("endsAt", ends);
        desk.refuses(PATH, &reversed, "endsAt").await;
    }
    let shortest = event.with_text("endsAt", "2026-01-01T00:00:00.000001Z");
    desk.creates(PATH, &shortest).await;

    let now = desk.event().without("startsAt");
    let made = desk.creates(PATH, &now).await;
    assert!(made["startsAt"].as_str().unwrap() > "2026-01-01");
    let null = desk.event().with("startsAt", "null").to_string();
    let answer = desk.send_json(hyper::Method::POST, PATH, null).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let over = desk.event().without("startsAt");
    let over = over.with_text("endsAt", "2020-01-01T00:00:00Z");
    desk.refuses(PATH, &over, "endsAt").await;
}
