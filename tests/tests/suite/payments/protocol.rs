//! The protocol between the adapter and a provider that keeps to it.

use super::*;
use PaymentAction::{Authorise, Capture, Refund, Void};
use firstcome_tests::provider::{Asked, DECLINED, Moved};
use rstest::rstest;

#[tokio::test]
async fn a_payment_goes_through_and_is_refunded() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    let steps = [
        (Authorise, (AMOUNT, AMOUNT, 0, 0)),
        (Capture, (AMOUNT, 0, AMOUNT, 0)),
        (Refund, (AMOUNT, 0, AMOUNT, AMOUNT)),
    ];
    for (action, (authorised, held, captured, refunded)) in steps {
        done(&payments, &payment.call(action)).await;
        let moved = Moved {
            authorised,
            held,
            captured,
            refunded,
        };
        assert_eq!(provider.moved_of(payment.id), moved, "{action:?}");
        assert_eq!(provider.moved_of_order(payment.order), moved);
        assert_eq!(provider.moved(), moved);
    }
    assert_eq!(provider.moved_of(Payment::new().id), Moved::default());
}

#[rstest]
#[tokio::test]
async fn the_same_call_again_finds_it_done(
    #[values(Authorise, Capture, Void, Refund)] action: PaymentAction,
) {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    payment.prepare(&payments, action).await;
    let call = payment.call(action);
    assert_eq!(payments.query(&call).await.unwrap(), None);
    done(&payments, &call).await;
    let deeds = provider.deeds();
    done(&payments, &call).await;
    let known = payments.query(&call).await.unwrap();
    assert_eq!(known, Some(PaymentAnswer::Done));
    assert_eq!(provider.deeds(), deeds);
    assert_eq!(provider.asked(action), 2);
    assert_eq!(provider.asked(Asked::Query), 2);
}

#[tokio::test]
async fn many_equal_calls_at_once_are_one() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = std::sync::Arc::new(patient(&provider));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let payments = std::sync::Arc::clone(&payments);
            tokio::spawn(async move { done(&*payments, &payment.call(Authorise)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(provider.deeds_of(payment.id), [Authorise]);
}

#[tokio::test]
async fn what_is_declined_stays_declined_and_says_why() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    let mut call = payment.call(Authorise);
    call.method = Some(PaymentMethod::new(DECLINED).unwrap());
    for _ in 0..2 {
        assert_eq!(declined(&payments, &call).await, "the card is declined");
    }
    let known = payments.query(&call).await.unwrap();
    let expected = PaymentAnswer::Declined("the card is declined".to_owned());
    assert_eq!(known, Some(expected));
    assert_eq!(provider.deeds(), []);
}

#[tokio::test]
async fn a_void_of_what_never_came_bars_what_comes_late() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    done(&payments, &payment.call(Void)).await;
    let why = declined(&payments, &payment.call(Authorise)).await;
    assert_eq!(why, "the payment is barred");
    declined(&payments, &payment.call(Capture)).await;
    assert_eq!(provider.moved(), Moved::default());
}

#[rstest]
#[case::capture_before_all(&[], Capture)]
#[case::refund_before_all(&[], Refund)]
#[case::refund_of_what_is_not_captured(&[Authorise], Refund)]
#[case::capture_of_what_is_void(&[Authorise, Void], Capture)]
#[case::refund_of_what_is_void(&[Authorise, Void], Refund)]
#[case::void_of_what_is_captured(&[Authorise, Capture], Void)]
#[case::void_of_what_is_refunded(&[Authorise, Capture, Refund], Void)]
#[tokio::test]
async fn what_is_out_of_order_is_declined(
    #[case] before: &[PaymentAction],
    #[case] action: PaymentAction,
) {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    for before in before {
        done(&payments, &payment.call(*before)).await;
    }
    let moved = provider.moved();
    declined(&payments, &payment.call(action)).await;
    assert_eq!(provider.moved(), moved);
}

#[tokio::test]
async fn another_saga_can_refund_nothing_twice() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    payment.prepare(&payments, Refund).await;
    done(&payments, &payment.call(Refund)).await;
    let again = Payment {
        refund: Payment::new().id,
        ..payment
    };
    let why = declined(&payments, &again.call(Refund)).await;
    assert_eq!(why, "the payment is refunded");
    assert_eq!(provider.moved().refunded, AMOUNT);
}

#[rstest]
#[case::under_a_known_key(Authorise)]
#[case::of_a_known_payment(Capture)]
#[tokio::test]
async fn another_amount_is_no_call_at_all(#[case] action: PaymentAction) {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    done(&payments, &payment.call(Authorise)).await;
    let mut call = payment.call(action);
    call.amount = Amount::new(AMOUNT + 1).unwrap();
    let error = payments.call(&call).await.unwrap_err();
    let why = is_unknown(error);
    assert!(why.starts_with("the reply's status is 422"), "{why}");
    assert_eq!(provider.deeds_of(payment.id), [Authorise]);
}

#[tokio::test]
async fn a_provider_that_is_started_again_has_forgotten_nothing() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    let call = payment.call(Authorise);
    done(&payments, &call).await;
    provider.stop().await;
    provider.start_again();
    // The kept connection may be found broken only when the request is on it.
    let known = match payments.query(&call).await {
        Err(PaymentError::Unknown(_)) => payments.query(&call).await,
        known => known,
    };
    assert_eq!(known.unwrap(), Some(PaymentAnswer::Done));
    done(&payments, &call).await;
    assert_eq!(provider.deeds_of(payment.id), [Authorise]);
}
