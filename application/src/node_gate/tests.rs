use super::*;
use crate::testing::{
    GENERATION, Given, MockAdmissions, MockGenerations, copy_id, coupon, use_kind, who,
};
use domain::{ConsumerId, CouponId, RequestKey};
use rstest::rstest;

fn request(number: u128, consumer: &str) -> IssueRequest {
    IssueRequest {
        issued_coupon_id: copy_id(number),
        coupon_id: Given::coupon().id,
        consumer_id: who(consumer),
        request_key: None,
    }
}

fn down() -> GateError {
    GateError(Arc::from(Box::<dyn Error + Send + Sync>::from("down")))
}

async fn ask(given: &Given, requests: &[IssueRequest]) -> Option<Vec<Way>> {
    let requests: Vec<_> = requests.iter().collect();
    given.gate.ask(Given::event().id, &requests).await
}

/// The reason for which the event's gate is to be filled.
fn noted(given: &Given) -> Option<Why> {
    given.gate.to_fill().take().remove(&Given::event().id)
}

#[tokio::test]
async fn until_the_generation_is_known_the_gate_is_not_asked() {
    let given = Given::with(MockAdmissions::new(), MockGenerations::new());
    assert_eq!(ask(&given, &[request(1, "a")]).await, None);
    assert_eq!(noted(&given), None);
}

#[tokio::test]
async fn a_generation_that_could_not_be_read_again_stays() {
    let mut generations = MockGenerations::new();
    let mut order = mockall::Sequence::new();
    for read in [Ok(GENERATION), Err(StoreError::Overloaded)] {
        generations
            .expect_gate_generation()
            .once()
            .in_sequence(&mut order)
            .return_once(move || read);
    }
    let mut gate = MockAdmissions::new();
    gate.expect_admit()
        .withf(|_, generation, _| *generation == GENERATION)
        .returning(|_, _, _| Ok(Some(vec![Admission::Admitted])));
    let given = Given::with(gate, generations);
    given.gate.learn_generation().await.unwrap();
    given.gate.learn_generation().await.unwrap_err();
    let ways = ask(&given, &[request(1, "a")]).await;
    assert_eq!(ways, Some(vec![Way::First]));
}

#[tokio::test]
async fn a_gate_that_is_closed_has_nothing_to_say_and_is_noted() {
    let mut gate = MockAdmissions::new();
    gate.expect_admit().returning(|_, _, _| Ok(None));
    let given = Given::behind(gate).await;
    assert_eq!(ask(&given, &[request(1, "a")]).await, None);
    assert_eq!(noted(&given), Some(Why::Closed));
}

#[tokio::test]
async fn a_gate_that_fails_has_nothing_to_say() {
    let mut gate = MockAdmissions::new();
    gate.expect_admit().returning(|_, _, _| Err(down()));
    gate.expect_settle().returning(|_, _, _| Err(down()));
    let given = Given::behind(gate).await;
    assert_eq!(ask(&given, &[request(1, "a")]).await, None);
    assert_eq!(noted(&given), None);
    let free = Decided::Free(who("a"), Given::coupon().id);
    given.gate.settle(Given::event().id, &[free]).await;
}

/// Answers nothing.
struct Hangs;

#[async_trait::async_trait]
impl AdmissionGate for Hangs {
    async fn admit(
        &self,
        _: EventId,
        _: Uuid,
        _: &[Arrival],
    ) -> Result<Option<Vec<Admission>>, GateError> {
        std::future::pending().await
    }
    async fn settle(&self, _: EventId, _: Uuid, _: &[Decided]) -> Result<(), GateError> {
        std::future::pending().await
    }
    async fn is_open(&self, _: EventId, _: Uuid) -> Result<bool, GateError> {
        unreachable!()
    }
    async fn clear(&self, _: EventId) -> Result<(), GateError> {
        unreachable!()
    }
    async fn fill(&self, _: EventId, _: &[Decided]) -> Result<(), GateError> {
        unreachable!()
    }
    async fn open(&self, _: EventId, _: Uuid, _: domain::Timestamp) -> Result<(), GateError> {
        unreachable!()
    }
    async fn long_undecided(
        &self,
        _: EventId,
        _: i64,
        _: u32,
    ) -> Result<Vec<domain::ports::LongUndecided>, GateError> {
        unreachable!()
    }
    async fn count(&self, _: EventId) -> Result<domain::ports::GateCount, GateError> {
        unreachable!()
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_hangs_is_waited_for_no_longer_than_200_ms() {
    let given = Given::behind(Hangs).await;
    let asked = tokio::time::Instant::now();
    assert_eq!(ask(&given, &[request(1, "a")]).await, None);
    assert_eq!(asked.elapsed().as_millis(), 200);
    let free = Decided::Free(who("a"), Given::coupon().id);
    given.gate.settle(Given::event().id, &[free]).await;
    assert_eq!(asked.elapsed().as_millis(), 400);
}

#[rstest]
#[case::admitted(Admission::Admitted, None, Way::First)]
#[case::undecided(Admission::Undecided, None, Way::First)]
#[case::full_is_no_answer(Admission::Full, None, Way::Last)]
#[case::holder(
    Admission::Holder(copy_id(7), Given::coupon().id),
    None,
    Way::Refused(IssueRefusal::SingleCouponAvailablePerEvent { issued_coupon_id: copy_id(7) })
)]
#[case::holder_under_a_key(
    Admission::Holder(copy_id(7), Given::coupon().id),
    Some(RequestKey([1; 16])),
    Way::Known
)]
#[case::holder_of_another_coupon(
    Admission::Holder(copy_id(7), CouponId::from_uuid(Uuid::from_u128(9))),
    None,
    Way::Known
)]
#[tokio::test]
async fn only_who_has_a_copy_for_certain_is_refused(
    #[case] admission: Admission,
    #[case] key: Option<RequestKey>,
    #[case] way: Way,
) {
    let mut gate = MockAdmissions::new();
    gate.expect_admit()
        .returning(move |_, _, _| Ok(Some(vec![admission])));
    let given = Given::behind(gate).await;
    let request = IssueRequest {
        request_key: key,
        ..request(1, "a")
    };
    assert_eq!(ask(&given, &[request]).await, Some(vec![way]));
}

#[tokio::test]
async fn what_the_gate_is_not_asked_about_goes_to_the_ledger_and_the_others_get_their_own_answer() {
    let (of_use, unknown) = (
        CouponId::from_uuid(Uuid::from_u128(50)),
        CouponId::from_uuid(Uuid::from_u128(51)),
    );
    let mut gate = MockAdmissions::new();
    gate.expect_admit().once().returning(|_, _, arrivals| {
        let asked: Vec<ConsumerId> = arrivals.iter().map(|a| a.consumer_id.clone()).collect();
        assert_eq!(asked, [who("a"), who("d")]);
        assert!(arrivals.iter().all(|arrival| arrival.cap.get() == 3));
        Ok(Some(vec![Admission::Admitted, Admission::Full]))
    });
    let given = Given::behind(gate).await;
    let mut use_coupon = coupon(use_kind(1));
    use_coupon.id = of_use;
    given.answers.learn(crate::KnownCoupon::learned(use_coupon));
    let requests = [
        request(1, "a"),
        IssueRequest {
            coupon_id: unknown,
            ..request(2, "b")
        },
        IssueRequest {
            coupon_id: of_use,
            ..request(3, "c")
        },
        request(4, "d"),
    ];
    let ways = ask(&given, &requests).await;
    assert_eq!(
        ways,
        Some(vec![Way::First, Way::First, Way::First, Way::Last])
    );
}

#[tokio::test]
async fn where_nothing_was_decided_nothing_is_settled() {
    let given = Given::behind(MockAdmissions::new()).await;
    given.gate.settle(Given::event().id, &[]).await;
}
