//! Wallets are charged once per key; what sellers have stays the same, folded or not.

use domain::ports::{Answered, Keyed, KeyedRequest, RequestDigest};
use domain::{Amount, AmountOverflow, Charge, EntryId, OrderCommand, Timestamp, Wallet};

use crate::Fixture;
use crate::given::{START, amount, consumer, placed, seller};

fn charge(fixture: &Fixture, name: &str, amount: Amount) -> Charge {
    Charge {
        id: EntryId::from_uuid(fixture.id()),
        consumer_id: consumer(name),
        amount,
    }
}

fn key(fixture: &Fixture, digest: u8) -> KeyedRequest<Wallet> {
    KeyedRequest {
        scope: fixture.key(),
        digest: RequestDigest([digest; 32]),
        answer: rendered,
    }
}

fn rendered(wallet: &Wallet, now: Timestamp) -> Vec<u8> {
    format!("{wallet:?} at {now:?}").into_bytes()
}

pub async fn a_wallet_is_read_as_it_was_charged(fixture: Fixture) {
    for (name, number) in [
        ("a".to_owned(), 1),
        ("x".repeat(64), i64::MAX - 1 - 1_000_000_000_000),
        ("AZaz09._@:-".to_owned(), 1_000_000_000_000),
    ] {
        fixture.clock.set(START.plus_micros(number % 7));
        let expected = Wallet {
            balance: amount(number),
            ..Wallet::empty(consumer(&*name))
        };
        let charge = charge(&fixture, &name, amount(number));
        let charged = fixture.store.charge(charge, key(&fixture, 1)).await;
        let now = START.plus_micros(number % 7);
        assert_eq!(charged.unwrap(), Keyed::Done(expected.clone(), now));
        let read = fixture.store.wallet(consumer(&*name)).await.unwrap();
        assert_eq!(read, expected);
    }
    // Whoever was never charged has an empty one.
    let nobody = Wallet::empty(consumer("A"));
    assert_eq!(fixture.store.wallet(consumer("A")).await.unwrap(), nobody);
    fixture.assert_exact(&[]).await;
}

pub async fn charges_add_up(fixture: Fixture) {
    for (number, balance) in [(5, 5), (7, 12), (1_000, 1_012)] {
        assert_eq!(fixture.charge("a", number).await.balance, amount(balance));
    }
    assert_eq!(fixture.charge("b", 1).await.balance, amount(1));
    assert_eq!(fixture.has("a").await, (1_012, 0));
    fixture.assert_exact(&[]).await;
}

pub async fn the_same_charge_again_is_answered_as_at_first(fixture: Fixture) {
    let first = key(&fixture, 1);
    let charged = fixture
        .store
        .charge(charge(&fixture, "a", amount(5)), first);
    let Keyed::Done(wallet, now) = charged.await.unwrap() else {
        panic!("not charged");
    };
    let kept = Answered {
        digest: first.digest,
        answer: rendered(&wallet, now),
    };
    fixture.charge("a", 1).await;
    fixture.clock.set(START.plus_micros(7));
    // The store compares nothing: that is the caller's business.
    for digest in [1, 2] {
        let digest = RequestDigest([digest; 32]);
        let again = KeyedRequest { digest, ..first };
        let charged = fixture
            .store
            .charge(charge(&fixture, "a", amount(5)), again);
        assert_eq!(charged.await.unwrap(), Keyed::Answered(kept.clone()));
    }
    assert_eq!(fixture.has("a").await, (6, 0));
    fixture.assert_exact(&[]).await;
}

pub async fn a_charge_that_has_no_room_leaves_nothing(fixture: Fixture) {
    fixture.charge("a", i64::MAX - 1).await;
    let key = key(&fixture, 1);
    let charged = fixture.store.charge(charge(&fixture, "a", amount(2)), key);
    assert_eq!(charged.await.unwrap(), Keyed::Refused(AmountOverflow));
    assert_eq!(fixture.store.answered(key.scope).await.unwrap(), None);
    // The key is free: nothing was done under it.
    let charged = fixture.store.charge(charge(&fixture, "a", amount(1)), key);
    assert!(matches!(charged.await.unwrap(), Keyed::Done(..)));
    assert_eq!(fixture.has("a").await, (i64::MAX, 0));
    fixture.assert_exact(&[]).await;
}

pub async fn what_a_seller_has_stays_the_same_when_it_is_folded(fixture: Fixture) {
    let mut products = Vec::new();
    for owner in ["a", "b", "c"] {
        let product = domain::Product {
            seller_id: seller(owner),
            ..fixture.new_product()
        };
        products.push(fixture.store_product(product).await);
    }
    fixture.charge("buyer", 100_000).await;
    let has = async |owner: &str| {
        let balance = fixture.store.seller_balance(seller(owner)).await;
        balance.unwrap().get()
    };
    let sell = async |lines: &[(usize, i64)]| {
        let lines: Vec<_> = lines
            .iter()
            .map(|(at, number)| (&products[*at], *number))
            .collect();
        let order = placed(fixture.place(&fixture.purchase("buyer", &lines)).await).0;
        fixture.deliver(&order).await;
        fixture.change(&order, OrderCommand::Confirm).await.unwrap();
    };
    let fold = async |limit| fixture.store.fold_seller_credits(limit).await.unwrap();
    assert_eq!(fold(9).await, 0);
    sell(&[(0, 1), (1, 2)]).await;
    sell(&[(0, 1)]).await;
    assert_eq!((has("a").await, has("b").await), (1_900, 1_900));
    assert_eq!((has("c").await, has("nobody").await), (0, 0));
    // One credit at a time.
    for folded in [1, 1, 1, 0] {
        assert_eq!(fold(1).await, folded);
        assert_eq!((has("a").await, has("b").await), (1_900, 1_900));
        fixture.assert_exact(&[]).await;
    }
    // What comes later is added to what is folded.
    sell(&[(0, 3), (2, 1)]).await;
    assert_eq!((has("a").await, has("c").await), (4_750, 950));
    fixture.assert_exact(&[]).await;
    assert_eq!(fold(0).await, 0);
    assert_eq!(fold(9).await, 2);
    assert_eq!((has("a").await, has("c").await), (4_750, 950));
    assert_eq!(has("b").await, 1_900);
    fixture.assert_exact(&[]).await;
}
