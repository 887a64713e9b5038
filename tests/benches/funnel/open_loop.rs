//! The open loop: requests at moments that are fixed beforehand, however slow the answers are, and
//! latencies that count from those moments, so that a slow answer hides nobody's waiting (coordinated
//! omission). It shares the machine with what it measures, so it is one thread that sends ready bytes
//! and looks at no more of an answer than its status and its length.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    thread::sleep,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

/// Between two looks when nothing has come: what is due may be sent, and an answer seen, so much late.
const PAUSE: Duration = Duration::from_micros(100);
/// How long after the end what was due before is still sent and waited for.
const GRACE: Duration = Duration::from_secs(5);

/// When requests are due.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as a connection is free: the closed loop, for finding out how much goes.
    Closed,
    /// So many per second.
    PerSecond(f64),
}

/// What came of it.
pub struct Outcome {
    /// Requests per second that were sent while the load was on.
    pub sent: f64,
    /// Successes per second, of answers that came while it was on.
    pub succeeded: f64,
    /// What successes took from when they were due and from when they were sent, in milliseconds, the
    /// least first.
    pub since_due: Vec<f64>,
    pub since_sent: Vec<f64>,
}

impl Outcome {
    fn of(elapsed: Duration, sent: u32, succeeded: u32, mut took: Vec<(f64, f64)>) -> Self {
        let mut since_due: Vec<f64> = took.iter().map(|(due, _)| *due).collect();
        since_due.sort_by(f64::total_cmp);
        took.sort_by(|one, other| one.1.total_cmp(&other.1));
        Self {
            sent: f64::from(sent) / elapsed.as_secs_f64(),
            succeeded: f64::from(succeeded) / elapsed.as_secs_f64(),
            since_due,
            since_sent: took.into_iter().map(|(_, sent)| sent).collect(),
        }
    }
}

/// The value that so many of a thousand do not exceed.
pub fn per_mille(sorted: &[f64], of_thousand: usize) -> f64 {
    sorted[(sorted.len() - 1) * of_thousand / 1_000]
}

/// Consumers who all ask for the first coupon, then for the second, and so on; where they left off is
/// kept, so that nobody asks twice.
pub struct Crowd {
    tokens: Vec<String>,
    coupons: Vec<String>,
    next: usize,
    /// The status of a success.
    wanted: u16,
}

impl Crowd {
    pub fn new(tokens: Vec<String>, coupons: Vec<String>, wanted: u16) -> Self {
        Self {
            tokens,
            coupons,
            next: 0,
            wanted,
        }
    }

    fn write_next(&mut self, request: &mut Vec<u8>) {
        let token = &self.tokens[self.next % self.tokens.len()];
        let coupon = &self.coupons[self.next / self.tokens.len() % self.coupons.len()];
        self.next += 1;
        request.clear();
        for part in [
            "POST /v1/coupons/",
            coupon,
            "/issued-coupons HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ",
            token,
            "\r\n\r\n",
        ] {
            request.extend_from_slice(part.as_bytes());
        }
    }

    /// Asks over so many connections for so long. Whatever is neither a success nor 503 is a bug.
    pub fn ask(
        &mut self,
        address: SocketAddr,
        connections: usize,
        pace: Pace,
        time: Duration,
    ) -> Outcome {
        let mut poll = Poll::new().unwrap();
        let mut lines: Vec<Line> = (0..connections)
            .map(|at| Line::open(address, at, &poll))
            .collect();
        // In turn: a node closes what has idled for long.
        let mut free: VecDeque<usize> = (0..connections).collect();
        let (mut request, mut events) = (Vec::new(), Events::with_capacity(1_024));
        let (mut due, mut sent, mut succeeded) = (0, 0, 0);
        let mut took = Vec::new();
        let begun = Instant::now();
        loop {
            let now = Instant::now();
            let is_on = now < begun + time;
            while let Some(at) = free.front() {
                let at_best = match pace {
                    Pace::Closed => now,
                    Pace::PerSecond(rate) => begun + Duration::from_secs_f64(f64::from(due) / rate),
                };
                if at_best > now || at_best >= begun + time {
                    break;
                }
                self.write_next(&mut request);
                lines[*at].send(&request, at_best);
                free.pop_front();
                due += 1;
                sent += u32::from(is_on);
            }
            poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
            for event in &events {
                let Token(at) = event.token();
                let Some(answer) = lines[at].hear() else {
                    continue;
                };
                free.push_back(at);
                assert!([self.wanted, 503].contains(&answer.status));
                if answer.status == self.wanted {
                    succeeded += u32::from(is_on);
                    took.push((answer.since_due, answer.since_sent));
                }
            }
            if events.is_empty() {
                let is_quiet = free.len() == connections;
                if !is_on && (is_quiet || now > begun + time + GRACE) {
                    return Outcome::of(time, sent, succeeded, took);
                }
                sleep(PAUSE);
            }
        }
    }
}

struct Answer {
    status: u16,
    since_due: f64,
    since_sent: f64,
}

/// A connection, with one request under way at most.
struct Line {
    stream: TcpStream,
    due: Instant,
    sent: Instant,
    received: Vec<u8>,
}

impl Line {
    fn open(address: SocketAddr, at: usize, poll: &Poll) -> Self {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        // A new connection must ask at once, one that has asked may idle.
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
            .unwrap();
        let (mut received, mut some) = (Vec::new(), [0; 4_096]);
        while whole(&received).is_none() {
            let read = stream.read(&mut some).unwrap();
            assert!(read > 0, "the node has closed a connection");
            received.extend_from_slice(&some[..read]);
        }
        stream.set_nonblocking(true).unwrap();
        let mut stream = TcpStream::from_std(stream);
        let registry = poll.registry();
        registry
            .register(&mut stream, Token(at), Interest::READABLE)
            .unwrap();
        Self {
            stream,
            due: Instant::now(),
            sent: Instant::now(),
            received: Vec::new(),
        }
    }

    fn send(&mut self, request: &[u8], due: Instant) {
        (self.due, self.sent) = (due, Instant::now());
        // There is room: what was sent before has been answered.
        self.stream.write_all(request).unwrap();
    }

    /// The answer, once it is there as a whole.
    fn hear(&mut self) -> Option<Answer> {
        let mut some = [0; 4_096];
        let status = loop {
            match self.stream.read(&mut some) {
                Ok(0) => panic!("the node has closed a connection"),
                Ok(read) => self.received.extend_from_slice(&some[..read]),
                // Not before all has been read does another event come.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) => panic!("{error}"),
            }
            if let Some(status) = whole(&self.received) {
                break status;
            }
        };
        self.received.clear();
        let millis = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
        Some(Answer {
            status,
            since_due: millis(self.due),
            since_sent: millis(self.sent),
        })
    }
}

/// The status of a whole answer.
fn whole(received: &[u8]) -> Option<u16> {
    const LENGTH: &str = "\r\ncontent-length: ";
    let text = std::str::from_utf8(received).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (_, length) = head.split_once(LENGTH).expect("an answer has a length");
    let length = length.lines().next()?.parse().unwrap();
    (body.len() >= length).then(|| head[9..12].parse().unwrap())
}
