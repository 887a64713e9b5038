//! The primitives of `application`'s own `sync` module, once more, as shuttle's: every use of one is
//! a point at which another thread may go on. [`interleavings`](crate::interleavings) compiles
//! against these.
//!
//! They do what the originals promise and nothing beyond that, or the exploration would prove
//! nothing.

use std::sync::Arc;

use shuttle::sync::MutexGuard;

/// `parking_lot::Mutex`: `lock` answers the guard itself.
#[derive(Debug)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}

/// `arc_swap::ArcSwap`: an `Arc` that is read and replaced as a whole.
#[derive(Debug)]
pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

impl<T> ArcSwap<T> {
    pub(crate) fn from_pointee(value: T) -> Self {
        Self(Mutex::new(Arc::new(value)))
    }

    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.lock())
    }

    /// Read, copy, update: `change` may be called several times, and counts only when what it was
    /// given is still there.
    pub(crate) fn rcu(&self, mut change: impl FnMut(&Arc<T>) -> T) {
        loop {
            let seen = self.load();
            let next = Arc::new(change(&seen));
            let mut present = self.0.lock();
            if Arc::ptr_eq(&seen, &present) {
                *present = next;
                return;
            }
        }
    }
}
