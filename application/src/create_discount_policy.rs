//! An admin creates a discount policy.

use std::sync::Arc;

use domain::{
    Discount, DiscountPolicy, DiscountPolicyId, DiscountPolicyName, Money,
    ports::{Catalogue, IdGenerator, KeyedRequest, StoreError},
};

use crate::{
    KeyError, KeyedRequests, Written,
    keyed_requests::{Begun, created},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewDiscountPolicy {
    /// Its name.
    pub name: DiscountPolicyName,
    /// How the discount is computed.
    pub discount: Discount,
    /// The least order amount it applies to.
    pub minimum_order_amount: Option<Money>,
}

/// Why there is no new discount policy.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateDiscountPolicyError {
    /// Another policy has this name.
    #[error("another discount policy has this name")]
    NameTaken,
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct CreateDiscountPolicy {
    catalogue: Arc<dyn Catalogue>,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
}

impl CreateDiscountPolicy {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn Catalogue>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            catalogue,
            keyed,
            ids,
        }
    }

    /// The discount policy, stored durably.
    ///
    /// # Errors
    /// [`CreateDiscountPolicyError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        new: NewDiscountPolicy,
        key: Option<KeyedRequest<DiscountPolicy>>,
    ) -> Result<Written<DiscountPolicy>, CreateDiscountPolicyError> {
        let begun = self
            .keyed
            .begin::<_, CreateDiscountPolicyError>(key.as_ref())
            .await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let policy = DiscountPolicy {
            id: DiscountPolicyId::from_uuid(self.ids.next_id()),
            name: new.name,
            discount: new.discount,
            minimum_order_amount: new.minimum_order_amount,
        };
        let creation = self.catalogue.create_discount_policy(policy, key).await?;
        created(creation, key.as_ref(), CreateDiscountPolicyError::NameTaken)
    }
}
