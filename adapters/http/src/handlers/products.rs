//! `/v1/products`

use std::sync::Arc;

use application::{ChangeProductError, CreateProductError};
use domain::{Product, SellerId, Timestamp};
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure, Problem,
    filters::{Call, Paging, PagingQuery},
    models::{
        CreateProductBody, PatchProductBody, ProblemReply, ProductList, ProductReply, list_reply,
    },
};

/// Put a product on sale
#[utoipa::path(
    post, path = "/v1/products", tag = "Sellers", request_body = CreateProductBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, body = ProductReply, headers(("Location" = String))),
        (status = 409, description = "ALREADY_PRODUCT_NAME_EXISTS", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["seller"]))),
)]
pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: CreateProductBody = call.json()?;
    let key = call.keyed(&body, answer)?;
    let new = body.request(seller(&call)?)?;
    let created = api.create_product.execute(new, key).await?;
    reply::created(created, answer)
}

fn answer(product: &Product, _: Timestamp) -> Vec<u8> {
    let location = format!("/v1/products/{}", product.id);
    reply::creation(&location, &ProductReply::from(product))
}

fn seller(call: &Call) -> Result<SellerId, Failure> {
    Ok(call.caller()?.subject.clone().into())
}

impl From<CreateProductError> for Failure {
    fn from(error: CreateProductError) -> Self {
        match error {
            CreateProductError::NameTaken => Code::AlreadyProductNameExists.into(),
            CreateProductError::Key(error) => error.into(),
            CreateProductError::Store(error) => error.into(),
        }
    }
}

/// Change a product's price, or set what is left of it
///
/// A seller changes its own only; another's is not found.
#[utoipa::path(
    patch, path = "/v1/products/{productId}", tag = "Sellers", request_body = PatchProductBody,
    params(("productId" = String, Path)),
    responses(
        (status = 200, body = ProductReply),
        (status = 404, description = "PRODUCT_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["seller"]))),
)]
pub(crate) async fn change(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let change = call.json::<PatchProductBody>()?.request()?;
    let id = call.id(Code::ProductNotFound)?;
    let product = api
        .change_product
        .execute(seller(&call)?, id, change)
        .await?;
    reply::ok(&ProductReply::from(&product))
}

impl From<ChangeProductError> for Failure {
    fn from(error: ChangeProductError) -> Self {
        match error {
            ChangeProductError::NotFound => Problem::new(Code::ProductNotFound)
                .detail("You sell no product with this id.")
                .into(),
            ChangeProductError::Store(error) => error.into(),
        }
    }
}

/// List products
#[utoipa::path(
    get, path = "/v1/products", tag = "Sellers",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = ProductList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: PagingQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let products = api.products.products(paging.read()).await?;
    reply::ok(&list_reply(products, paging.limit, |product| {
        ProductReply::from(product)
    }))
}

/// Read a product
#[utoipa::path(
    get, path = "/v1/products/{productId}", tag = "Sellers",
    params(("productId" = String, Path)),
    responses(
        (status = 200, body = ProductReply),
        (status = 404, description = "PRODUCT_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let product = api
        .products
        .product(call.id(Code::ProductNotFound)?)
        .await?;
    reply::ok(&ProductReply::from(&product.ok_or(Code::ProductNotFound)?))
}
