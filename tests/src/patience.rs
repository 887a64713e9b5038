//! Waiting for what must come, by asking again and again. Where a signal can be awaited, await that.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// After this it hangs: no machine is that slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// What `probe` answers, once it answers anything.
///
/// # Panics
/// When that takes half a minute; says `what` has not come.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never came: {what}");
        sleep(PAUSE).await;
    }
}
