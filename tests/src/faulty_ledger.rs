//! A ledger that fails on demand, around one that doesn't: refuses, loses answers, hangs, panics.
//!
//! It decides only whether and when the ledger behind it is asked and whether its answer arrives;
//! what is asked and answered it never changes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Changes, CouponLedger, IssuedBatch, StoreError, Withdrawn};
use domain::{
    AuditReading, ConsumerId, Coupon, CouponId, CouponReport, Epoch, EventId, IssueRequest,
    IssueScope, IssuedCoupon, IssuedCouponId, Page,
};
use parking_lot::Mutex;

use crate::Gate;

/// A method of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`CouponLedger::issue`]
    Issue,
    /// [`CouponLedger::issued_coupon`]
    IssuedCoupon,
    /// [`CouponLedger::issued_coupons`]
    IssuedCoupons,
    /// [`CouponLedger::holders`]
    Holders,
    /// [`CouponLedger::copies_among`].
    Copies,
    /// [`CouponLedger::changes`]
    Changes,
    /// [`CouponLedger::to_be_withdrawn`]
    ToBeWithdrawn,
    /// [`CouponLedger::withdraw`]
    Withdraw,
    /// [`CouponLedger::event_report`]
    EventReport,
    /// [`CouponLedger::audit`]
    Audit,
    /// [`CouponLedger::ready`]
    Ready,
}

/// What befalls a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This error; the ledger never hears of the call.
    Before(StoreError),
    /// The ledger does what is asked, then its answer is lost and this error comes instead.
    After(StoreError),
    /// The call panics; the ledger never hears of it.
    Panic,
    /// The call waits here, then the ledger hears of it.
    WaitBefore(Arc<Gate>),
    /// The ledger does what is asked, then its answer waits here.
    WaitAfter(Arc<Gate>),
}

#[derive(Default)]
struct Plan {
    calls: usize,
    next: VecDeque<Fault>,
    always: Option<Fault>,
}

/// See the module's documentation. Without faults it is the ledger behind it.
pub struct FaultyLedger {
    ledger: Arc<dyn CouponLedger>,
    plans: Mutex<HashMap<Call, Plan>>,
}

impl FaultyLedger {
    /// Around `ledger`, without faults.
    pub fn new(ledger: Arc<dyn CouponLedger>) -> Self {
        let plans = Mutex::default();
        Self { ledger, plans }
    }

    /// Befalls the next call of this method that nothing befalls yet.
    pub fn next(&self, call: Call, fault: Fault) {
        self.plans
            .lock()
            .entry(call)
            .or_default()
            .next
            .push_back(fault);
    }

    /// Befalls every call of this method after those that [`next`](Self::next) is about.
    pub fn always(&self, call: Call, fault: Fault) {
        self.plans.lock().entry(call).or_default().always = Some(fault);
    }

    /// Nothing befalls any further call. Calls that wait at a gate go on waiting.
    pub fn heal(&self) {
        for plan in self.plans.lock().values_mut() {
            plan.next.clear();
            plan.always = None;
        }
    }

    /// How often this method has been called, whatever befell the calls.
    pub fn calls(&self, call: Call) -> usize {
        self.plans.lock().get(&call).map_or(0, |plan| plan.calls)
    }

    async fn through<T>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.fault(call) {
            None => answer.await,
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::Panic) => panic!("as demanded"),
            Some(Fault::After(error)) => {
                answer.await?;
                Err(error)
            }
            Some(Fault::WaitBefore(gate)) => {
                gate.pass().await;
                answer.await
            }
            Some(Fault::WaitAfter(gate)) => {
                let answer = answer.await;
                gate.pass().await;
                answer
            }
        }
    }

    fn fault(&self, call: Call) -> Option<Fault> {
        let mut plans = self.plans.lock();
        let plan = plans.entry(call).or_default();
        plan.calls += 1;
        plan.next.pop_front().or_else(|| plan.always.clone())
    }
}

#[async_trait]
impl CouponLedger for FaultyLedger {
    async fn issue(
        &self,
        scope: IssueScope,
        requests: Vec<IssueRequest>,
    ) -> Result<IssuedBatch, StoreError> {
        self.through(Call::Issue, self.ledger.issue(scope, requests))
            .await
    }

    async fn issued_coupon(&self, id: IssuedCouponId) -> Result<Option<IssuedCoupon>, StoreError> {
        self.through(Call::IssuedCoupon, self.ledger.issued_coupon(id))
            .await
    }

    async fn issued_coupons(
        &self,
        consumer: ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let answer = self.ledger.issued_coupons(consumer, page);
        self.through(Call::IssuedCoupons, answer).await
    }

    async fn copies_among(
        &self,
        scope: IssueScope,
        consumers: Vec<ConsumerId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let copies = self.ledger.copies_among(scope, consumers);
        self.through(Call::Copies, copies).await
    }

    async fn holders(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError> {
        self.through(Call::Holders, self.ledger.holders(coupon, page))
            .await
    }

    async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError> {
        self.through(Call::Changes, self.ledger.changes(since, limit))
            .await
    }

    async fn to_be_withdrawn(&self, limit: u32) -> Result<Vec<Coupon>, StoreError> {
        self.through(Call::ToBeWithdrawn, self.ledger.to_be_withdrawn(limit))
            .await
    }

    async fn withdraw(
        &self,
        coupon: CouponId,
        epoch: Epoch,
        limit: u32,
    ) -> Result<Withdrawn, StoreError> {
        let answer = self.ledger.withdraw(coupon, epoch, limit);
        self.through(Call::Withdraw, answer).await
    }

    async fn event_report(&self, event: EventId) -> Result<Option<Vec<CouponReport>>, StoreError> {
        self.through(Call::EventReport, self.ledger.event_report(event))
            .await
    }

    async fn audit(&self, coupon: CouponId) -> Result<Option<AuditReading>, StoreError> {
        self.through(Call::Audit, self.ledger.audit(coupon)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.through(Call::Ready, self.ledger.ready()).await
    }
}
