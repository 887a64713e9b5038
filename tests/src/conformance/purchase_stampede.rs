//! A stampede of everything at once, and whoever looks at the books meanwhile finds them exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::ports::{Placed, Withdrawn};
use domain::{Audit, OrderCommand, Product, SagaEvent, SagaPatience};
use tokio::task::{JoinSet, yield_now};

use super::races::{TIMES, at_once};
use crate::Fixture;
use crate::given::{by_provider, declined, unanswered, use_kind, with_copy};

/// One consumer's afternoon: buys, cancels, is refused, tries again. Whatever is refused is all right.
async fn shop(fixture: &Fixture, coupon: &domain::Coupon, product: &Product, number: u32) {
    let name = format!("consumer-{}", number / 2);
    fixture.charge(&name, 3_000).await;
    let copy = fixture.ask(coupon, &name).await;
    for round in 0..3 {
        let mut request = fixture.purchase(&name, &[(product, 1)]);
        if round == 0
            && let domain::IssueOutcome::Issued(copy) = &copy
        {
            request = with_copy(request, copy);
        }
        if (number + round).is_multiple_of(3) {
            request = by_provider(request);
        }
        let Placed::Now(order, saga) = fixture.place(&request).await else {
            continue;
        };
        let event = match (number + round) % 4 {
            0 => declined(),
            1 => unanswered(),
            _ => SagaEvent::Succeeded,
        };
        let _refused_where_all_was_local = fixture.told(&saga, event).await;
        if number.is_multiple_of(2) {
            let _refused_where_not_paid = fixture.change(&order, fixture.refund()).await;
        } else {
            let status = domain::DeliveryStatus::InDelivery;
            let _refused_where_not_paid =
                fixture.change(&order, OrderCommand::Deliver(status)).await;
        }
    }
}

pub async fn the_books_are_exact_in_the_middle_of_a_stampede(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 100).await;
    let coupon = fixture.coupon(use_kind(7, 1)).await;
    let over = Arc::new(AtomicBool::new(false));
    let mut others = JoinSet::new();
    {
        let (fixture, over, id) = (fixture.clone(), over.clone(), coupon.id);
        others.spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let audit = fixture.store.audit_books(i64::from(u32::MAX)).await;
                assert_eq!(audit.unwrap().violations, []);
                let reading = fixture.store.audit(id).await.unwrap().unwrap();
                assert_eq!(Audit::of(reading).violations, []);
                yield_now().await;
            }
        });
    }
    {
        let (fixture, over, id) = (fixture.clone(), over.clone(), coupon.id);
        others.spawn(async move {
            while !over.load(Ordering::SeqCst) {
                fixture.store.expire_holds(2).await.unwrap();
                fixture.store.fold_seller_credits(1).await.unwrap();
                let patience = SagaPatience::default();
                fixture.store.take_over_sagas(1, patience).await.unwrap();
                for coupon in fixture.store.to_be_withdrawn(1).await.unwrap() {
                    let batch = fixture.store.withdraw(id, coupon.epoch, 1).await;
                    assert!(matches!(batch.unwrap(), Withdrawn { copies: 0..=1, .. }));
                }
                yield_now().await;
            }
        });
    }
    let shopping = at_once(&fixture, |fixture, number| {
        let (coupon, product) = (coupon.clone(), product.clone());
        async move { shop(&fixture, &coupon, &product, number).await }
    });
    assert_eq!(u32::try_from(shopping.await.len()), Ok(TIMES));
    over.store(true, Ordering::SeqCst);
    others.join_all().await;
    let counters = fixture.read(&coupon).await.counters;
    assert!(counters.held + counters.used <= 7);
    fixture.assert_exact(&[&coupon]).await;
}
