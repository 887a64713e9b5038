//! A Redis Cluster of three masters without replicas.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::port;
use super::process::Process;
use super::redis::{ask, start_in, url};
use crate::patience::PATIENCE;

/// What each of the masters has of the 16,384 slots.
const SLOTS: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];
const PAUSE: Duration = Duration::from_millis(20);

/// A running cluster. Its masters keep their place in it on disk, and nothing else: one that dies
/// comes back empty. While one is down, the others answer nothing either, as is Redis's default.
pub struct RedisCluster {
    masters: Vec<(Process, SocketAddr)>,
    /// Last: it goes after the processes.
    _folder: Folder,
}

impl RedisCluster {
    /// The one that all tests of this process share. Must be neither killed nor flushed.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One of the test's own.
    pub fn start() -> Self {
        let folder = Folder::new();
        let buses = SLOTS.map(|_| port::free());
        let masters = buses.iter().enumerate().map(|(number, bus)| {
            let own = folder.path().join(number.to_string());
            std::fs::create_dir(&own).unwrap();
            let settings =
                format!("--cluster-enabled yes --cluster-port {bus} --cluster-node-timeout 2000");
            let settings: Vec<_> = settings.split(' ').map(str::to_owned).collect();
            start_in(&own, &settings)
        });
        let cluster = Self {
            masters: masters.collect(),
            _folder: folder,
        };
        for (number, (&(first, last), address)) in SLOTS.iter().zip(cluster.addresses()).enumerate()
        {
            let mut slots = redis::cmd("CLUSTER");
            slots.arg("ADDSLOTSRANGE").arg(first).arg(last);
            let _: String = ask(address, slots);
            let mut epoch = redis::cmd("CLUSTER");
            epoch.arg("SET-CONFIG-EPOCH").arg(number + 1);
            let _: String = ask(address, epoch);
        }
        let first = cluster.masters[0].1;
        for (address, bus) in cluster.addresses().zip(buses).skip(1) {
            let (ip, port) = (address.ip().to_string(), address.port());
            let mut meet = redis::cmd("CLUSTER");
            meet.arg("MEET").arg(ip).arg(port).arg(bus);
            let _: String = ask(first, meet);
        }
        cluster.wait_until_it_serves();
        cluster
    }

    /// Where the masters listen, also when they are down.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.masters.iter().map(|(_, address)| *address)
    }

    /// The same as URLs.
    pub fn urls(&self) -> Vec<String> {
        self.addresses().map(url).collect()
    }

    /// All of them as one URL.
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self
            .addresses()
            .map(|address| address.to_string())
            .collect();
        format!("redis://{}", addresses.join(","))
    }

    /// `kill -9` of the n-th master; returns when it is gone.
    pub fn kill(&self, number: usize) {
        self.masters[number].0.kill();
    }

    /// Starts the n-th master after [`kill`](Self::kill), empty; returns when the cluster serves.
    ///
    /// # Panics
    /// When it still runs.
    pub fn restart(&self, number: usize) {
        self.masters[number].0.restart();
        self.wait_until_it_serves();
    }

    /// Loses everything at once, while it runs.
    pub fn flushall(&self) {
        for address in self.addresses() {
            let _: String = ask(address, redis::cmd("FLUSHALL"));
        }
    }

    fn wait_until_it_serves(&self) {
        let begun = Instant::now();
        while !self.addresses().all(knows_every_slot) {
            assert!(begun.elapsed() < PATIENCE, "the cluster does not serve");
            sleep(PAUSE);
        }
    }
}

fn knows_every_slot(address: SocketAddr) -> bool {
    let mut command = redis::cmd("CLUSTER");
    let info: String = ask(address, {
        command.arg("INFO");
        command
    });
    ["cluster_state:ok", "cluster_slots_ok:16384"]
        .iter()
        .all(|line| info.lines().any(|said| said == *line))
}
