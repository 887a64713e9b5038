//! What is believed and what is not, one change at a time from a token that is believed.

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

use super::super::TokenMint;
use super::*;

const SECRET: &[u8] = b"a secret of exactly 32 bytes: ok";
const PREVIOUS: &[u8] = b"the secret before, also 32 bytes";
const STRANGER: &[u8] = b"nobody's secret, also 32 bytes..";
const ED_PUBLIC: &[u8] = include_bytes!("../../tests-data/eddsa-public.pem");
const ES_PUBLIC: &[u8] = include_bytes!("../../tests-data/es256-public.pem");
const RS_PUBLIC: &[u8] = include_bytes!("../../tests-data/rs256-public.pem");

const NOW_SECONDS: i64 = 1_800_000_000;
const NOW: Timestamp = Timestamp::from_micros(NOW_SECONDS * 1_000_000);

fn verifier(algorithm: TokenAlgorithm, key: &[u8], previous_key: Option<&[u8]>) -> TokenVerifier {
    let (issuer, audience) = ("firstcome", "firstcome");
    TokenVerifier::new(TokenConfiguration {
        algorithm,
        key,
        previous_key,
        issuer,
        audience,
    })
    .unwrap()
}

fn hs256() -> TokenVerifier {
    verifier(TokenAlgorithm::Hs256, SECRET, None)
}

fn good_claims() -> Value {
    json!({
        "iss": "firstcome", "aud": "firstcome", "sub": "ann@example.com:1", "role": "consumer",
        "exp": NOW_SECONDS + 60,
    })
}

fn ann() -> Caller {
    let subject = ConsumerId::new("ann@example.com:1").unwrap();
    Caller {
        subject,
        role: Role::Consumer,
    }
}

fn message(header: &Value, claims: &str) -> String {
    let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
    format!("{}.{}", encode(&header.to_string()), encode(claims))
}

fn signed(header: &Value, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn hs256_token(header: &Value, claims: &str, secret: &[u8]) -> String {
    signed(
        header,
        claims,
        &EncodingKey::from_secret(secret),
        Algorithm::HS256,
    )
}

fn token_with_claims(claims: &str) -> String {
    hs256_token(&json!({"alg": "HS256", "typ": "JWT"}), claims, SECRET)
}

/// The good claims with one member replaced, or removed by `null`.
fn with_claim(name: &str, value: Value) -> String {
    let mut claims = good_claims();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    token_with_claims(&claims.to_string())
}

#[rstest]
#[case::eddsa(TokenAlgorithm::EdDsa, ED_PUBLIC, Algorithm::EdDSA)]
#[case::es256(TokenAlgorithm::Es256, ES_PUBLIC, Algorithm::ES256)]
#[case::rs256(TokenAlgorithm::Rs256, RS_PUBLIC, Algorithm::RS256)]
#[case::hs256(TokenAlgorithm::Hs256, SECRET, Algorithm::HS256)]
fn each_algorithm_believes_its_own_key_and_notices_a_changed_byte(
    #[case] pinned: TokenAlgorithm,
    #[case] key: &[u8],
    #[case] algorithm: Algorithm,
) {
    let signing = match pinned {
        TokenAlgorithm::Hs256 => EncodingKey::from_secret(SECRET),
        TokenAlgorithm::EdDsa => {
            EncodingKey::from_ed_pem(include_bytes!("../../tests-data/eddsa-private.pem")).unwrap()
        }
        TokenAlgorithm::Es256 => {
            EncodingKey::from_ec_pem(include_bytes!("../../tests-data/es256-private.pem")).unwrap()
        }
        TokenAlgorithm::Rs256 => {
            EncodingKey::from_rsa_pem(include_bytes!("../../tests-data/rs256-private.pem")).unwrap()
        }
    };
    let header = json!({"alg": pinned.as_str()});
    let verifier = verifier(pinned, key, None);
    let token = signed(&header, &good_claims().to_string(), &signing, algorithm);
    assert_eq!(verifier.verify(&token, NOW), Ok(ann()));

    let (_, signature) = token.rsplit_once('.').unwrap();
    let mut claims = good_claims();
    claims["role"] = json!("admin");
    let forged = format!("{}.{signature}", message(&header, &claims.to_string()));
    assert_eq!(
        verifier.verify(&forged, NOW),
        Err(TokenError::WrongSignature)
    );
}

#[rstest]
#[case::missing("exp", Value::Null, TokenError::Malformed)]
#[case::missing("iss", Value::Null, TokenError::Malformed)]
#[case::missing("aud", Value::Null, TokenError::Malformed)]
#[case::missing("sub", Value::Null, TokenError::Malformed)]
#[case::missing("role", Value::Null, TokenError::Malformed)]
#[case::text("exp", json!("1900000000"), TokenError::Malformed)]
#[case::fraction("exp", json!(1_900_000_000.5), TokenError::Malformed)]
#[case::beyond_64_bits("exp", json!(u64::MAX), TokenError::Malformed)]
#[case::negative("exp", json!(-1), TokenError::Expired)]
#[case::first_instant_after("exp", json!(NOW_SECONDS), TokenError::Expired)]
#[case::no_leeway("exp", json!(NOW_SECONDS - 1), TokenError::Expired)]
#[case::later("nbf", json!(NOW_SECONDS + 1), TokenError::NotYetValid)]
#[case::another("iss", json!("firstcome2"), TokenError::WrongIssuer)]
#[case::case_matters("iss", json!("Firstcome"), TokenError::WrongIssuer)]
#[case::list("iss", json!(["firstcome"]), TokenError::Malformed)]
#[case::another("aud", json!("shop"), TokenError::WrongAudience)]
#[case::none_of_them("aud", json!(["shop", "first"]), TokenError::WrongAudience)]
#[case::empty_list("aud", json!([]), TokenError::WrongAudience)]
#[case::empty("sub", json!(""), TokenError::InvalidSubject)]
#[case::too_long("sub", json!("x".repeat(65)), TokenError::InvalidSubject)]
#[case::forbidden("sub", json!("ann smith"), TokenError::InvalidSubject)]
#[case::control("sub", json!("ann\n"), TokenError::InvalidSubject)]
#[case::number("sub", json!(7), TokenError::Malformed)]
#[case::unknown("role", json!("root"), TokenError::UnknownRole)]
#[case::case_matters("role", json!("Admin"), TokenError::UnknownRole)]
#[case::list("role", json!(["admin"]), TokenError::Malformed)]
fn every_claim_is_required_and_checked(
    #[case] name: &str,
    #[case] value: Value,
    #[case] refusal: TokenError,
) {
    assert_eq!(hs256().verify(&with_claim(name, value), NOW), Err(refusal));
}

#[rstest]
#[case::last_second("exp", json!(NOW_SECONDS + 1))]
#[case::for_ever("exp", json!(i64::MAX))]
#[case::from_now("nbf", json!(NOW_SECONDS))]
#[case::one_of_several("aud", json!(["shop", "firstcome"]))]
#[case::unknown_claims_are_not_ours("email", json!({"nested": [1, 2]}))]
fn what_the_rules_allow_is_believed(#[case] name: &str, #[case] value: Value) {
    assert_eq!(hs256().verify(&with_claim(name, value), NOW), Ok(ann()));
}

#[test]
fn a_token_counts_to_the_last_microsecond_before_its_end() {
    let token = with_claim("exp", json!(NOW_SECONDS));
    assert_eq!(hs256().verify(&token, NOW.plus_micros(-1)), Ok(ann()));
    assert_eq!(hs256().verify(&token, NOW), Err(TokenError::Expired));
}

#[test]
fn a_subject_of_64_characters_is_believed() {
    let token = with_claim("sub", json!("x".repeat(64)));
    assert_eq!(
        hs256().verify(&token, NOW).unwrap().subject.as_str(),
        "x".repeat(64)
    );
}

#[test]
fn a_claim_that_stands_twice_is_malformed() {
    let good = good_claims().to_string();
    let twice = format!(r#"{{"role":"admin",{}"#, good.strip_prefix('{').unwrap());
    assert_eq!(
        hs256().verify(&token_with_claims(&twice), NOW),
        Err(TokenError::Malformed)
    );
}

#[rstest]
#[case::none(json!({"alg": "none"}), TokenError::WrongAlgorithm)]
#[case::none_in_capitals(json!({"alg": "NONE"}), TokenError::WrongAlgorithm)]
#[case::sibling(json!({"alg": "HS512"}), TokenError::WrongAlgorithm)]
#[case::public_key(json!({"alg": "RS256"}), TokenError::WrongAlgorithm)]
#[case::case_matters(json!({"alg": "hs256"}), TokenError::WrongAlgorithm)]
#[case::missing(json!({"typ": "JWT"}), TokenError::Malformed)]
#[case::list(json!({"alg": ["HS256"]}), TokenError::Malformed)]
#[case::not_an_object(json!("HS256"), TokenError::Malformed)]
#[case::extension(json!({"alg": "HS256", "crit": ["b64"], "b64": false}), TokenError::Malformed)]
fn only_the_pinned_algorithm_counts_however_well_the_token_is_signed(
    #[case] header: Value,
    #[case] refusal: TokenError,
) {
    let token = hs256_token(&header, &good_claims().to_string(), SECRET);
    assert_eq!(hs256().verify(&token, NOW), Err(refusal));
}

#[test]
fn an_unsigned_token_is_not_believed() {
    let claims = good_claims().to_string();
    let none = format!("{}.", message(&json!({"alg": "none"}), &claims));
    assert_eq!(hs256().verify(&none, NOW), Err(TokenError::WrongAlgorithm));
    let stripped = format!("{}.", message(&json!({"alg": "HS256"}), &claims));
    assert_eq!(
        hs256().verify(&stripped, NOW),
        Err(TokenError::WrongSignature)
    );
}

#[rstest]
#[case(TokenAlgorithm::Rs256, RS_PUBLIC)]
#[case(TokenAlgorithm::Es256, ES_PUBLIC)]
#[case(TokenAlgorithm::EdDsa, ED_PUBLIC)]
fn a_public_key_is_never_taken_for_a_secret(
    #[case] pinned: TokenAlgorithm,
    #[case] public_key: &[u8],
) {
    let verifier = verifier(pinned, public_key, None);
    let claims = good_claims().to_string();
    let confused = hs256_token(&json!({"alg": "HS256"}), &claims, public_key);
    assert_eq!(
        verifier.verify(&confused, NOW),
        Err(TokenError::WrongAlgorithm)
    );
    let relabelled = hs256_token(&json!({"alg": pinned.as_str()}), &claims, public_key);
    assert_eq!(
        verifier.verify(&relabelled, NOW),
        Err(TokenError::WrongSignature)
    );
}

#[test]
fn a_token_has_no_say_in_the_key_it_is_checked_with() {
    let own_key = URL_SAFE_NO_PAD.encode(STRANGER);
    let header = json!({
        "alg": "HS256", "kid": "1", "jku": "http://example.com/keys",
        "jwk": {"kty": "oct", "alg": "HS256", "k": own_key},
    });
    let token = hs256_token(&header, &good_claims().to_string(), STRANGER);
    assert_eq!(hs256().verify(&token, NOW), Err(TokenError::WrongSignature));
}

#[test]
fn the_previous_key_counts_while_it_is_configured() {
    let header = json!({"alg": "HS256"});
    let claims = good_claims().to_string();
    let rotating = verifier(TokenAlgorithm::Hs256, SECRET, Some(PREVIOUS));
    for (secret, believed) in [(SECRET, true), (PREVIOUS, true), (STRANGER, false)] {
        let token = hs256_token(&header, &claims, secret);
        assert_eq!(rotating.verify(&token, NOW).is_ok(), believed);
    }
    let old = hs256_token(&header, &claims, PREVIOUS);
    assert_eq!(hs256().verify(&old, NOW), Err(TokenError::WrongSignature));
}

#[test]
fn a_previous_key_is_checked_like_the_key() {
    let result = TokenVerifier::new(TokenConfiguration {
        algorithm: TokenAlgorithm::Hs256,
        key: SECRET,
        previous_key: Some(b"short"),
        issuer: "firstcome",
        audience: "firstcome",
    });
    assert_eq!(result.err(), Some(KeyError::SecretTooShort));
}

#[test]
fn a_token_over_4_kib_is_refused_and_one_of_4_kib_is_read() {
    // A token that is believed, then filled up to the byte: too many parts, but not yet too long.
    let token = with_claim("filler", json!("x".repeat(2800)));
    let fill = |length: usize| format!("{token}{}", ".".repeat(length - token.len()));
    assert_eq!(hs256().verify(&token, NOW), Ok(ann()));
    assert_eq!(
        hs256().verify(&fill(4096), NOW),
        Err(TokenError::WrongSignature)
    );
    assert_eq!(hs256().verify(&fill(4097), NOW), Err(TokenError::TooLong));
}

#[rstest]
#[case("")]
#[case(".")]
#[case("..")]
#[case("a.b")]
#[case("a.b.c")]
#[case("é.é.é")]
#[case("eyJhbGciOiJIUzI1NiJ9")]
#[case("eyJhbGciOiJIUzI1NiJ9==.e30.AA")]
fn what_is_no_token_is_malformed(#[case] text: &str) {
    assert_eq!(hs256().verify(text, NOW), Err(TokenError::Malformed));
}

#[test]
fn every_part_more_or_less_is_refused() {
    let token = token_with_claims(&good_claims().to_string());
    for changed in [
        format!("{token}.x"),
        format!("x.{token}"),
        format!("{token}="),
        token[1..].to_owned(),
    ] {
        assert!(hs256().verify(&changed, NOW).is_err(), "{changed}");
    }
}

#[test]
fn a_minted_token_is_believed_until_its_lifetime_ends() {
    let mint = TokenMint::new(SECRET, "firstcome", "firstcome").unwrap();
    let subject = ConsumerId::new("ann").unwrap();
    for role in Role::ALL {
        let token = mint
            .mint(&subject, role, Duration::from_secs(90), NOW)
            .unwrap();
        let caller = Caller {
            subject: subject.clone(),
            role,
        };
        assert_eq!(hs256().verify(&token, NOW), Ok(caller.clone()));
        assert_eq!(
            hs256().verify(&token, NOW.plus_micros(89_999_999)),
            Ok(caller)
        );
        let end = NOW.plus_micros(90_000_000);
        assert_eq!(hs256().verify(&token, end), Err(TokenError::Expired));
    }
}

#[test]
fn neither_key_nor_token_shows_in_an_error_or_in_debug() {
    let verifier = verifier(TokenAlgorithm::Hs256, SECRET, Some(PREVIOUS));
    let token = hs256_token(
        &json!({"alg": "HS256"}),
        &good_claims().to_string(),
        STRANGER,
    );
    let error = verifier.verify(&token, NOW).unwrap_err();
    let shown = format!("{verifier:?} {error:?} {error}");
    let (message, signature) = token.rsplit_once('.').unwrap();
    for hidden in [
        "a secret of",
        "the secret before",
        message,
        signature,
        "ann@",
    ] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    assert!(shown.contains("Hs256"));
}
