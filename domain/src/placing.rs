//! Placing an order: the decision about one purchase, taken under the ledger's locks.
//!
//! The first of these that holds is the answer:
//!
//! | | answer |
//! |---|---|
//! | the key is known (looked at by the store) | the order, or `Reused` |
//! | a product is unknown | `ProductNotFound` |
//! | the items add up to more than there is room for | `TooLarge` |
//! | the copy is unknown or another's | `IssuedCouponNotFound` |
//! | the copy can't be used, see [`UseRefusal`] | as it says, but for the last two |
//! | more points than there is to pay | `ExcessivePointUse` |
//! | the copy or the coupon is held | `CopyHeld`, `CouponHeld` |
//! | a product's stock is too low | `NotEnoughProductStock` |
//! | too few points, too little balance | `NotEnoughPoint`, `NotEnoughBalance` |
//! | otherwise | placed |
//!
//! An order that needs no provider is complete at once: hold, stock, points, money, order and saga are
//! one transaction. Else everything but the money is reserved, and the saga goes on at AUTHORISE.

use std::collections::HashMap;

use crate::{
    Amount, AmountOverflow, ConsumerId, DeliveryStatus, Hold, HoldId, HoldOwner, HoldState,
    IssuedCouponId, MoneyEntry, MoneyKind, Order, OrderId, OrderItem, OrderStatus, Payment,
    Product, ProductId, Quantity, Saga, SagaId, SagaKind, SagaPatience, SagaStep, StockEntry,
    StockKind, Timestamp, UseReading, UseRefusal, Wallet, Writes,
    ports::{KeyScope, RequestDigest},
};

/// A consumer orders. Ids are made before the first try: after an unknown commit the same request,
/// with the same key, finds its own order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseRequest {
    /// The id that the order will have.
    pub order_id: OrderId,
    /// The id that its saga will have.
    pub saga_id: SagaId,
    /// The id that its hold will have, if it has one.
    pub hold_id: HoldId,
    /// Who orders.
    pub consumer_id: ConsumerId,
    /// The idempotency key: caller, method, path and key.
    pub key: KeyScope,
    /// What is asked under the key.
    pub digest: RequestDigest,
    /// What is ordered: 1..=100 lines, no product twice.
    pub items: Vec<(ProductId, Quantity)>,
    /// Points to use.
    pub points: Amount,
    /// The copy to use.
    pub issued_coupon_id: Option<IssuedCouponId>,
    /// How it is to be paid.
    pub payment: Payment,
    /// Others wait for the coupon before this one: it must not have what they wait for.
    pub yields: bool,
    /// How patient its saga is.
    pub patience: SagaPatience,
}

/// What the decision is made from, read under the locks of the copy's coupon, the products and the
/// wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseReading {
    /// The products that are asked for and exist, in any order.
    pub products: Vec<Product>,
    /// The copy that is asked for, if it exists, whosever it is.
    pub coupon: Option<UseReading>,
    /// The consumer's wallet; an empty one, where there is none.
    pub wallet: Wallet,
}

/// Why there is no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseRefusal {
    /// There is no such product.
    #[error("there is no such product")]
    ProductNotFound(ProductId),
    /// The consumer has no such copy.
    #[error("there is no such issued coupon")]
    IssuedCouponNotFound,
    /// The copy can't be used.
    #[error(transparent)]
    Coupon(#[from] UseRefusal),
    /// More points than what is left to pay.
    #[error("more points than there is to pay")]
    ExcessivePointUse,
    /// Less in stock than ordered.
    #[error("not enough in stock")]
    NotEnoughProductStock(ProductId),
    /// Fewer points than are to be used.
    #[error("not enough points")]
    NotEnoughPoint,
    /// Less money than is to be paid.
    #[error("not enough balance")]
    NotEnoughBalance,
    /// The items add up to more than there is room for.
    #[error(transparent)]
    TooLarge(#[from] AmountOverflow),
}

/// An order that is to be written, with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The order.
    pub order: Order,
    /// Its saga: done, or at AUTHORISE.
    pub saga: Saga,
    /// All that is to be written, order and saga included.
    pub writes: Writes,
}

/// What an order comes to.
struct Priced {
    items: Vec<OrderItem>,
    items_amount: Amount,
    discount: Amount,
    paid_amount: Amount,
}

impl PurchaseRequest {
    /// The decision, at `now`: the ledger's time, read under its locks.
    ///
    /// # Errors
    /// [`PurchaseRefusal`], the first that holds; then nothing is written.
    pub fn place(
        &self,
        reading: PurchaseReading,
        now: Timestamp,
    ) -> Result<Placement, PurchaseRefusal> {
        let PurchaseReading {
            products,
            coupon,
            wallet,
        } = reading;
        let mut products: HashMap<ProductId, Product> = products
            .into_iter()
            .map(|product| (product.id, product))
            .collect();
        let (items, items_amount) = self.items(&products)?;
        let using = self.copy_of(coupon)?;
        let priced = self.priced(items, items_amount, using.as_ref(), now)?;
        let is_local =
            matches!(self.payment, Payment::Wallet) || priced.paid_amount == Amount::ZERO;
        let (saga, trace) = if is_local {
            Saga::at_once(self.saga_id, self.order_id, SagaKind::Purchase, now)
        } else {
            let call = (SagaKind::Purchase, SagaStep::Authorise);
            Saga::begin(self.saga_id, self.order_id, call, now, &self.patience)
        };
        let mut writes = Writes {
            trace,
            ..Writes::default()
        };
        let coupon = using.as_ref().map(|using| (using.copy.id, using.coupon.id));
        if let Some(using) = using {
            self.use_coupon(using, &priced, is_local, now, &mut writes)?;
        }
        self.take_stock(&mut products, &priced, now, &mut writes)?;
        let order = self.order(priced, coupon, is_local, now);
        writes.wallet = take_money(&order, wallet, is_local, now, &mut writes.money_entries)?;
        writes.order = Some(order.clone());
        writes.saga = Some(saga.clone());
        Ok(Placement {
            order,
            saga,
            writes,
        })
    }

    /// The copy that is asked for, which must be the consumer's own.
    fn copy_of(&self, reading: Option<UseReading>) -> Result<Option<UseReading>, PurchaseRefusal> {
        if self.issued_coupon_id.is_none() {
            return Ok(None);
        }
        let own = reading.filter(|reading| reading.copy.consumer_id == self.consumer_id);
        own.map(Some).ok_or(PurchaseRefusal::IssuedCouponNotFound)
    }

    /// The lines, and what they add up to.
    fn items(
        &self,
        products: &HashMap<ProductId, Product>,
    ) -> Result<(Vec<OrderItem>, Amount), PurchaseRefusal> {
        let known = |&(id, quantity): &(ProductId, Quantity)| {
            let product = products.get(&id);
            let product = product.ok_or(PurchaseRefusal::ProductNotFound(id))?;
            Ok((product, quantity))
        };
        // All of them are looked for before anything is added up.
        let known: Result<Vec<_>, PurchaseRefusal> = self.items.iter().map(known).collect();
        let (mut items, mut items_amount) = (Vec::new(), Amount::ZERO);
        for (product, quantity) in known? {
            let amount = Amount::from(product.price).times(quantity.get())?;
            items_amount = items_amount.plus(amount)?;
            items.push(OrderItem {
                product_id: product.id,
                seller_id: product.seller_id.clone(),
                quantity,
                price: product.price,
                amount,
            });
        }
        Ok((items, items_amount))
    }

    fn priced(
        &self,
        items: Vec<OrderItem>,
        items_amount: Amount,
        using: Option<&UseReading>,
        now: Timestamp,
    ) -> Result<Priced, PurchaseRefusal> {
        let discount = match using {
            Some(using) => using.discount_on(items_amount, now)?,
            None => Amount::ZERO,
        };
        let paid_amount = items_amount
            .without(discount)
            .minus(self.points)
            .ok_or(PurchaseRefusal::ExcessivePointUse)?;
        Ok(Priced {
            items,
            items_amount,
            discount,
            paid_amount,
        })
    }

    fn use_coupon(
        &self,
        using: UseReading,
        priced: &Priced,
        is_local: bool,
        now: Timestamp,
        writes: &mut Writes,
    ) -> Result<(), PurchaseRefusal> {
        let mut copy = using.copy.clone();
        let hold = Hold {
            id: self.hold_id,
            owner: HoldOwner::Saga(self.saga_id),
            coupon_id: using.coupon.id,
            issued_coupon_id: copy.id,
            single_use: using.coupon.is_single_use(),
            order_amount: priced.items_amount,
            discount: priced.discount,
            state: HoldState::Open,
            opened_at: now,
        };
        let (mut coupon, mut holds) = using.put(hold, self.yields, now)?;
        if is_local && let Some(hold) = holds.last_mut() {
            hold.state = HoldState::Confirmed;
            coupon.make_final();
            copy.used = copy.used.saturating_add(1);
            writes.copy = Some(copy);
        }
        writes.coupon = Some(coupon);
        writes.holds = holds;
        Ok(())
    }

    fn take_stock(
        &self,
        products: &mut HashMap<ProductId, Product>,
        priced: &Priced,
        now: Timestamp,
        writes: &mut Writes,
    ) -> Result<(), PurchaseRefusal> {
        for item in &priced.items {
            let missing = PurchaseRefusal::NotEnoughProductStock(item.product_id);
            let mut product = products.remove(&item.product_id).ok_or(missing)?;
            product.stock = product.stock.take(item.quantity.get()).ok_or(missing)?;
            writes.stock_entries.push(StockEntry {
                reference: *self.order_id.as_uuid(),
                product_id: product.id,
                kind: StockKind::Reserved,
                quantity: -i64::from(item.quantity.get()),
                at: now,
            });
            writes.products.push(product);
        }
        Ok(())
    }

    fn order(
        &self,
        priced: Priced,
        coupon: Option<(IssuedCouponId, crate::CouponId)>,
        is_local: bool,
        now: Timestamp,
    ) -> Order {
        let Priced {
            items,
            items_amount,
            discount,
            paid_amount,
        } = priced;
        Order {
            id: self.order_id,
            consumer_id: self.consumer_id.clone(),
            request_key: self.key,
            request_digest: self.digest,
            status: if is_local {
                OrderStatus::Paid
            } else {
                OrderStatus::Pending
            },
            failure: None,
            delivery: DeliveryStatus::BeforeDelivery,
            items,
            items_amount,
            discount,
            points_used: self.points,
            paid_amount,
            earned_points: Order::points_earned_with(paid_amount),
            coupon,
            payment: self.payment.clone(),
            saga_id: self.saga_id,
            created_at: now,
        }
    }
}

/// Takes the points, and the money too where the wallet pays; the wallet then, if it has changed.
fn take_money(
    order: &Order,
    wallet: Wallet,
    is_local: bool,
    now: Timestamp,
    entries: &mut Vec<MoneyEntry>,
) -> Result<Option<Wallet>, PurchaseRefusal> {
    let points = wallet
        .points
        .minus(order.points_used)
        .ok_or(PurchaseRefusal::NotEnoughPoint)?;
    let balance = match order.payment {
        Payment::Wallet => wallet
            .balance
            .minus(order.paid_amount)
            .ok_or(PurchaseRefusal::NotEnoughBalance)?,
        Payment::Provider(_) => wallet.balance,
    };
    entries.extend(order.entry(MoneyKind::PointsUsed, now));
    if is_local {
        entries.extend(order.entry(MoneyKind::Payment, now));
        entries.extend(order.entry(MoneyKind::Discount, now));
    }
    let left = Wallet {
        balance,
        points,
        ..wallet.clone()
    };
    Ok((left != wallet).then_some(left))
}

#[cfg(test)]
mod tests;
