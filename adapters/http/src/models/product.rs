//! Products as JSON.

use application::NewProduct;
use domain::{Money, Product, ProductDescription, ProductName, SellerId, Stock};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, invalid, money};
use crate::Failure;

/// A product to be put on sale.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateProductBody {
    /// 1 to 100 characters, unique among the seller's products.
    #[schema(min_length = 1, max_length = 100, example = "a pair of socks")]
    pub(crate) name: String,
    /// 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2_000)]
    pub(crate) description: Option<String>,
    /// What one of it costs.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) price: i64,
    /// How many there are.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub(crate) stock: i64,
}

impl CreateProductBody {
    /// The request that it stands for.
    pub(crate) fn request(&self, seller_id: SellerId) -> Result<NewProduct, Failure> {
        let description = self.description.as_deref().map(ProductDescription::new);
        Ok(NewProduct {
            seller_id,
            name: ProductName::new(self.name.as_str()).map_err(|why| invalid("name", why))?,
            description: description
                .transpose()
                .map_err(|why| invalid("description", why))?,
            price: money("price", self.price)?,
            stock: stock_of(self.stock)?,
        })
    }
}

/// What is to be changed about a product; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatchProductBody {
    /// What one of it costs from now on; orders that were placed keep their price.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) price: Option<i64>,
    /// What is left from now on.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub(crate) stock: Option<i64>,
}

impl PatchProductBody {
    /// The new price and stock.
    pub(crate) fn request(&self) -> Result<(Option<Money>, Option<Stock>), Failure> {
        let price = self.price.map(|price| money("price", price)).transpose()?;
        let stock = self.stock.map(stock_of).transpose()?;
        Ok((price, stock))
    }
}

fn stock_of(stock: i64) -> Result<Stock, Failure> {
    Stock::new(stock).map_err(|why| invalid("stock", why))
}

/// Whether a product can be ordered.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ProductStatusReply {
    InStock,
    OutOfStock,
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductReply {
    product_id: String,
    seller_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    price: i64,
    /// How many are left.
    stock: u32,
    status: ProductStatusReply,
    created_at: Instant,
}

impl From<&Product> for ProductReply {
    fn from(product: &Product) -> Self {
        let Product {
            id,
            seller_id,
            name,
            description,
            price,
            stock,
            created_at,
        } = product;
        Self {
            product_id: id.to_string(),
            seller_id: seller_id.to_string(),
            name: name.to_string(),
            description: description.as_ref().map(ToString::to_string),
            price: price.amount(),
            stock: stock.get(),
            status: match stock.get() {
                0 => ProductStatusReply::OutOfStock,
                _ => ProductStatusReply::InStock,
            },
            created_at: Instant(*created_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::refused_field;
    use domain::{ProductId, Timestamp};
    use rstest::rstest;

    fn body() -> CreateProductBody {
        CreateProductBody {
            name: "socks".to_owned(),
            description: None,
            price: 1,
            stock: 1,
        }
    }

    fn field_of(body: &CreateProductBody) -> Option<String> {
        refused_field(body.request(SellerId::new("sam").unwrap()))
    }

    #[rstest]
    #[case(1, true)]
    #[case(100, true)]
    #[case(101, false)]
    #[case(0, false)]
    fn a_name_has_1_to_100_characters(#[case] length: usize, #[case] valid: bool) {
        let name = "봄".repeat(length);
        let field = field_of(&CreateProductBody { name, ..body() });
        assert_eq!(field, (!valid).then_some("name".to_owned()));
    }

    #[rstest]
    #[case("a\nb".to_owned(), true)]
    #[case("x".repeat(2_000), true)]
    #[case("x".repeat(2_001), false)]
    #[case(String::new(), false)]
    #[case("a\0".to_owned(), false)]
    fn a_description_has_up_to_2000_characters(#[case] text: String, #[case] valid: bool) {
        let description = Some(text);
        let field = field_of(&CreateProductBody {
            description,
            ..body()
        });
        assert_eq!(field, (!valid).then_some("description".to_owned()));
    }

    #[rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000_000, true)]
    #[case(1_000_000_000_001, false)]
    fn an_item_may_be_free_but_never_cost_less(#[case] price: i64, #[case] valid: bool) {
        let expected = (!valid).then_some("price".to_owned());
        assert_eq!(field_of(&CreateProductBody { price, ..body() }), expected);
        let patch = PatchProductBody {
            price: Some(price),
            stock: None,
        };
        assert_eq!(refused_field(patch.request()), expected);
    }

    #[rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000, true)]
    #[case(1_000_000_001, false)]
    fn stock_is_from_0_to_a_milliard(#[case] stock: i64, #[case] valid: bool) {
        let expected = (!valid).then_some("stock".to_owned());
        assert_eq!(field_of(&CreateProductBody { stock, ..body() }), expected);
        let patch = PatchProductBody {
            price: None,
            stock: Some(stock),
        };
        assert_eq!(refused_field(patch.request()), expected);
    }

    #[rstest]
    #[case(0, "OUT_OF_STOCK")]
    #[case(1, "IN_STOCK")]
    fn a_product_is_in_stock_as_long_as_one_is_left(#[case] stock: i64, #[case] status: &str) {
        let product = Product {
            id: ProductId::OF_NOTHING,
            seller_id: SellerId::new("sam").unwrap(),
            name: ProductName::new("socks").unwrap(),
            description: None,
            price: Money::new(7).unwrap(),
            stock: Stock::new(stock).unwrap(),
            created_at: Timestamp::from_micros(0),
        };
        assert_eq!(
            serde_json::to_value(ProductReply::from(&product)).unwrap(),
            serde_json::json!({
                "productId": ProductId::OF_NOTHING.to_string(),
                "sellerId": "sam",
                "name": "socks",
                "price": 7,
                "stock": stock,
                "status": status,
                "createdAt": "1970-01-01T00:00:00Z",
            })
        );
    }
}
