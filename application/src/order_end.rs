//! An order's end, waited for until a moment. Must never fail: whoever waits knows the order already,
//! and is answered with it as it was when nothing newer is known in time.

use std::time::Duration;

use domain::{Order, OrderStatus, ports::PurchaseLedger};
use tokio::time::{Instant, sleep, timeout_at};

use crate::saga_worker::Work;

/// How often an order that somebody else works on is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// See the module's header.
pub(crate) struct OrderEnd<'a> {
    pub(crate) purchases: &'a dyn PurchaseLedger,
    pub(crate) until: Instant,
}

impl OrderEnd<'_> {
    /// The order when `work` has decided about it, or when the time is over.
    pub(crate) async fn of_work(&self, order: Order, work: Work) -> Order {
        match timeout_at(self.until, work.decided).await {
            Ok(Ok(decided)) => decided,
            Ok(Err(_left_to_others)) => {
                let status = order.status;
                self.of_others(order, status).await
            }
            Err(_over) => order,
        }
    }

    /// The order when it has left `status`, or when the time is over.
    pub(crate) async fn of_others(&self, order: Order, status: OrderStatus) -> Order {
        if order.status != status {
            return order;
        }
        let id = order.id;
        let leaving = async {
            loop {
                sleep(LOOK).await;
                let now = self.purchases.order(id).await;
                if let Ok(Some(now)) = now
                    && now.status != status
                {
                    return now;
                }
            }
        };
        timeout_at(self.until, leaving).await.unwrap_or(order)
    }
}
