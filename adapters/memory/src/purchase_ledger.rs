//! The port of the ledger of purchases: load the rows, ask the domain, write what it says.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, Placed, PurchaseLedger, StoreError};
use domain::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRequest,
    Saga, SagaId, SagaPatience, SagaPhase, SagaTrace, Writes,
};

use crate::MemoryStore;
use crate::answered_requests::render;

impl MemoryStore {
    fn decide_purchase(&self, request: &PurchaseRequest) -> Result<Placed, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(order) = tables.orders.of_key(request.key) {
            if order.request_digest != request.digest {
                return Ok(Placed::KeyReused);
            }
            let saga = tables.sagas.get(order.saga_id);
            let saga = saga.ok_or_else(|| StoreError::corrupt("an order without its saga"))?;
            return Ok(Placed::Before(order.clone(), saga.clone()));
        }
        let reading = tables.purchase_reading(request, now)?;
        let placement = match request.place(reading, now) {
            Ok(placement) => placement,
            Err(refusal) => return Ok(Placed::Refused(refusal)),
        };
        tables.check(&placement.writes)?;
        tables.write(placement.writes);
        Ok(Placed::Now(placement.order, placement.saga))
    }

    fn decide_change(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(answered) = tables.answered_before(key.as_ref()) {
            return Ok(Keyed::Answered(answered));
        }
        let Some(order) = tables.orders.get(id).cloned() else {
            return Ok(Keyed::Refused(OrderRefusal::NotFound));
        };
        let reading = tables.order_reading(order.clone())?;
        let writes = match reading.decide(command.clone(), now) {
            Ok(writes) => writes,
            Err(refusal) => return Ok(Keyed::Refused(refusal)),
        };
        let order = writes.order.clone().unwrap_or(order);
        let key = key.filter(|_| command.is_answered_by(&order));
        let rendered = render(key, &order, now);
        tables.check(&writes)?;
        tables.write(writes);
        tables.keep(rendered);
        Ok(Keyed::Done(order, now))
    }

    fn take_over(&self, limit: u32, patience: &SagaPatience) -> Vec<Saga> {
        let (mut tables, now) = self.lock();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let due = tables.sagas.due(now).into_iter().take(limit);
        let taken: Vec<_> = due.map(|saga| saga.taken_over(now, patience)).collect();
        for (saga, trace) in taken.clone() {
            tables.write(Writes {
                saga: Some(saga),
                trace: vec![trace],
                ..Writes::default()
            });
        }
        taken.into_iter().map(|(saga, _)| saga).collect()
    }
}

#[async_trait]
impl PurchaseLedger for MemoryStore {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        self.decide_purchase(&request)
    }

    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        self.decide_change(id, command, key)
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.lock().0.orders.get(id).cloned())
    }

    async fn orders(
        &self,
        consumer: Option<ConsumerId>,
        page: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        let (tables, _) = self.lock();
        Ok(match consumer {
            Some(consumer) => tables.orders.page_of_consumer(&consumer, page),
            None => tables.orders.page(page),
        })
    }

    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError> {
        Ok(self.take_over(limit, &patience))
    }

    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        let (tables, _) = self.lock();
        let saga = tables.sagas.get(id).cloned();
        Ok(saga.map(|saga| (saga, tables.sagas.trace(id).to_vec())))
    }

    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError> {
        Ok(self.lock().0.sagas.page(phase, page))
    }

    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError> {
        let (tables, now) = self.lock();
        Ok(tables.audit_books(grace, now))
    }
}
