use super::*;
use crate::testing::MockAnswers;
use domain::ports::RequestDigest;

const SCOPE: KeyScope = KeyScope([1; 32]);

fn keyed(digest: u8) -> KeyedRequest<u32> {
    KeyedRequest {
        scope: SCOPE,
        digest: RequestDigest([digest; 32]),
        answer: |value, _| value.to_string().into_bytes(),
    }
}

fn answered(digest: u8) -> Answered {
    Answered {
        digest: RequestDigest([digest; 32]),
        answer: b"first".to_vec(),
    }
}

#[derive(Debug)]
enum TestError {
    Key(KeyError),
    Store,
    NameTaken,
}

impl From<KeyError> for TestError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<StoreError> for TestError {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

fn requests(found: Option<Answered>) -> (KeyedRequests, Arc<KeysInFlight>) {
    let mut answers = MockAnswers::new();
    answers
        .expect_answered()
        .returning(move |_| Ok(found.clone()));
    let in_flight = Arc::new(KeysInFlight::new(Duration::from_secs(2)));
    (
        KeyedRequests::new(Arc::new(answers), Arc::clone(&in_flight)),
        in_flight,
    )
}

#[tokio::test]
async fn without_a_key_a_request_is_always_fresh() {
    let (requests, _) = requests(Some(answered(1)));
    let begun = requests.begin::<u32, TestError>(None).await.unwrap();
    assert!(matches!(begun, Begun::Fresh(None)));
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer_and_another_is_refused() {
    let (requests, _) = requests(Some(answered(1)));
    let begun = requests
        .begin::<u32, TestError>(Some(&keyed(1)))
        .await
        .unwrap();
    assert!(matches!(begun, Begun::Answered(answer) if answer == b"first"));
    let reused = requests.begin::<u32, TestError>(Some(&keyed(2))).await;
    assert!(matches!(reused, Err(TestError::Key(KeyError::Reused))));
}

#[tokio::test]
async fn a_key_that_another_node_wrote_meanwhile_is_compared_too() {
    let creation = || Creation::Answered::<u32>(answered(1));
    let same = created(creation(), Some(&keyed(1)), TestError::NameTaken);
    assert!(matches!(same, Ok(Written::Before(answer)) if answer == b"first"));
    let other = created(creation(), Some(&keyed(2)), TestError::NameTaken);
    assert!(matches!(other, Err(TestError::Key(KeyError::Reused))));
    let taken = created(Creation::NameTaken, Some(&keyed(1)), TestError::NameTaken);
    assert!(matches!(taken, Err(TestError::NameTaken)));
}

#[tokio::test(start_paused = true)]
async fn equal_requests_wait_for_the_first_and_give_up_after_two_seconds() {
    let (requests, in_flight) = requests(None);
    let first = requests
        .begin::<u32, TestError>(Some(&keyed(1)))
        .await
        .unwrap();
    let began = tokio::time::Instant::now();
    let second = requests.begin::<u32, TestError>(Some(&keyed(1))).await;
    assert!(matches!(second, Err(TestError::Key(KeyError::InUse))));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    drop(first);
    assert!(
        requests
            .begin::<u32, TestError>(Some(&keyed(1)))
            .await
            .is_ok()
    );
    assert!(in_flight.keys.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_while_it_waits_leaves_nothing_behind() {
    let in_flight = Arc::new(KeysInFlight::new(Duration::from_secs(2)));
    let first = in_flight.enter(SCOPE).await.unwrap();
    let waiting = tokio::spawn({
        let in_flight = Arc::clone(&in_flight);
        async move { in_flight.enter(SCOPE).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    waiting.abort();
    let _ = waiting.await;
    drop(first);
    assert!(in_flight.keys.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_the_first_has_ended_all_who_wait_go_in_together() {
    let in_flight = Arc::new(KeysInFlight::new(Duration::from_secs(2)));
    let first = in_flight.enter(SCOPE).await.unwrap();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let in_flight = Arc::clone(&in_flight);
            tokio::spawn(async move { in_flight.enter(SCOPE).await })
        })
        .collect();
    // Until all of them wait.
    while Arc::strong_count(&in_flight.keys.lock()[&SCOPE]) <= 100 {
        tokio::task::yield_now().await;
    }
    drop(first);
    // All hold their right at the same time: none waits for another.
    let mut entered = Vec::new();
    for waiting in waiting {
        entered.push(waiting.await.unwrap().unwrap());
    }
    assert_eq!(entered.len(), 100);
    assert!(in_flight.keys.lock().is_empty());
}
