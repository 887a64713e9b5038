use super::*;
use crate::testing::{MockAnswers, MockPurchases, NOW, OneOrder, keyed, purchase, who};
use crate::{ConfirmOrder, DeliverOrder, KeysInFlight};
use domain::ports::{Answered, RequestDigest};
use domain::{DeliveryStatus, OrderStatus, Payment, PurchaseRequest};

/// A paid order, and the use cases around it.
fn paid(answered: Option<Answered>) -> (OneOrder, ConfirmOrder, DeliverOrder) {
    let one = OneOrder::default();
    one.place(&PurchaseRequest {
        payment: Payment::Wallet,
        ..purchase()
    });
    let mut purchases = MockPurchases::new();
    one.serve(&mut purchases);
    let purchases: Arc<dyn PurchaseLedger> = Arc::new(purchases);
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    let keyed = Arc::new(keyed);
    (
        one,
        ConfirmOrder::new(Arc::clone(&purchases), Arc::clone(&keyed)),
        DeliverOrder::new(purchases, keyed),
    )
}

#[tokio::test]
async fn an_order_is_delivered_then_confirmed_by_its_consumer_alone() {
    let (one, confirm, deliver) = paid(None);
    let id = one.order().id;
    let early = confirm.execute(id, &who("a"), None).await;
    assert!(matches!(
        early,
        Err(ChangeOrderError::Refused(OrderRefusal::ConfirmNotAvailable))
    ));
    for status in [DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery] {
        let delivered = deliver.execute(id, status, None).await.unwrap();
        assert_eq!(delivered, Written::Now(one.order(), NOW));
        assert_eq!(one.order().delivery, status);
    }
    let anothers = confirm.execute(id, &who("b"), None).await;
    assert!(matches!(
        anothers,
        Err(ChangeOrderError::Refused(OrderRefusal::NotFound))
    ));
    assert_eq!(one.order().status, OrderStatus::Paid);
    let confirmed = confirm.execute(id, &who("a"), None).await.unwrap();
    assert_eq!(confirmed, Written::Now(one.order(), NOW));
    assert_eq!(one.order().status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_delivery_that_can_t_move_there_is_refused() {
    let (one, _, deliver) = paid(None);
    let refused = deliver.execute(one.order().id, DeliveryStatus::CompleteDelivery, None);
    assert!(matches!(
        refused.await,
        Err(ChangeOrderError::Refused(OrderRefusal::InvalidDelivery))
    ));
}

#[tokio::test]
async fn a_request_that_was_answered_is_answered_so_again_and_changes_nothing() {
    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: b"first".to_vec(),
    };
    let (one, _, deliver) = paid(Some(answered));
    let key = |digest| Some(keyed(digest, |_: &Order, _| vec![]));
    let (id, status) = (one.order().id, DeliveryStatus::InDelivery);
    let again = deliver.execute(id, status, key(1)).await;
    assert!(matches!(again, Ok(Written::Before(answer)) if answer == b"first"));
    assert_eq!(one.order().delivery, DeliveryStatus::BeforeDelivery);
    let reused = deliver.execute(id, status, key(2)).await;
    assert!(matches!(
        reused,
        Err(ChangeOrderError::Key(KeyError::Reused))
    ));
}
