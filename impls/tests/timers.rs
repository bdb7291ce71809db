//! Short timers under load: `spawn` dies of its own, and not of ours.

use quorate::bell::Bell;
use quorate::clock::ClockThread;
use quorate::counters::Counters;
use quorate::layers::deadline::Deadline;
use quorate::layers::wire::{Datagram, Members, Wire};
use quorate::layers::{Doorbell, Stack};
use quorate::request::Packet;
use stateright::actor::{Actor, Id, Out, spawn};
use std::borrow::Cow;
use std::convert::Infallible;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Timers of one actor, so that deadlines are many.
const TIMERS: u8 = 8;
/// An event that takes longer than this will never happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Arms its timers again and again, and counts.
#[derive(Clone)]
struct Ticker {
    period: Duration,
    fired: Arc<AtomicU64>,
}

impl Ticker {
    fn every(period: Duration) -> Self {
        Ticker {
            period,
            fired: Arc::default(),
        }
    }

    fn arm<A: Actor<Timer = u8>>(&self, timer: u8, out: &mut Out<A>) {
        out.set_timer(timer, self.period..self.period * 2);
    }
}

impl Actor for Ticker {
    type Msg = Packet<u64>;
    type Timer = u8;
    type State = ();
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        for timer in 0..TIMERS {
            self.arm(timer, out);
        }
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, timer: &u8, out: &mut Out<Self>) {
        self.fired.fetch_add(1, Ordering::Relaxed);
        self.arm(*timer, out);
    }
}

fn free_address() -> SocketAddrV4 {
    match UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
    {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => unreachable!("bound to an IPv4 address"),
    }
}

/// Waits until `test` holds, while datagrams keep the actor busy. Whether it ever held.
fn under_load(address: SocketAddrV4, mut test: impl FnMut() -> bool) -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if test() {
            return true;
        }
        for _ in 0..100 {
            // An error is as good as a loss.
            let _ = socket.send_to(b"noise", address);
        }
        thread::yield_now();
    }
    false
}

fn run_plain(ticker: Ticker, address: SocketAddrV4) -> JoinHandle<bool> {
    thread::spawn(move || {
        let decode = |_: &[u8]| Ok::<_, Infallible>(Packet::Peer(0));
        let (none, unit) = (|_: &_| Ok(Vec::new()), |_: &[u8]| Ok(()));
        spawn(
            none,
            decode,
            |()| Ok(Vec::new()),
            unit,
            vec![(address, ticker)],
        )
        .is_err()
    })
}

fn run_layered(ticker: Ticker, address: SocketAddrV4) -> JoinHandle<bool> {
    let bell = Bell::new(address).unwrap();
    let members = Members::new((1, "raft"), vec![address], 0).with_bell(bell.address().unwrap());
    let timed = Deadline::new(ticker, ClockThread::start(bell));
    let wire = Wire::new(
        timed,
        members,
        Arc::new(Counters::default()),
        Arc::default(),
        |_| {},
    );
    thread::spawn(move || {
        spawn(
            |datagram: &Datagram| Ok::<_, Infallible>(datagram.0.clone()),
            |bytes| Ok(Datagram(bytes.to_vec())),
            |()| Ok(Vec::new()),
            |_| Ok(()),
            vec![(address, Stack(wire))],
        )
        .is_err()
    })
}

/// Why the layer exists. When this fails, Stateright has been repaired.
#[test]
fn timers_of_spawn_kill_it() {
    let address = free_address();
    let actor = run_plain(Ticker::every(Duration::from_micros(50)), address);
    assert!(
        under_load(address, || actor.is_finished()),
        "spawn has survived"
    );
    assert!(actor.join().unwrap(), "spawn panics");
}

#[test]
fn timers_of_ours_do_not() {
    let address = free_address();
    let ticker = Ticker::every(Duration::from_millis(1));
    let actor = run_layered(ticker.clone(), address);
    let fired = || 10_000 <= ticker.fired.load(Ordering::Relaxed);
    assert!(
        under_load(address, fired),
        "fired {}",
        ticker.fired.load(Ordering::Relaxed)
    );
    assert!(!actor.is_finished());
}
