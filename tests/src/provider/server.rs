//! The provider as a server that a test starts, stops, upsets and asks.

use std::{net::SocketAddr, sync::Arc};

use domain::{OrderId, SagaId, ports::PaymentAction};
use parking_lot::Mutex;
use tokio::{net::TcpSocket, runtime::Runtime, task::JoinHandle};

use super::{Asked, Deed, Misbehaviour, Moved, desk::Desk};

/// See the module's header. Without misbehaviour it keeps to the protocol. It serves from a thread of
/// its own, so that a test may block, and stops when dropped.
pub struct Provider {
    desk: Arc<Desk>,
    address: SocketAddr,
    /// Bound, never listening: nobody else gets the port while the provider is stopped.
    _place: TcpSocket,
    serving: Mutex<Option<JoinHandle<()>>>,
    runtime: Option<Runtime>,
}

impl Provider {
    /// A provider that knows nothing, on a free port. To be called in a Tokio runtime.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let place = socket(([127, 0, 0, 1], 0).into());
        let provider = Self {
            desk: Arc::default(),
            address: place.local_addr().unwrap(),
            _place: place,
            serving: Mutex::default(),
            runtime: Some(runtime.unwrap()),
        };
        provider.start_again();
        provider
    }

    /// What the setting `payments` is to be.
    pub fn base_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections and listens no more; what it waited with is never done. It forgets
    /// nothing that it has done.
    pub async fn stop(&self) {
        let serving = self.serving.lock().take();
        if let Some(serving) = serving {
            serving.abort();
            assert!(serving.await.unwrap_err().is_cancelled());
        }
    }

    /// Listens again, at the same address.
    pub fn start_again(&self) {
        let runtime = self.runtime.as_ref().unwrap();
        let _inside = runtime.enter();
        let listener = socket(self.address).listen(1024).unwrap();
        let serving = runtime.spawn(Arc::clone(&self.desk).serve(listener));
        assert!(self.serving.lock().replace(serving).is_none());
    }

    /// Misbehaves at the `nth` request of this kind, counted from 1 and from the first start on.
    pub fn misbehave(&self, asked: impl Into<Asked>, nth: usize, how: Misbehaviour) {
        self.desk.plan.lock().at(asked.into(), nth, how);
    }

    /// Misbehaves at every request of this kind that [`misbehave`](Self::misbehave) is not about.
    pub fn always(&self, asked: impl Into<Asked>, how: Misbehaviour) {
        self.desk.plan.lock().always(asked.into(), how);
    }

    /// Misbehaves at `permille` of all other requests, in one of these ways: the same ones for the
    /// same seed and order of requests.
    pub fn at_random(&self, seed: u64, permille: u64, how: Vec<Misbehaviour>) {
        self.desk.plan.lock().at_random(seed, permille, how);
    }

    /// Misbehaves no more. What waits goes on waiting.
    pub fn heal(&self) {
        self.desk.plan.lock().heal();
    }

    /// How often this was asked, whatever came of it; what the protocol does not know apart.
    pub fn asked(&self, asked: impl Into<Asked>) -> usize {
        self.desk.plan.lock().asked(asked.into())
    }

    /// All that has taken effect, in order.
    pub fn deeds(&self) -> Vec<Deed> {
        self.desk.till.lock().deeds.clone()
    }

    /// What has taken effect of one payment, in order.
    pub fn deeds_of(&self, payment: SagaId) -> Vec<PaymentAction> {
        let of_it = |deed: &Deed| (deed.payment == payment).then_some(deed.action);
        self.deeds().iter().filter_map(of_it).collect()
    }

    /// The money of all payments.
    pub fn moved(&self) -> Moved {
        self.desk.till.lock().moved(|_, _| true)
    }

    /// The money of one payment.
    pub fn moved_of(&self, payment: SagaId) -> Moved {
        self.desk.till.lock().moved(|of, _| of == payment)
    }

    /// The money of one order.
    pub fn moved_of_order(&self, order: OrderId) -> Moved {
        let order = order.to_string();
        self.desk.till.lock().moved(|_, of| of == order)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // Else the address would stay taken by connections that have ended.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}
