use super::*;
use crate::KeysInFlight;
use crate::testing::{MockAnswers, MockGoods, NOW, at, rising_ids};
use domain::ports::Creation;
use std::time::Instant;

fn new_product() -> NewProduct {
    NewProduct {
        seller_id: SellerId::new("s").unwrap(),
        name: ProductName::new("p").unwrap(),
        description: None,
        price: Money::new(10).unwrap(),
        stock: Stock::new(3).unwrap(),
    }
}

fn use_case(products: MockGoods) -> CreateProduct {
    let keyed = KeyedRequests::new(Arc::new(MockAnswers::new()), Arc::<KeysInFlight>::default());
    CreateProduct::new(
        Arc::new(products),
        Arc::new(keyed),
        Arc::new(rising_ids()),
        Arc::new(LedgerClock::new(at(1), Instant::now())),
    )
}

#[tokio::test]
async fn a_product_is_put_on_sale_as_it_was_asked_for() {
    let mut products = MockGoods::new();
    let create = products.expect_create_product().once();
    create.returning(|product, _| Ok(Creation::Created(product, NOW)));
    let created = use_case(products).execute(new_product(), None).await;
    let Ok(Written::Now(product, NOW)) = created else {
        panic!("not created")
    };
    let expected = Product {
        id: product.id,
        created_at: product.created_at,
        seller_id: new_product().seller_id,
        name: new_product().name,
        description: None,
        price: new_product().price,
        stock: new_product().stock,
    };
    assert_eq!(product, expected);
}

#[tokio::test]
async fn a_name_that_the_seller_has_used_is_refused() {
    let mut products = MockGoods::new();
    let create = products.expect_create_product().once();
    create.returning(|_, _| Ok(Creation::NameTaken));
    let refused = use_case(products).execute(new_product(), None).await;
    assert!(matches!(refused, Err(CreateProductError::NameTaken)));
}
