//! Payments through a provider that misbehaves at random: whatever is asked again and again until
//! it is definite has happened once, and all money is accounted for.

use super::*;
use PaymentAction::{Authorise, Capture, Refund, Void};
use firstcome_tests::provider::{Misbehaviour, Moved};
use rstest::rstest;

/// Asks as firstcome does (what became of it? then once more), only more often: with two in five
/// requests gone wrong, so many in a row do not.
async fn definite(payments: &dyn Payments, call: &PaymentCall) -> PaymentAnswer {
    const TRIES: usize = 100;
    if let Ok(answer) = payments.call(call).await {
        return answer;
    }
    for _ in 0..TRIES {
        let answer = match payments.query(call).await {
            Ok(None) => payments.call(call).await.ok(),
            known => known.ok().flatten(),
        };
        if let Some(answer) = answer {
            return answer;
        }
    }
    panic!("never definite: {call:?}")
}

#[rstest]
#[tokio::test]
async fn what_is_asked_for_until_it_is_definite_has_happened_once(#[values(1, 2, 3, 4)] seed: u64) {
    const PAYMENTS: i64 = 60;
    let provider = Provider::start();
    provider.at_random(seed, 400, Misbehaviour::quick());
    let payments = patient(&provider);
    for number in 0..PAYMENTS {
        let payment = Payment::new();
        let path: &[PaymentAction] = match number % 3 {
            0 => &[Authorise, Capture],
            1 => &[Authorise, Void],
            _ => &[Authorise, Capture, Refund],
        };
        for action in path {
            let answer = definite(&payments, &payment.call(*action)).await;
            assert_eq!(answer, PaymentAnswer::Done, "{action:?}");
        }
        assert_eq!(provider.deeds_of(payment.id), path);
    }
    let third = PAYMENTS / 3 * AMOUNT;
    let expected = Moved {
        authorised: 3 * third,
        held: 0,
        captured: 2 * third,
        refunded: third,
    };
    assert_eq!(provider.moved(), expected);
    // It did misbehave: more was asked than would have been enough.
    let asked: usize = ACTIONS.map(|action| provider.asked(action)).iter().sum();
    assert!(
        asked > usize::try_from(PAYMENTS).unwrap() * 7 / 3,
        "{asked}"
    );
}
