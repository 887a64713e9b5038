//! Products: written as they are, changed by their sellers alone, their stock what its entries say.

use domain::ports::{Creation, ProductChanged};
use domain::{
    EntryId, Money, Product, ProductChange, ProductDescription, ProductId, ProductName, SellerId,
    Stock,
};

use super::kinds::Kind;
use crate::Fixture;
use crate::given::{END, START, amount, seller};

fn money(amount: i64) -> Money {
    Money::new(amount).unwrap()
}

fn stock(number: i64) -> Stock {
    Stock::new(number).unwrap()
}

fn change(fixture: &Fixture, price: Option<i64>, left: Option<i64>) -> ProductChange {
    ProductChange {
        entry_id: EntryId::from_uuid(fixture.id()),
        price: price.map(money),
        stock: left.map(stock),
    }
}

async fn changed(fixture: &Fixture, product: &Product, change: ProductChange) -> ProductChanged {
    let seller = product.seller_id.clone();
    let changed = fixture.store.change_product(seller, product.id, change);
    changed.await.unwrap()
}

pub async fn a_product_is_read_as_it_was_written(fixture: Fixture) {
    let descriptions = [
        None,
        Some("x".to_owned()),
        Some("line\nline '\"`\\%_;--".to_owned()),
        Some("\u{1f39f}".repeat(2_000)),
    ];
    let names = [
        "x".to_owned(),
        "\u{1f39f}".repeat(100),
        "'\"`\\%".to_owned(),
    ];
    let sellers = ["a".to_owned(), "x".repeat(64), "AZaz09._@:-".to_owned()];
    let prices = [0, 1, Money::MAXIMUM.amount()];
    let stocks = [0, 1, i64::from(Stock::MAXIMUM)];
    let times = [START.plus_micros(1), START, END];
    for (at, description) in descriptions.into_iter().enumerate() {
        fixture.clock.set(times[at % 3]);
        for (number, price) in prices.into_iter().enumerate() {
            let written = Product {
                seller_id: SellerId::new(&*sellers[at % 3]).unwrap(),
                description: description
                    .clone()
                    .map(|text| ProductDescription::new(text).unwrap()),
                price: money(price),
                stock: stock(stocks[number]),
                // The store knows better.
                created_at: START.plus_micros(-7),
                ..fixture.new_product()
            };
            let expected = Product {
                created_at: times[at % 3],
                ..written.clone()
            };
            assert_eq!(written.stored(&fixture).await, expected);
            let read = Product::read(expected.id, &fixture).await;
            assert_eq!(read.as_ref(), Some(&expected));
            assert!(Product::all(&fixture).await.contains(&expected));
        }
    }
    for name in names {
        let name = ProductName::new(name).unwrap();
        let product = fixture.new_product();
        let product = Product { name, ..product }.stored(&fixture).await;
        assert_eq!(Product::read(product.id, &fixture).await, Some(product));
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_products_name_is_free_for_another_seller(fixture: Fixture) {
    let named = |owner: &str| Product {
        seller_id: seller(owner),
        ..fixture.new_product().with_name("the same")
    };
    let (one, two) = (named("a").stored(&fixture).await, named("A"));
    let two = two.stored(&fixture).await;
    let again = named("a").create(&fixture, None).await;
    assert_eq!(again, Creation::NameTaken);
    assert_eq!(Product::all(&fixture).await, [one, two]);
    fixture.assert_exact(&[]).await;
}

pub async fn a_product_changes_in_what_is_asked_and_the_rest_stays(fixture: Fixture) {
    let product = fixture.product(1_000, 5).await;
    for (price, left) in [
        (Some(7), None),
        (None, Some(9)),
        (None, Some(0)),
        (
            Some(Money::MAXIMUM.amount()),
            Some(i64::from(Stock::MAXIMUM)),
        ),
        (Some(0), Some(3)),
        (None, None),
    ] {
        fixture.clock.set(START.plus_micros(7));
        let before = Product::read(product.id, &fixture).await.unwrap();
        let expected = Product {
            price: price.map_or(before.price, money),
            stock: left.map_or(before.stock, stock),
            ..before
        };
        let change = change(&fixture, price, left);
        let answer = changed(&fixture, &product, change).await;
        assert_eq!(answer, ProductChanged::Changed(expected.clone()));
        let read = Product::read(product.id, &fixture).await;
        assert_eq!(read, Some(expected));
        fixture.assert_exact(&[]).await;
    }
}

pub async fn only_its_seller_changes_a_product(fixture: Fixture) {
    let product = fixture.product(1_000, 5).await;
    let change = change(&fixture, Some(1), Some(1));
    for other in ["another", "Seller"] {
        let others = Product {
            seller_id: seller(other),
            ..product.clone()
        };
        let answer = changed(&fixture, &others, change).await;
        assert_eq!(answer, ProductChanged::NotFound);
    }
    let unknown = Product {
        id: ProductId::from_uuid(fixture.id()),
        ..product.clone()
    };
    let answer = changed(&fixture, &unknown, change).await;
    assert_eq!(answer, ProductChanged::NotFound);
    let read = Product::read(product.id, &fixture).await;
    assert_eq!(read, Some(product));
    fixture.assert_exact(&[]).await;
}

pub async fn a_change_that_was_made_before_is_not_made_again(fixture: Fixture) {
    let product = fixture.product(1_000, 5).await;
    fixture.charge("a", 10_000).await;
    let change = change(&fixture, Some(2_000), Some(9));
    let answer = changed(&fixture, &product, change).await;
    let ProductChanged::Changed(first) = answer else {
        panic!("{answer:?}");
    };
    // Asked again at once, and after somebody has bought.
    let again = changed(&fixture, &product, change).await;
    assert_eq!(again, ProductChanged::Changed(first));
    fixture.buy("a", &product).await;
    let again = changed(&fixture, &product, change).await;
    let now = Product::read(product.id, &fixture).await.unwrap();
    assert_eq!(again, ProductChanged::Changed(now));
    assert_eq!(fixture.left(&product).await, 8);
    fixture.assert_exact(&[]).await;
}

pub async fn an_order_keeps_the_price_it_was_placed_at(fixture: Fixture) {
    let product = fixture.product(1_000, 5).await;
    fixture.charge("a", 10_000).await;
    let order = fixture.buy("a", &product).await;
    changed(&fixture, &product, change(&fixture, Some(3_000), None)).await;
    assert_eq!(fixture.order(&order).await, order);
    assert_eq!(order.items_amount, amount(1_000));
    assert_eq!(fixture.buy("a", &product).await.items_amount, amount(3_000));
    assert_eq!(fixture.has("a").await, (6_000, 0));
    fixture.assert_exact(&[]).await;
}

pub async fn what_was_taken_has_room_in_a_stock_that_is_filled_up(fixture: Fixture) {
    let full = i64::from(Stock::MAXIMUM);
    let product = fixture.product(1, full).await;
    fixture.charge("a", 10_000).await;
    let order = fixture.buy("a", &product).await;
    changed(&fixture, &product, change(&fixture, None, Some(full))).await;
    fixture.change(&order, fixture.refund()).await.unwrap();
    assert_eq!(fixture.left(&product).await, Stock::MAXIMUM + 1);
    fixture.assert_exact(&[]).await;
}
