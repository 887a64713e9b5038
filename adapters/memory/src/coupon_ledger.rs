//! The port of the ledger of coupons.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::ports::{Changes, CouponLedger, IssuedBatch, StoreError, Withdrawn};
use domain::{
    Amount, AmountOverflow, AuditReading, ConsumerId, Coupon, CouponId, CouponKind, CouponReport,
    Epoch, EventId, HoldState, IssueRequest, IssueScope, IssuedCoupon, IssuedCouponId,
    IssuedCouponState, Issuing, Page, RowCounts,
};

use crate::MemoryStore;
use crate::copies::ALL;
use crate::store::Tables;

impl MemoryStore {
    fn decide(
        &self,
        scope: IssueScope,
        requests: &[IssueRequest],
    ) -> Result<IssuedBatch, StoreError> {
        let (mut tables, now) = self.lock();
        let coupons: HashSet<_> = requests.iter().map(|request| request.coupon_id).collect();
        let consumers: HashSet<_> = requests
            .iter()
            .map(|request| &request.consumer_id)
            .collect();
        let mut issuing = Issuing::new(
            scope,
            now,
            coupons
                .into_iter()
                .filter_map(|id| tables.coupons.get(id))
                .cloned(),
            consumers
                .into_iter()
                .flat_map(|consumer| tables.copies.of_consumer(consumer, ALL))
                .filter(|copy| tables.counts_in(copy, scope))
                .cloned(),
        );
        let outcomes = requests
            .iter()
            .map(|request| issuing.decide(request))
            .collect();
        let (issued, coupons) = issuing.finish();
        tables.copies.insert(issued)?;
        for coupon in &coupons {
            tables.coupons.put(coupon.clone());
        }
        Ok(IssuedBatch { outcomes, coupons })
    }

    fn withdraw_unused(&self, id: CouponId, epoch: Epoch, limit: u32) -> Withdrawn {
        let (mut tables, _) = self.lock();
        let coupon = tables.coupons.get(id).cloned();
        let Some(mut coupon) = coupon.filter(|coupon| coupon.is_to_be_withdrawn(epoch)) else {
            return Withdrawn {
                copies: 0,
                more: false,
            };
        };
        let unused: Vec<_> = tables
            .copies
            .of_coupon(id, ALL)
            .filter(|copy| copy.state == IssuedCouponState::Active && copy.used == 0)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        let mut copies = 0;
        for copy in unused {
            let state = IssuedCouponState::Withdrawn;
            tables.copies.put(IssuedCoupon { state, ..copy });
            copies += 1;
        }
        let withdrawn = &mut coupon.counters.withdrawn;
        *withdrawn = withdrawn.saturating_add(copies.into());
        let more = coupon.unused_copies() > 0;
        tables.coupons.put(coupon);
        Withdrawn { copies, more }
    }
}

impl Tables {
    fn counts_in(&self, copy: &IssuedCoupon, scope: IssueScope) -> bool {
        let coupon = self.coupons.get(copy.coupon_id);
        coupon.is_some_and(|coupon| IssueScope::of(coupon) == scope)
    }

    /// Counted one by one, never from a counter.
    fn count(&self, coupon: &Coupon) -> RowCounts {
        let mut rows = RowCounts::default();
        for copy in self.copies.of_coupon(coupon.id, ALL) {
            rows.issued += 1;
            match copy.state {
                IssuedCouponState::Active => rows.active += 1,
                IssuedCouponState::Withdrawn => rows.withdrawn += 1,
            }
        }
        for hold in self.holds.of_coupon(coupon.id) {
            match hold.state {
                HoldState::Open => rows.held += 1,
                HoldState::Confirmed => rows.used += 1,
                HoldState::Cancelled | HoldState::Expired | HoldState::Returned => {}
            }
        }
        rows.consumers_above_limit = self.consumers_above_limit(coupon);
        rows
    }

    fn consumers_above_limit(&self, coupon: &Coupon) -> u64 {
        let scope = IssueScope::of(coupon);
        let limit = match coupon.kind {
            CouponKind::Issue { .. } => 1,
            CouponKind::Use {
                per_consumer_limit, ..
            } => per_consumer_limit.get(),
        };
        let mut active: HashMap<&ConsumerId, u32> = HashMap::new();
        self.coupons
            .rows()
            .filter(|other| IssueScope::of(other) == scope)
            .flat_map(|other| self.copies.of_coupon(other.id, ALL))
            .filter(|copy| copy.state == IssuedCouponState::Active)
            .for_each(|copy| *active.entry(&copy.consumer_id).or_default() += 1);
        active
            .values()
            .filter(|copies| **copies > limit)
            .map(|_| 1)
            .sum()
    }

    /// What the coupon's final uses have brought.
    fn report(&self, coupon: &Coupon) -> Result<CouponReport, AmountOverflow> {
        let (mut discount_given, mut revenue) = (Amount::ZERO, Amount::ZERO);
        let holds = self.holds.of_coupon(coupon.id);
        for hold in holds.filter(|hold| hold.state == HoldState::Confirmed) {
            discount_given = discount_given.plus(hold.discount)?;
            revenue = revenue.plus(hold.order_amount.without(hold.discount))?;
        }
        Ok(CouponReport {
            coupon: coupon.clone(),
            discount_given,
            revenue,
        })
    }

    fn changed_since(&self, since: Epoch, limit: u32) -> Vec<Coupon> {
        let mut changed: Vec<_> = self
            .coupons
            .rows()
            .filter(|coupon| coupon.epoch > since)
            .cloned()
            .collect();
        changed.sort_by_key(|coupon| coupon.epoch);
        changed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        changed
    }
}

#[async_trait]
impl CouponLedger for MemoryStore {
    async fn issue(
        &self,
        scope: IssueScope,
        requests: Vec<IssueRequest>,
    ) -> Result<IssuedBatch, StoreError> {
        self.decide(scope, &requests)
    }

    async fn issued_coupon(&self, id: IssuedCouponId) -> Result<Option<IssuedCoupon>, StoreError> {
        Ok(self.lock().0.copies.get(id).cloned())
    }

    async fn issued_coupons(
        &self,
        consumer: ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let (tables, _) = self.lock();
        Ok(tables
            .copies
            .of_consumer(&consumer, page)
            .cloned()
            .collect())
    }

    async fn copies_among(
        &self,
        scope: IssueScope,
        consumers: Vec<ConsumerId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let (tables, _) = self.lock();
        let consumers: HashSet<_> = consumers.iter().collect();
        let copies = consumers
            .into_iter()
            .flat_map(|consumer| tables.copies.of_consumer(consumer, ALL));
        Ok(copies
            .filter(|copy| tables.counts_in(copy, scope))
            .cloned()
            .collect())
    }

    async fn holders(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError> {
        let (tables, _) = self.lock();
        let copies = tables.copies.of_coupon(coupon, page);
        Ok(copies
            .map(|copy| (copy.id, copy.consumer_id.clone()))
            .collect())
    }

    async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError> {
        let (tables, now) = self.lock();
        let coupons = since.map_or_else(Vec::new, |since| tables.changed_since(since, limit));
        // Not simply the newest: where the limit has cut some off, the next question is about those.
        let last = coupons.last().map(|coupon| coupon.epoch);
        let epoch = last.or(since).unwrap_or(tables.newest_epoch());
        Ok(Changes {
            now,
            epoch,
            coupons,
        })
    }

    async fn to_be_withdrawn(&self, limit: u32) -> Result<Vec<Coupon>, StoreError> {
        let page = Page { after: None, limit };
        let wanted =
            |coupon: &Coupon| coupon.is_to_be_withdrawn(coupon.epoch) && coupon.unused_copies() > 0;
        Ok(self.lock().0.coupons.page(page, wanted))
    }

    async fn withdraw(
        &self,
        coupon: CouponId,
        epoch: Epoch,
        limit: u32,
    ) -> Result<Withdrawn, StoreError> {
        Ok(self.withdraw_unused(coupon, epoch, limit))
    }

    async fn event_report(&self, event: EventId) -> Result<Option<Vec<CouponReport>>, StoreError> {
        let (tables, _) = self.lock();
        if tables.events.get(event).is_none() {
            return Ok(None);
        }
        let coupons = tables
            .coupons
            .rows()
            .filter(|coupon| coupon.event_id == event);
        let report: Result<_, _> = coupons.map(|coupon| tables.report(coupon)).collect();
        report.map(Some).map_err(StoreError::corrupt)
    }

    async fn audit(&self, coupon: CouponId) -> Result<Option<AuditReading>, StoreError> {
        let (tables, _) = self.lock();
        let coupon = tables.coupons.get(coupon).cloned();
        Ok(coupon.map(|coupon| AuditReading {
            rows: tables.count(&coupon),
            coupon,
        }))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
