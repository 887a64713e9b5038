//! What each misbehaviour of the provider is taken for: what is answered is true, and what is not
//! known is said to be.

use std::{sync::Arc, time::Duration};

use super::*;
use PaymentAction::{Authorise, Capture, Void};
use firstcome_tests::{
    Gate,
    provider::{Asked, Lie, Misbehaviour},
    until,
};
use rstest::rstest;

/// For what is certainly waited out; long enough for a request to arrive.
fn soon_given_up(provider: &Provider) -> HttpPayments {
    let base_url = provider.base_url().parse().unwrap();
    HttpPayments::new(HttpPaymentsConfig {
        answer_within: Duration::from_secs(1),
        ..HttpPaymentsConfig::at(base_url)
    })
}

/// After whatever has happened: the provider is well, and the call is done once, and once only.
async fn comes_right(provider: &Provider, payment: Payment, action: PaymentAction) {
    provider.heal();
    let payments = patient(provider);
    done(&payments, &payment.call(action)).await;
    let known = payments.query(&payment.call(action)).await.unwrap();
    assert_eq!(known, Some(PaymentAnswer::Done));
    let all = [Payment::before(action), &[action]].concat();
    assert_eq!(provider.deeds_of(payment.id), all);
}

#[rstest]
#[case::refuse(Misbehaviour::Refuse)]
#[case::hang_up(Misbehaviour::HangUp)]
#[tokio::test]
async fn what_is_refused_without_a_word_is_unknown_although_nothing_was_done(
    #[case] how: Misbehaviour,
) {
    for action in ACTIONS {
        let (provider, payment) = (Provider::start(), Payment::new());
        let payments = patient(&provider);
        payment.prepare(&payments, action).await;
        provider.misbehave(action, 1, how.clone());
        let call = payment.call(action);
        is_unknown(payments.call(&call).await.unwrap_err());
        assert_eq!(provider.deeds_of(payment.id), Payment::before(action));
        assert_eq!(payments.query(&call).await.unwrap(), None);
        comes_right(&provider, payment, action).await;
    }
}

#[rstest]
#[case::lose_answer(Misbehaviour::LoseAnswer)]
#[case::other_saga(Misbehaviour::Lie(Lie::OtherSaga))]
#[case::other_action(Misbehaviour::Lie(Lie::OtherAction))]
#[case::other_amount(Misbehaviour::Lie(Lie::OtherAmount))]
#[case::other_state(Misbehaviour::Lie(Lie::OtherState))]
#[case::garbage(Misbehaviour::Lie(Lie::Garbage))]
#[case::too_large(Misbehaviour::Lie(Lie::TooLarge))]
#[case::endless(Misbehaviour::Lie(Lie::Endless))]
#[case::redirect(Misbehaviour::Lie(Lie::Redirect))]
#[case::length_too_short(Misbehaviour::Lie(Lie::LengthTooShort))]
#[case::cut_off(Misbehaviour::Lie(Lie::CutOff))]
#[tokio::test]
async fn what_was_done_and_not_said_is_unknown_until_it_is_asked_for(#[case] how: Misbehaviour) {
    for action in ACTIONS {
        let (provider, payment) = (Provider::start(), Payment::new());
        let payments = patient(&provider);
        payment.prepare(&payments, action).await;
        provider.misbehave(action, 1, how.clone());
        provider.misbehave(Asked::Query, 1, how.clone());
        let call = payment.call(action);
        is_unknown(payments.call(&call).await.unwrap_err());
        is_unknown(payments.query(&call).await.unwrap_err());
        let known = payments.query(&call).await.unwrap();
        assert_eq!(known, Some(PaymentAnswer::Done));
        comes_right(&provider, payment, action).await;
    }
}

#[rstest]
#[case::ignore(Misbehaviour::Ignore)]
#[case::do_late(Misbehaviour::DoLate)]
#[case::keep_silent(Misbehaviour::KeepSilent)]
#[case::length_too_long(Misbehaviour::Lie(Lie::LengthTooLong))]
#[tokio::test]
async fn silence_is_given_up_and_unknown(#[case] how: Misbehaviour) {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = soon_given_up(&provider);
    provider.misbehave(Authorise, 1, how.clone());
    provider.misbehave(Asked::Query, 1, Misbehaviour::Ignore);
    let call = payment.call(Authorise);
    let why = is_unknown(payments.call(&call).await.unwrap_err());
    assert_eq!(why, "no whole reply within 1s");
    is_unknown(payments.query(&call).await.unwrap_err());
    if !matches!(how, Misbehaviour::Ignore) {
        until("the deed", async || {
            (provider.deeds_of(payment.id) == [Authorise]).then_some(())
        })
        .await;
    }
    comes_right(&provider, payment, Authorise).await;
}

#[tokio::test]
async fn a_client_as_it_is_configured_gives_up_by_itself() {
    let (provider, payment) = (Provider::start(), Payment::new());
    provider.always(Authorise, Misbehaviour::Ignore);
    let error = client(&provider).call(&payment.call(Authorise)).await;
    let why = is_unknown(error.unwrap_err());
    assert_eq!(why, "no whole reply within 2s");
}

#[rstest]
#[case::too_large(Lie::TooLarge)]
#[case::endless(Lie::Endless)]
#[tokio::test]
async fn of_a_body_without_measure_64_kib_are_read(#[case] lie: Lie) {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    provider.always(Authorise, Misbehaviour::Lie(lie));
    provider.always(Asked::Query, Misbehaviour::Lie(lie));
    let call = payment.call(Authorise);
    for _ in 0..20 {
        let called = is_unknown(payments.call(&call).await.unwrap_err());
        let queried = is_unknown(payments.query(&call).await.unwrap_err());
        for why in [called, queried] {
            assert_eq!(why, "the reply has more than 65536 bytes");
        }
    }
}

#[tokio::test]
async fn a_decline_is_a_decline() {
    for action in ACTIONS {
        let (provider, payment) = (Provider::start(), Payment::new());
        let payments = patient(&provider);
        payment.prepare(&payments, action).await;
        provider.misbehave(action, 1, Misbehaviour::Decline);
        let why = declined(&payments, &payment.call(action)).await;
        assert_eq!(why, "the provider does not want to");
        // For good, although it is not asked to decline any more.
        assert_eq!(declined(&payments, &payment.call(action)).await, why);
        assert_eq!(provider.deeds_of(payment.id), Payment::before(action));
    }
}

#[tokio::test]
async fn an_answer_that_comes_twice_is_never_taken_for_another_call_s() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    provider.always(Authorise, Misbehaviour::AnswerTwice);
    done(&payments, &payment.call(Authorise)).await;
    match payments.call(&payment.call(Capture)).await {
        Ok(answer) => {
            assert_eq!(answer, PaymentAnswer::Done);
            assert_eq!(provider.deeds_of(payment.id), [Authorise, Capture]);
        }
        Err(error) => {
            is_unknown(error);
        }
    }
    comes_right(&provider, payment, Capture).await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_has_done_nothing() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = client(&provider);
    provider.stop().await;
    for action in ACTIONS {
        let call = payment.call(action);
        is_unavailable(payments.call(&call).await.unwrap_err());
        is_unavailable(payments.query(&call).await.unwrap_err());
    }
    provider.start_again();
    comes_right(&provider, payment, Authorise).await;
    assert_eq!(provider.asked(Void), 0);
}

#[tokio::test]
async fn a_provider_that_stops_in_the_middle_leaves_it_unknown() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    let gate = Arc::new(Gate::default());
    provider.misbehave(Authorise, 1, Misbehaviour::WaitBefore(Arc::clone(&gate)));
    let call = payment.call(Authorise);
    let stopped = async {
        gate.has_waiting(1).await;
        provider.stop().await;
    };
    let (answer, ()) = tokio::join!(payments.call(&call), stopped);
    is_unknown(answer.unwrap_err());
    gate.open();
    assert_eq!(provider.deeds(), []);
    provider.start_again();
    comes_right(&provider, payment, Authorise).await;
}

#[tokio::test]
async fn an_authorisation_that_was_on_its_way_comes_too_late_after_the_void() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let gate = Arc::new(Gate::default());
    provider.misbehave(Authorise, 1, Misbehaviour::WaitBefore(Arc::clone(&gate)));
    let impatient = soon_given_up(&provider);
    let late = payment.call(Authorise);
    is_unknown(impatient.call(&late).await.unwrap_err());
    let payments = patient(&provider);
    assert_eq!(payments.query(&late).await.unwrap(), None);
    done(&payments, &payment.call(Void)).await;
    gate.open();
    let known = until("the late call", async || {
        payments.query(&late).await.unwrap()
    })
    .await;
    let barred = PaymentAnswer::Declined("the payment is barred".to_owned());
    assert_eq!(known, barred);
    assert_eq!(provider.deeds_of(payment.id), [Void]);
    assert_eq!(provider.moved().held, 0);
}

#[tokio::test]
async fn an_answer_that_comes_after_all_is_still_the_answer() {
    let (provider, payment) = (Provider::start(), Payment::new());
    let payments = patient(&provider);
    let gate = Arc::new(Gate::default());
    provider.misbehave(Authorise, 1, Misbehaviour::WaitAfter(Arc::clone(&gate)));
    let call = payment.call(Authorise);
    let meanwhile = async {
        gate.has_waiting(1).await;
        assert_eq!(provider.deeds_of(payment.id), [Authorise]);
        gate.open();
    };
    let (answer, ()) = tokio::join!(payments.call(&call), meanwhile);
    assert_eq!(answer.unwrap(), PaymentAnswer::Done);
}
