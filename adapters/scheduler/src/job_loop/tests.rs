use std::sync::{Arc, atomic::Ordering};
use std::time::Duration;

use domain::ports::Scheduler;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::sleep;

use crate::TokioScheduler;
use crate::testing::{Event, Ids, LEASE, Locks, Mood, Node, PERIOD, Step, TestJob};

fn node(script: impl Into<std::collections::VecDeque<Step>>) -> (Node, Arc<Locks>) {
    let locks = Arc::default();
    (Node::run(&locks, &Arc::default(), script), locks)
}

#[tokio::test(start_paused = true)]
async fn a_job_runs_in_its_period_or_a_little_earlier_each_time() {
    let (node, _) = node([]);
    sleep(PERIOD * 100).await;
    let began = node.job.began();
    assert!(began[0] >= PERIOD * 3 / 4 && began[0] <= PERIOD + PERIOD / 100);
    let gaps: Vec<_> = began.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(gaps.iter().all(|gap| *gap >= PERIOD * 3 / 4));
    assert!(gaps.iter().all(|gap| *gap <= PERIOD + PERIOD / 100));
    assert!(gaps.iter().any(|gap| *gap != gaps[0]), "no jitter");
}

#[tokio::test(start_paused = true)]
async fn after_a_full_step_the_next_follows_at_once() {
    let (node, _) = node([Step::Full, Step::Full]);
    sleep(PERIOD * 3 / 2).await;
    let began = node.job.began();
    assert_eq!(began.len(), 3);
    assert!(began[0] == began[1] && began[1] == began[2]);
}

#[tokio::test(start_paused = true)]
async fn what_wakes_a_job_runs_it_before_its_time() {
    let (node, _) = node([]);
    sleep(PERIOD / 10).await;
    node.job.wake.notify_one();
    sleep(PERIOD / 10).await;
    assert_eq!(node.job.began(), [PERIOD / 10]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_or_panics_is_counted_and_the_job_goes_on() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let rendered = recorder.handle();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let (node, _) = node([Step::Fails, Step::Panics]);
    sleep(PERIOD * 4).await;
    let steps = node.job.began().len();
    assert!(steps >= 4);
    let text = rendered.render();
    let line = |line: String| assert!(text.lines().any(|one| one == line), "{line} in {text}");
    line("firstcome_job_failures_total{job=\"test\"} 2".into());
    line(format!(
        "firstcome_job_done_total{{job=\"test\"}} {}",
        steps - 2
    ));
    line(format!(
        "firstcome_job_seconds_count{{job=\"test\"}} {steps}"
    ));
    assert!(text.contains("firstcome_job_last_run_timestamp_seconds{job=\"test\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn one_node_at_a_time_has_a_job_and_when_it_stops_another_has_it_at_once() {
    let (locks, ids) = (Arc::default(), Arc::default());
    let first = Node::run(&locks, &ids, []);
    sleep(PERIOD).await;
    let second = Node::run(&locks, &ids, []);
    sleep(PERIOD * 100).await;
    assert!(first.job.began().len() >= 100);
    assert_eq!(second.job.began(), []);
    first.scheduler.stop();
    first.running.await.unwrap();
    let steps = first.job.began().len();
    sleep(PERIOD * 2).await;
    assert!(!second.job.began().is_empty());
    assert_eq!(first.job.began().len(), steps);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_is_succeeded_when_its_lease_has_run_out() {
    let (locks, ids) = (Arc::default(), Arc::default());
    let first = Node::run(&locks, &ids, []);
    sleep(PERIOD).await;
    let second = Node::run(&locks, &ids, []);
    first.running.abort();
    let _ = first.running.await;
    sleep(LEASE + PERIOD * 2).await;
    let began = second.job.began();
    assert!(began[0] > LEASE - PERIOD * 2, "{began:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_keeps_its_lock_for_as_long_as_it_takes() {
    let (locks, ids) = (Arc::default(), Arc::default());
    let first = Node::run(&locks, &ids, [Step::Takes(LEASE * 10)]);
    sleep(PERIOD).await;
    let second = Node::run(&locks, &ids, []);
    sleep(LEASE * 10).await;
    let began = first.job.began()[0];
    assert_eq!(
        first.job.events()[..2],
        [Event::Began(began), Event::Ended(began + LEASE * 10)]
    );
    assert_eq!(second.job.began(), []);
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_lock_is_somebody_elses_is_cut_off() {
    let (node, locks) = node([Step::Takes(LEASE * 10)]);
    sleep(PERIOD).await;
    locks.steal("test");
    sleep(LEASE * 20).await;
    assert_eq!(node.job.events().len(), 1, "it went on");
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_lock_can_t_be_prolonged_is_cut_off_before_it_could_be_anothers() {
    for mood in [Mood::Fails, Mood::Hangs] {
        let (node, locks) = node([Step::Takes(LEASE - PERIOD)]);
        sleep(PERIOD).await;
        assert_eq!(node.job.events().len(), 1);
        *locks.mood.lock() = mood;
        sleep(LEASE).await;
        assert_eq!(node.job.events().len(), 1, "it went on");
        *locks.mood.lock() = Mood::Honest;
        sleep(LEASE).await;
        assert!(node.job.events().len() > 2, "the job does not go on");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_about_the_lock_no_step_begins() {
    for mood in [Mood::Fails, Mood::Hangs] {
        let (node, locks) = node([]);
        *locks.mood.lock() = mood;
        sleep(LEASE * 10).await;
        assert_eq!(node.job.began(), []);
        *locks.mood.lock() = Mood::Honest;
        sleep(LEASE).await;
        assert!(!node.job.began().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_just_given_is_not_asked_for_again() {
    let (node, locks) = node(vec![Step::Full; 1_000]);
    sleep(PERIOD * 3 / 2).await;
    assert!(node.job.began().len() > 1_000);
    assert_eq!(locks.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_the_step_end_begins_no_other_and_gives_the_lock_back() {
    let (node, locks) = node([Step::Takes(LEASE * 3)]);
    sleep(PERIOD).await;
    node.scheduler.stop();
    node.running.await.unwrap();
    let events = node.job.events();
    assert!(matches!(events[..], [Event::Began(_), Event::Ended(_)]));
    assert!(locks.is_free("test"));
}

#[tokio::test(start_paused = true)]
async fn no_job_waits_for_another() {
    let slow = TestJob::named("slow", [Step::Takes(Duration::MAX / 4)]);
    let quick = TestJob::named("quick", []);
    let locks: Arc<Locks> = Arc::default();
    let scheduler = TokioScheduler::new(locks, Arc::new(Ids::default()));
    let jobs = scheduler.run(vec![slow.clone(), quick.clone()]);
    tokio::select! {
        () = jobs => panic!("jobs run until they are stopped"),
        () = sleep(PERIOD * 10) => {}
    }
    assert_eq!(slow.began().len(), 1);
    assert!(quick.began().len() >= 9);
}
