//! Whose copies a caller sees.

use adapter_http::Role;
use firstcome_tests::over_http::{Client, Server, Shop};
use hyper::Method;
use serde_json::Value;

use super::{ask, assert_refused};

/// A server on which ann and bob have two copies each.
struct Owned {
    server: Server,
    client: Client,
    anns: Vec<String>,
    bobs: Vec<String>,
}

impl Owned {
    async fn new() -> Self {
        let server = Server::start();
        let mut shop = Shop::open(&server).await;
        let mut client = server.client();
        let coupons = [shop.issue_coupon(10).await, shop.use_coupon(10, 2).await];
        let (mut anns, mut bobs) = (Vec::new(), Vec::new());
        for coupon in coupons {
            for (owner, copies) in [("ann", &mut anns), ("bob", &mut bobs)] {
                let token = server.tokens().consumer(owner);
                let copy = client.issue(&coupon, &token).await.unwrap();
                assert_eq!(copy.text("consumerId"), owner, "{copy:?}");
                copies.push(copy.text("issuedCouponId"));
            }
        }
        Self {
            server,
            client,
            anns,
            bobs,
        }
    }

    async fn get(
        &mut self,
        who: &str,
        role: Role,
        target: &str,
    ) -> firstcome_tests::over_http::Answer {
        let bearer = [format!("Bearer {}", self.server.tokens().token(who, role))];
        ask(&mut self.client, &Method::GET, target, &bearer).await
    }
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["issuedCouponId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_consumer_sees_its_own_copies_and_another_s_are_as_if_they_were_not_there() {
    let mut owned = Owned::new().await;
    let nowhere = "/v1/issued-coupons/01920000-0000-7000-8000-000000000001";
    let nothing = owned.get("ann", Role::Consumer, nowhere).await;
    assert_refused(nowhere, &nothing, 404, "ISSUED_COUPON_NOT_FOUND");
    for (who, own, others) in [
        ("ann", owned.anns.clone(), owned.bobs.clone()),
        ("bob", owned.bobs.clone(), owned.anns.clone()),
        ("Ann", vec![], owned.anns.clone()),
        ("admin", vec![], owned.anns.clone()),
    ] {
        for copy in &own {
            let target = format!("/v1/issued-coupons/{copy}");
            let answer = owned.get(who, Role::Consumer, &target).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.text("consumerId"), who);
        }
        for copy in &others {
            let target = format!("/v1/issued-coupons/{copy}");
            let answer = owned.get(who, Role::Consumer, &target).await;
            assert_eq!(answer.status, 404, "{answer:?}");
            assert_eq!(
                answer.bytes, nothing.bytes,
                "{who} can tell that it is there"
            );
        }
        let list = owned.get(who, Role::Consumer, "/v1/issued-coupons").await;
        let mut listed = ids(&list.json());
        listed.sort_unstable();
        let mut own = own;
        own.sort_unstable();
        assert_eq!(listed, own, "{who}");
        // Another's copy is no way into another's list.
        for after in &others {
            let target = format!("/v1/issued-coupons?limit=1&cursor={after}");
            let list = owned.get(who, Role::Consumer, &target).await.json();
            assert!(
                ids(&list).iter().all(|id| own.contains(id)),
                "{who}: {list}"
            );
        }
        for consumer in ["ann", "bob"] {
            let target = format!("/v1/issued-coupons?consumerId={consumer}");
            let answer = owned.get(who, Role::Consumer, &target).await;
            let problem = assert_refused(&target, &answer, 400, "BIND_ERROR");
            assert_eq!(problem["field"], "consumerId");
        }
    }
}

#[tokio::test]
async fn service_and_admin_see_every_copy_of_the_consumer_they_name_and_a_seller_none() {
    let mut owned = Owned::new().await;
    let (anns, bobs) = (owned.anns.clone(), owned.bobs.clone());
    for (consumer, mut copies) in [("ann", anns), ("bob", bobs), ("nobody", vec![])] {
        copies.sort_unstable();
        let list = format!("/v1/issued-coupons?consumerId={consumer}");
        // Whatever they are called themselves.
        for who in ["somebody", "ann"] {
            for role in [Role::Service, Role::Admin] {
                for copy in &copies {
                    let target = format!("/v1/issued-coupons/{copy}");
                    let answer = owned.get(who, role, &target).await;
                    assert_eq!(answer.text("consumerId"), consumer, "{answer:?}");
                }
                let mut listed = ids(&owned.get(who, role, &list).await.json());
                listed.sort_unstable();
                assert_eq!(listed, copies, "{who} as {role}");
                let answer = owned.get(who, role, "/v1/issued-coupons").await;
                let problem = assert_refused("unnamed", &answer, 400, "BIND_ERROR");
                assert_eq!(problem["field"], "consumerId");
            }
            let own = copies
                .iter()
                .map(|copy| format!("/v1/issued-coupons/{copy}"));
            for target in own.chain([list.clone(), "/v1/issued-coupons".to_owned()]) {
                let answer = owned.get(who, Role::Seller, &target).await;
                assert_refused(&target, &answer, 403, "NO_PERMISSION");
            }
        }
    }
}
