//! A gate at which calls wait, so that a test can stop a store at a point and know that it stands
//! there, without sleeping.

use tokio::{sync::watch, time::timeout};

use crate::patience::PATIENCE;

/// Shut until it is opened; then open for ever.
#[derive(Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(false),
            waiting: watch::Sender::new(0),
        }
    }
}

impl Gate {
    /// Lets all through, those who wait and those who come.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Returns once `calls` of them wait here at the same time.
    ///
    /// # Panics
    /// When they have not come after half a minute.
    pub async fn has_waiting(&self, calls: usize) {
        let mut waiting = self.waiting.subscribe();
        let come = waiting.wait_for(|now| *now >= calls);
        timeout(PATIENCE, come).await.unwrap().unwrap();
    }

    /// How many wait here now.
    pub fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Waits until the gate is open.
    pub async fn pass(&self) {
        let _place = Place::taken(&self.waiting);
        let mut open = self.open.subscribe();
        open.wait_for(|open| *open).await.unwrap();
    }
}

/// A place before the gate; given up also by a call that is dropped there.
struct Place<'a>(&'a watch::Sender<usize>);

impl<'a> Place<'a> {
    fn taken(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}
