use super::*;
use crate::KeysInFlight;
use crate::testing::{MockAnswers, MockPurses, NOW, keyed, rising_ids, who};
use domain::ports::{Answered, Keyed, RequestDigest};

fn use_case(wallets: MockPurses, answered: Option<Answered>) -> ChargeWallet {
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    ChargeWallet::new(Arc::new(wallets), Arc::new(keyed), Arc::new(rising_ids()))
}

fn amount() -> Amount {
    Amount::new(500).unwrap()
}

fn key(digest: u8) -> KeyedRequest<Wallet> {
    keyed(digest, |_, _| vec![])
}

#[tokio::test]
async fn the_wallet_is_answered_with_the_charge_in_it() {
    let mut wallets = MockPurses::new();
    wallets.expect_charge().once().returning(|charge, _| {
        let wallet = Wallet::empty(charge.consumer_id.clone());
        let (wallet, _) = charge.into_wallet(wallet, NOW).unwrap();
        Ok(Keyed::Done(wallet, NOW))
    });
    let charge_wallet = use_case(wallets, None);
    let charged = charge_wallet.execute(who("a"), amount(), key(1)).await;
    let Ok(Written::Now(wallet, NOW)) = charged else {
        panic!("not charged")
    };
    assert_eq!(wallet.consumer_id, who("a"));
    assert_eq!(wallet.balance, amount());
}

#[tokio::test]
async fn a_wallet_without_room_is_told_of_and_the_same_request_is_charged_once() {
    let mut wallets = MockPurses::new();
    let charge = wallets.expect_charge().once();
    charge.returning(|_, _| Ok(Keyed::Refused(AmountOverflow)));
    let charge_wallet = use_case(wallets, None);
    let refused = charge_wallet.execute(who("a"), amount(), key(1)).await;
    assert!(matches!(refused, Err(ChargeWalletError::TooLarge(_))));

    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: b"first".to_vec(),
    };
    let charge_wallet = use_case(MockPurses::new(), Some(answered));
    let again = charge_wallet.execute(who("a"), amount(), key(1)).await;
    assert!(matches!(again, Ok(Written::Before(answer)) if answer == b"first"));
    let reused = charge_wallet.execute(who("a"), amount(), key(2)).await;
    assert!(matches!(
        reused,
        Err(ChargeWalletError::Key(KeyError::Reused))
    ));
}
