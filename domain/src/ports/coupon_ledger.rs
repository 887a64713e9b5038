//! The ledger of coupons, the only one that says yes.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    AuditReading, ConsumerId, Coupon, CouponId, CouponReport, Epoch, EventId, IssueOutcome,
    IssueRequest, IssueScope, IssuedCoupon, IssuedCouponId, Page, Timestamp,
};

/// The answers to one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedBatch {
    /// One outcome per request, in order.
    pub outcomes: Vec<IssueOutcome>,
    /// Every coupon of the scope that was asked for and exists, as it is after the batch; in any
    /// order.
    pub coupons: Vec<Coupon>,
}

/// Which coupons' final answers have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The ledger's time.
    pub now: Timestamp,
    /// Ask for what comes after this one next time.
    pub epoch: Epoch,
    /// Coupons whose epoch is above the one asked about, in the order of their epochs, up to the
    /// limit.
    pub coupons: Vec<Coupon>,
}

/// What came of one batch of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// How many copies were withdrawn.
    pub copies: u32,
    /// The coupon is still exhausted at the same epoch, and has unused copies left.
    pub more: bool,
}

/// Issues, and tells what was issued.
///
/// # Errors
/// Every method answers any [`StoreError`]. From [`issue`](Self::issue), `Unknown` means that some
/// or all of the batch may be stored: whoever tries the *same* requests again, with the same copy
/// ids, gets the true answers.
#[async_trait]
pub trait CouponLedger: Send + Sync {
    /// Decides a batch of one scope by [`Issuing`](crate::Issuing), in order, and stores the winners.
    ///
    /// *Must* hold the scope's lock from before it reads until the commit, read its time after it
    /// has the lock, and return only when the winners are durable. *Must* finish what it has begun
    /// when the caller goes away. An empty batch is answered with nothing.
    async fn issue(
        &self,
        scope: IssueScope,
        requests: Vec<IssueRequest>,
    ) -> Result<IssuedBatch, StoreError>;

    /// The copy with this id.
    async fn issued_coupon(&self, id: IssuedCouponId) -> Result<Option<IssuedCoupon>, StoreError>;

    /// A consumer's copies in the order of their ids.
    async fn issued_coupons(
        &self,
        consumer: ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError>;

    /// Which of these consumers have copies in the scope, and which: the copies of all of them, in any
    /// order.
    async fn copies_among(
        &self,
        scope: IssueScope,
        consumers: Vec<ConsumerId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError>;

    /// Who has a copy of this coupon, in the order of the copies' ids; one entry per copy.
    async fn holders(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError>;

    /// The coupons whose epoch has risen above `since`, at most `limit` of them; with `None` no
    /// coupons, only the newest epoch. *Must* be cheap: every node asks twice a second.
    async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError>;

    /// USE_COUPONs that are exhausted and have unused copies left, in the order of their ids.
    async fn to_be_withdrawn(&self, limit: u32) -> Result<Vec<Coupon>, StoreError>;

    /// Withdraws up to `limit` unused ACTIVE copies of a coupon, and counts them. *Must* hold the
    /// coupon's lock, ask [`Coupon::is_to_be_withdrawn`] under it, and withdraw nothing when it says
    /// no: a cap that was raised stops a withdrawal, and what was withdrawn stays so.
    async fn withdraw(
        &self,
        coupon: CouponId,
        epoch: Epoch,
        limit: u32,
    ) -> Result<Withdrawn, StoreError>;

    /// What the event's coupons have brought, in the order of their ids; none for an unknown event.
    async fn event_report(&self, event: EventId) -> Result<Option<Vec<CouponReport>>, StoreError>;

    /// A coupon and its rows, in one consistent snapshot.
    async fn audit(&self, coupon: CouponId) -> Result<Option<AuditReading>, StoreError>;

    /// Is the store reachable, and its schema the right one?
    async fn ready(&self) -> Result<(), StoreError>;
}
