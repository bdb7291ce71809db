//! `quorate client bench`: many clients at once, and what they measure.

use super::{FAILED, UNKNOWN};
use crate::output::say;
use anyhow::Result;
use hdrhistogram::Histogram;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use quorate::client::crowd::{Crowd, Ended, SESSIONS_MAX};
use quorate::config::ClusterConfig;
use quorate::layers::service::REQUEST_BYTES_MAX;
use quorate::machine::{Operation, Outcome};
use quorate::request::Answer;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

/// Bytes of a value, at most: its key and the request's name come on top.
const SIZE_MAX: u64 = REQUEST_BYTES_MAX as u64 - 64;
/// Time between two changes of the progress that is shown.
const TICK: Duration = Duration::from_millis(100);

/// How much load, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Requests under way at any time, each of a client of its own
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u64).range(1..=SESSIONS_MAX as u64))]
    outstanding: u64,
    /// Bytes of a value
    #[arg(long, value_name = "BYTES", default_value_t = 16,
          value_parser = clap::value_parser!(u64).range(..=SIZE_MAX))]
    size: u64,
    /// Seconds to measure
    #[arg(long, value_name = "S", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Seconds of load before that
    #[arg(long, value_name = "S", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(..=3600))]
    warm: u64,
}

/// Loads the cluster, and prints what was measured. Fails where a request did, or none was
/// answered.
pub fn run(args: &Args, config: &ClusterConfig, limit: Duration, json: bool) -> Result<ExitCode> {
    let mut bench = Bench::begin(args, config, limit)?;
    let bar = bar(json);
    bench.run(Duration::from_secs(args.warm), &bar)?;
    let tally = bench.run(Duration::from_secs(args.seconds), &bar)?;
    bar.finish_and_clear();
    if json {
        say!("{}", tally.to_json(args));
    } else {
        tally.print(args);
    }
    Ok(ExitCode::from(match tally.latencies.len() {
        0 => UNKNOWN,
        _ if tally.errors != 0 => FAILED,
        _ => 0,
    }))
}

fn bar(json: bool) -> ProgressBar {
    let target = match json || !io::stdout().is_terminal() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let style = ProgressStyle::with_template("{spinner} {elapsed:>5} {msg}");
    ProgressBar::with_draw_target(None, target).with_style(style.expect("the template is valid"))
}

/// Clients that store values, each under a key of its own, one after the other.
struct Bench {
    crowd: Crowd,
    limit: Duration,
    value: String,
    /// When the open request of each was begun.
    begun: Vec<Duration>,
}

impl Bench {
    fn begin(args: &Args, config: &ClusterConfig, limit: Duration) -> Result<Self> {
        let sessions = args.outstanding as usize;
        let key = config.client_key()?;
        let mut bench = Bench {
            crowd: Crowd::new(config.cluster, &config.nodes, sessions)?.with_key(key.as_ref()),
            limit,
            value: "v".repeat(args.size as usize),
            begun: vec![Duration::ZERO; sessions],
        };
        for session in 0..sessions {
            bench.put(session, bench.crowd.now())?;
        }
        Ok(bench)
    }

    fn put(&mut self, session: usize, now: Duration) -> Result<()> {
        self.begun[session] = now;
        let operation = Operation::Put {
            key: format!("bench-{session}"),
            value: self.value.clone(),
        };
        Ok(self.crowd.begin(session, operation, self.limit)?)
    }

    /// Keeps every client busy for a time, and counts what ends in it.
    fn run(&mut self, time: Duration, bar: &ProgressBar) -> Result<Tally> {
        let (start, resends, cpu) = (self.crowd.now(), self.crowd.resends(), cpu());
        let mut tally = Tally::new(start);
        let mut shown = start;
        while self.crowd.now() < start + time {
            for ended in self.crowd.wait()? {
                let now = self.crowd.now();
                tally.count(&ended, now, now - self.begun[ended.session]);
                self.put(ended.session, now)?;
            }
            let now = self.crowd.now();
            if shown + TICK <= now {
                shown = now;
                bar.set_message(tally.progress(now - start));
                bar.tick();
            }
        }
        let end = self.crowd.now();
        tally.answered(end);
        tally.time = end - start;
        tally.resends = self.crowd.resends() - resends;
        tally.cpu = self::cpu().saturating_sub(cpu);
        Ok(tally)
    }
}

/// Processor time of this process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().unwrap_or_default()
}

/// The outcome of the requests.
struct Tally {
    /// Of those that were executed, in microseconds.
    latencies: Histogram<u64>,
    /// Answered, and not executed.
    errors: u64,
    /// Not answered within the limit.
    unknown: u64,
    resends: u64,
    last: Duration,
    gap: Duration,
    time: Duration,
    cpu: Duration,
}

impl Tally {
    fn new(start: Duration) -> Self {
        Tally {
            latencies: Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are valid"),
            errors: 0,
            unknown: 0,
            resends: 0,
            last: start,
            gap: Duration::ZERO,
            time: Duration::ZERO,
            cpu: Duration::ZERO,
        }
    }

    fn count(&mut self, ended: &Ended, now: Duration, latency: Duration) {
        match ended.answer {
            Some(Answer::Done(Outcome::Stored)) => {
                self.latencies.saturating_record(latency.as_micros() as u64);
                self.answered(now);
            }
            Some(_) => self.errors += 1,
            None => self.unknown += 1,
        }
    }

    fn answered(&mut self, now: Duration) {
        self.gap = self.gap.max(now - self.last);
        self.last = now;
    }

    fn rate(&self, time: Duration) -> u64 {
        (self.latencies.len() as f64 / time.as_secs_f64()) as u64
    }

    fn micros(&self, quantile: f64) -> u64 {
        self.latencies.value_at_quantile(quantile)
    }

    fn progress(&self, time: Duration) -> String {
        let rate = HumanCount(self.rate(time));
        let latency = self.micros(0.99) as f64 / 1e3;
        format!("{rate:>9} operations a second, 99 % within {latency:.1} ms")
    }

    fn to_json(&self, args: &Args) -> Value {
        json!({
            "outstanding": args.outstanding,
            "size": args.size,
            "seconds": self.time.as_secs_f64(),
            "ops": self.latencies.len(),
            "ops_s": self.rate(self.time),
            "p50_us": self.micros(0.5),
            "p99_us": self.micros(0.99),
            "p999_us": self.micros(0.999),
            "max_us": self.latencies.max(),
            "errors": self.errors,
            "unknown": self.unknown,
            "resends": self.resends,
            "longest_gap_ms": self.gap.as_millis() as u64,
            "client_cpu_s": self.cpu.as_secs_f64(),
        })
    }

    fn print(&self, args: &Args) {
        let ms = |micros: u64| format!("{:.2} ms", micros as f64 / 1e3);
        let (ops, rate) = (self.latencies.len(), self.rate(self.time));
        say!(
            "{} outstanding puts of {} bytes, {:.1} s",
            args.outstanding,
            args.size,
            self.time.as_secs_f64()
        );
        say!(
            "executed     {}, {} a second",
            HumanCount(ops),
            HumanCount(rate)
        );
        say!(
            "latency      half within {}, 99 % {}, 99.9 % {}, all {}",
            ms(self.micros(0.5)),
            ms(self.micros(0.99)),
            ms(self.micros(0.999)),
            ms(self.latencies.max())
        );
        say!(
            "not executed {} refused, {} with an unknown outcome",
            HumanCount(self.errors),
            HumanCount(self.unknown)
        );
        say!("sent again   {}", HumanCount(self.resends));
        say!(
            "longest gap  {} between two answers",
            ms(self.gap.as_micros() as u64)
        );
        say!("client CPU   {:.2} s", self.cpu.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::request::Request;

    #[test]
    fn the_largest_value_can_be_submitted() {
        let request = Request {
            client: u64::MAX,
            number: u64::MAX,
            operation: Operation::Put {
                key: format!("bench-{SESSIONS_MAX}"),
                value: "v".repeat(SIZE_MAX as usize),
            },
        };
        let bytes = postcard::to_stdvec(&request).unwrap();
        assert!(bytes.len() <= REQUEST_BYTES_MAX, "{}", bytes.len());
    }
}
