//! A transition done to the model: made exact, answered by the rules, and written down.

use domain::ports::{Answered, CouponChanged, Creation, IssuedBatch, KeyScope, RequestDigest};
use domain::{
    Cap, Counters, Coupon, CouponChange, CouponId, CouponKind, CouponName, Discount,
    DiscountPolicy, DiscountPolicyId, DiscountPolicyName, Epoch, Event, EventId, EventName,
    IssueOutcome, IssueRequest, IssueScope, IssuedCouponId, Money, RequestKey, Timestamp,
};

use super::transition::{Ask, NewCoupon, Transition};
use super::{Model, Step, rules};
use crate::given::{consumer, issue_kind, use_kind, window};

/// What belongs to the key with this number.
pub(super) const fn scope_of(key: u8) -> KeyScope {
    KeyScope([key; 32])
}

/// What is asked under the key with this number.
pub(super) const DIGEST: RequestDigest = RequestDigest([7; 32]);

/// The answer that is kept of a creation.
pub(super) fn rendered(id: &[u8; 16], now: Timestamp) -> Vec<u8> {
    [&id[..], &now.as_micros().to_be_bytes()].concat()
}

impl Model {
    pub(super) fn take(&mut self, transition: &Transition) {
        self.last = Some(match transition {
            Transition::CreateEvent {
                name,
                starts_in,
                lasts,
                key,
            } => {
                let starts_at = self.now.plus_micros(*starts_in);
                let event = Event {
                    id: EventId::from_uuid(self.id()),
                    name: EventName::new(format!("event {name}")).unwrap(),
                    window: window(starts_at, starts_at.plus_micros(*lasts)),
                };
                let taken = self.events.iter().any(|other| other.name == event.name);
                let creation = self.create(event.clone(), event.id.as_bytes(), taken, *key);
                self.events.extend(created(&creation));
                Step::CreateEvent(event, *key, creation)
            }
            Transition::CreatePolicy { name, key } => {
                let policy = DiscountPolicy {
                    id: DiscountPolicyId::from_uuid(self.id()),
                    name: DiscountPolicyName::new(format!("policy {name}")).unwrap(),
                    discount: Discount::Fixed {
                        amount: Money::MAXIMUM,
                    },
                    minimum_order_amount: None,
                };
                let taken = self.policies.iter().any(|other| other.name == policy.name);
                let creation = self.create(policy.clone(), policy.id.as_bytes(), taken, *key);
                self.policies.extend(created(&creation));
                Step::CreatePolicy(policy, *key, creation)
            }
            Transition::CreateCoupon(new) => {
                let coupon = self.new_coupon(new);
                let taken = self.coupons.iter().any(|other| other.name == coupon.name);
                let stored = Coupon {
                    epoch: Epoch(self.epoch + 1),
                    ..coupon.clone()
                };
                let creation = self.create(stored, coupon.id.as_bytes(), taken, new.key);
                if let Some(stored) = created(&creation) {
                    self.epoch += 1;
                    self.coupons.push(stored);
                }
                Step::CreateCoupon(coupon, new.key, creation)
            }
            Transition::Change {
                coupon,
                raise,
                other_kind,
                paused,
            } => {
                let at = coupon % self.coupons.len();
                let change = change_of(&self.coupons[at], *raise, *other_kind, *paused);
                self.change(at, change)
            }
            Transition::Issue { coupon, asks } => {
                let lead = self.coupons[coupon % self.coupons.len()].clone();
                self.issue(&lead, asks)
            }
            Transition::Changes { back, limit } => self.changes(*back, *limit),
            Transition::MoveClock(micros) => self.set_clock(self.now.plus_micros(*micros)),
            Transition::MoveClockToEdge(edge, beside) => {
                let edges = self.edges();
                self.set_clock(edges[edge % edges.len()].plus_micros(*beside))
            }
        });
    }

    fn create<T>(
        &mut self,
        row: T,
        id: &[u8; 16],
        name_taken: bool,
        key: Option<u8>,
    ) -> Creation<T> {
        let known = self
            .answered
            .iter()
            .find(|(scope, _)| key.map(scope_of) == Some(*scope));
        if let Some((_, answered)) = known {
            return Creation::Answered(answered.clone());
        }
        if name_taken {
            return Creation::NameTaken;
        }
        if let Some(key) = key {
            let answer = rendered(id, self.now);
            self.answered.push((
                scope_of(key),
                Answered {
                    digest: DIGEST,
                    answer,
                },
            ));
        }
        Creation::Created(row, self.now)
    }

    fn new_coupon(&mut self, new: &NewCoupon) -> Coupon {
        let event = &self.events[new.event % self.events.len()];
        let (event_id, event_window) = (event.id, event.window);
        let ends_at = event_window.ends_at();
        let early = new.expires_early % ends_at.micros_since(event_window.starts_at());
        let cap = new.cap.into();
        Coupon {
            id: CouponId::from_uuid(self.id()),
            name: CouponName::new(format!("coupon {}", new.name)).unwrap(),
            event_id,
            event_window,
            discount_policy_id: self.policies[0].id,
            kind: new
                .limit
                .map_or(issue_kind(cap), |limit| use_kind(cap, limit.into())),
            expires_at: ends_at.plus_micros(-early),
            paused: new.paused,
            epoch: Epoch(0),
            counters: Counters::default(),
        }
    }

    fn change(&mut self, at: usize, change: CouponChange) -> Step {
        let before = self.coupons[at].clone();
        let answer = match rules::changed(&before, &change) {
            Err(refusal) => CouponChanged::Refused(refusal),
            Ok(after) if after == before => CouponChanged::Changed(before.clone(), self.now),
            Ok(after) => {
                self.epoch += 1;
                let after = Coupon {
                    epoch: Epoch(self.epoch),
                    ..after
                };
                self.coupons[at] = after.clone();
                CouponChanged::Changed(after, self.now)
            }
        };
        Step::Change(before.id, change, answer)
    }

    fn issue(&mut self, lead: &Coupon, asks: &[Ask]) -> Step {
        let scope = rules::scope_of(lead);
        let requests: Vec<_> = asks.iter().map(|ask| self.request(lead, ask)).collect();
        let outcomes = requests
            .iter()
            .map(|request| self.decide(scope, request))
            .collect();
        let mut coupons: Vec<_> = self
            .coupons
            .iter()
            .filter(|coupon| rules::scope_of(coupon) == scope)
            .filter(|coupon| requests.iter().any(|asked| asked.coupon_id == coupon.id))
            .cloned()
            .collect();
        coupons.sort_by_key(|coupon| coupon.id);
        Step::Issue(scope, requests, IssuedBatch { outcomes, coupons })
    }

    fn request(&mut self, lead: &Coupon, ask: &Ask) -> IssueRequest {
        let (coupon_id, name, key) = match ask {
            Ask::Again(at) if !self.asked.is_empty() => {
                return self.asked[at % self.asked.len()].clone();
            }
            Ask::New {
                coupon: Some(at),
                consumer,
                key,
            } => (self.coupons[at % self.coupons.len()].id, *consumer, *key),
            Ask::New {
                coupon: None,
                consumer,
                key,
            } => (lead.id, *consumer, *key),
            Ask::Again(_) | Ask::Unknown => (CouponId::from_uuid(self.id()), 0, None),
        };
        let request = IssueRequest {
            issued_coupon_id: IssuedCouponId::from_uuid(self.id()),
            coupon_id,
            consumer_id: consumer(format!("consumer-{name}")),
            request_key: key.map(|key| RequestKey([key; 16])),
        };
        self.asked.push(request.clone());
        request
    }

    fn decide(&mut self, scope: IssueScope, request: &IssueRequest) -> IssueOutcome {
        let outcome = self.answer_to(scope, request);
        if let IssueOutcome::Issued(copy) = &outcome
            && !self.copies.contains(copy)
        {
            self.copies.push(copy.clone());
            let given = self
                .coupons
                .iter_mut()
                .find(|coupon| coupon.id == copy.coupon_id);
            given.unwrap().counters.issued += 1;
        }
        outcome
    }

    fn changes(&self, back: Option<u64>, limit: u32) -> Step {
        let Some(since) = back.map(|back| self.epoch.saturating_sub(back)) else {
            return Step::Changes(None, limit, self.epoch, Vec::new());
        };
        let mut coupons = self.coupons.clone();
        coupons.retain(|coupon| coupon.epoch > Epoch(since));
        coupons.sort_by_key(|coupon| coupon.epoch);
        coupons.truncate(limit.try_into().unwrap());
        let epoch = coupons.last().map_or(since, |coupon| coupon.epoch.0);
        Step::Changes(Some(since), limit, epoch, coupons)
    }

    const fn set_clock(&mut self, now: Timestamp) -> Step {
        self.now = now;
        Step::SetClock(now)
    }

    /// Every instant at which anything starts or ends.
    fn edges(&self) -> Vec<Timestamp> {
        let windows = self.events.iter().map(|event| event.window);
        let windows = windows.flat_map(|window| [window.starts_at(), window.ends_at()]);
        windows
            .chain(self.coupons.iter().map(|coupon| coupon.expires_at))
            .collect()
    }
}

fn created<T: Clone>(creation: &Creation<T>) -> Option<T> {
    match creation {
        Creation::Created(created, _) => Some(created.clone()),
        Creation::Answered(_) | Creation::NameTaken => None,
    }
}

fn change_of(
    coupon: &Coupon,
    raise: Option<i64>,
    other_kind: bool,
    paused: Option<bool>,
) -> CouponChange {
    let (cap, is_issue) = match coupon.kind {
        CouponKind::Issue { maximum_issued, .. } => (maximum_issued, true),
        CouponKind::Use { maximum_usage, .. } => (maximum_usage, false),
    };
    // A cap is never below 1.
    let raised = raise.map(|by| Cap::new((i64::from(cap.get()) + by).max(1)).unwrap());
    let (maximum_issued, maximum_usage) = if is_issue == other_kind {
        (None, raised)
    } else {
        (raised, None)
    };
    CouponChange {
        maximum_issued,
        maximum_usage,
        paused,
    }
}
