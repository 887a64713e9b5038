//! The port of the ledger of holds.

use async_trait::async_trait;
use domain::ports::{HoldLedger, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, StoreError};
use domain::{
    CallerId, Hold, HoldId, HoldName, HoldRequest, SettleRefusal, Settlement, Timestamp, Writes,
    expire,
};

use crate::MemoryStore;
use crate::answered_requests::render;

impl MemoryStore {
    fn open(
        &self,
        request: &HoldRequest,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(answered) = tables.answered_before(key.as_ref()) {
            return Ok(Keyed::Answered(answered));
        }
        let known = tables.holds.of_caller(&request.caller_id, &request.name);
        let (opened, writes) = match known {
            Some(hold) if request.is_for(hold) => {
                (OpenedHold::Before(hold.clone()), Writes::default())
            }
            Some(_) => return Ok(Keyed::Refused(OpenHoldRefusal::NameReused)),
            None => {
                let reading = tables.use_reading(request.issued_coupon_id, now)?;
                match request.open(reading, now) {
                    Ok((hold, writes)) => (OpenedHold::Now(hold), writes),
                    Err(refusal) => return Ok(Keyed::Refused(refusal.into())),
                }
            }
        };
        let rendered = render(key, &opened, now);
        tables.check(&writes)?;
        tables.write(writes);
        tables.keep(rendered);
        Ok(Keyed::Done(opened, now))
    }

    fn settle(
        &self,
        (caller, name): (&CallerId, &HoldName),
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Keyed<Hold, SettleRefusal>, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(answered) = tables.answered_before(key.as_ref()) {
            return Ok(Keyed::Answered(answered));
        }
        let Some(hold) = tables.holds.of_caller(caller, name) else {
            return Ok(Keyed::Refused(SettleRefusal::NotFound));
        };
        let (hold, writes) = match settlement.settle(tables.using(hold)?, now) {
            Ok(settled) => settled,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        let rendered = render(key, &hold, now);
        tables.check(&writes)?;
        tables.write(writes);
        tables.keep(rendered);
        Ok(Keyed::Done(hold, now))
    }

    fn expire_lapsed(&self, limit: u32) -> Result<u32, StoreError> {
        let (mut tables, now) = self.lock();
        let limit_of_ids = usize::try_from(limit).unwrap_or(usize::MAX);
        let lapsed = tables.holds.lapsed(now).take(limit_of_ids);
        let lapsed: Vec<HoldId> = lapsed.map(|hold| hold.id).collect();
        let mut expired = 0;
        // One by one: several may be of one coupon, whose counters each of them changes.
        for id in lapsed {
            let hold = tables.holds.get(id).cloned();
            let coupon = hold
                .as_ref()
                .and_then(|hold| tables.coupons.get(hold.coupon_id));
            let pair = hold.clone().zip(coupon.cloned());
            if let Some(writes) = pair.and_then(|(hold, coupon)| expire(hold, coupon, now)) {
                tables.write(writes);
                expired += 1;
            }
        }
        Ok(expired)
    }
}

#[async_trait]
impl HoldLedger for MemoryStore {
    async fn open_hold(
        &self,
        request: HoldRequest,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError> {
        self.open(&request, key)
    }

    async fn settle_hold(
        &self,
        caller: CallerId,
        name: HoldName,
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Keyed<Hold, SettleRefusal>, StoreError> {
        self.settle((&caller, &name), settlement, key)
    }

    async fn hold(
        &self,
        caller: CallerId,
        name: HoldName,
    ) -> Result<Option<(Hold, Timestamp)>, StoreError> {
        let (tables, now) = self.lock();
        let hold = tables.holds.of_caller(&caller, &name).cloned();
        Ok(hold.map(|hold| (hold, now)))
    }

    async fn expire_holds(&self, limit: u32) -> Result<u32, StoreError> {
        self.expire_lapsed(limit)
    }
}
