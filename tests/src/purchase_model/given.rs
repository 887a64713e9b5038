//! What the model begins with, and how a store is given the same.

use domain::{
    Cap, ConsumerId, Counters, Coupon, CouponId, CouponKind, CouponName, Discount, DiscountPolicy,
    DiscountPolicyId, DiscountPolicyName, DiscountRate, Epoch, Event, EventId, EventName,
    IssueRequest, IssueScope, IssuedCouponId, Money, Product, ProductId, ProductName, SellerId,
    Stock,
};

use super::{Off, Offer, PurchaseModel, Purse, Shelf, Slip};
use crate::Fixture;
use crate::given::{END, START, consumer, created, issued, use_kind, window};

/// How many consumers there are.
pub(super) const CONSUMERS: usize = 3;

/// The n-th consumer.
pub(super) fn consumer_of(number: usize) -> ConsumerId {
    consumer(format!("consumer-{number}"))
}

/// The n-th seller.
pub(super) fn seller_of(number: usize) -> SellerId {
    SellerId::new(format!("seller-{number}")).unwrap()
}

impl Default for PurchaseModel {
    /// Sellers with goods, one of which is free; coupons of each kind, of which each consumer has a
    /// copy, and the first one another of the USE_COUPON. Nobody has money.
    fn default() -> Self {
        let mut model = Self {
            now: START,
            purses: vec![Purse::default(); CONSUMERS],
            sellers: vec![0; 2],
            shelves: Vec::new(),
            offers: Vec::new(),
            slips: Vec::new(),
            uses: Vec::new(),
            bought: Vec::new(),
            sagas: Vec::new(),
            answered: Vec::new(),
            adjusted: Vec::new(),
            asked: Vec::new(),
            ids: 0,
            last: None,
        };
        for (seller, price, stock) in [(0, 699, 3), (0, 1_501, 60), (1, 0, 5)] {
            let id = ProductId::from_uuid(model.id());
            model.shelves.push(Shelf {
                id,
                seller,
                price,
                stock,
            });
        }
        let early = START.plus_micros(END.micros_since(START) / 2);
        for (off, least, cap, is_single_use, ends) in [
            (Off::Fixed(500), 1_000, None, true, END),
            (Off::Rate(30, 450), 0, None, false, early),
            (Off::Rate(15, 10_000), 0, Some(2), true, END),
        ] {
            let id = CouponId::from_uuid(model.id());
            model.offers.push(Offer {
                id,
                off,
                least,
                cap,
                is_single_use,
                is_paused: false,
                ends,
            });
        }
        let copies = (0..3).flat_map(|offer| (0..CONSUMERS).map(move |who| (offer, who)));
        for (offer, consumer) in copies.chain([(2, 0)]) {
            let id = IssuedCouponId::from_uuid(model.id());
            model.slips.push(Slip {
                id,
                offer,
                consumer,
                is_withdrawn: false,
            });
        }
        model
    }
}

impl PurchaseModel {
    /// Gives the store what the model begins with.
    pub(super) async fn give(&self, fixture: &Fixture) {
        let store = &fixture.store;
        for shelf in &self.shelves {
            let product = Product {
                id: shelf.id,
                seller_id: seller_of(shelf.seller),
                name: ProductName::new(format!("for {}", shelf.price)).unwrap(),
                description: None,
                price: Money::new(shelf.price).unwrap(),
                stock: Stock::new(shelf.stock).unwrap(),
                created_at: self.now,
            };
            created(store.create_product(product, None).await.unwrap());
        }
        for (number, offer) in self.offers.iter().enumerate() {
            let coupon = created_of(fixture, offer, number).await;
            let of_it = |slip: &&Slip| slip.offer == number;
            for slip in self.slips.iter().filter(of_it) {
                let request = IssueRequest {
                    issued_coupon_id: slip.id,
                    coupon_id: offer.id,
                    consumer_id: consumer_of(slip.consumer),
                    request_key: None,
                };
                let batch = store.issue(IssueScope::of(&coupon), vec![request]).await;
                issued(&batch.unwrap().outcomes[0]);
            }
        }
    }
}

/// The coupon, stored, with an event and a policy of its own.
async fn created_of(fixture: &Fixture, offer: &Offer, number: usize) -> Coupon {
    let money = |amount| Money::new(amount).unwrap();
    let policy = DiscountPolicy {
        id: DiscountPolicyId::from_uuid(fixture.id()),
        name: DiscountPolicyName::new(format!("policy {number}")).unwrap(),
        discount: match offer.off {
            Off::Fixed(amount) => Discount::Fixed {
                amount: money(amount),
            },
            Off::Rate(rate, most) => Discount::Rate {
                rate: DiscountRate::new(rate).unwrap(),
                maximum: Some(money(most)),
            },
        },
        minimum_order_amount: (offer.least > 0).then(|| money(offer.least)),
    };
    let event = Event {
        id: EventId::from_uuid(fixture.id()),
        name: EventName::new(format!("event {number}")).unwrap(),
        window: window(START, END),
    };
    let store = &fixture.store;
    created(store.create_event(event.clone(), None).await.unwrap());
    let policy = created(store.create_discount_policy(policy, None).await.unwrap());
    let coupon = Coupon {
        id: offer.id,
        name: CouponName::new(format!("coupon {number}")).unwrap(),
        event_id: event.id,
        event_window: event.window,
        discount_policy_id: policy.id,
        kind: match offer.cap {
            Some(cap) => use_kind(cap, 2),
            None => CouponKind::Issue {
                maximum_issued: Cap::new(100).unwrap(),
                redundant_usable: !offer.is_single_use,
            },
        },
        expires_at: offer.ends,
        paused: false,
        epoch: Epoch(0),
        counters: Counters::default(),
    };
    created(store.create_coupon(coupon, None).await.unwrap())
}
