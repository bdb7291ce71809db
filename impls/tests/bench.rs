//! `quorate client bench` against real processes.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::Cluster;
use serde_json::Value;
use std::process::{Command, Output};

fn bench(cluster: &Cluster, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command
        .arg("client")
        .arg("--config")
        .arg(cluster.config_file());
    command.arg("bench").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// More sessions than one socket has.
#[test]
fn a_load_is_measured() {
    let cluster = Cluster::start(3);
    let load = ["--outstanding", "100", "--size", "1000", "--seconds", "1"];
    let output = bench(&cluster, &[&load[..], &["--warm", "0", "--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stderr), "", "nothing but the object");
    let measured = json(&output);
    let number = |key: &str| measured[key].as_f64().expect(key);
    assert_eq!((number("outstanding"), number("size")), (100.0, 1000.0));
    assert!(1.0 <= number("seconds"), "{measured}");
    assert!(
        0.0 < number("ops_s") && number("ops_s") <= number("ops"),
        "{measured}"
    );
    for pair in ["p50_us", "p99_us", "p999_us", "max_us"].windows(2) {
        assert!(number(pair[0]) <= number(pair[1]), "{measured}");
    }
    for key in ["errors", "unknown"] {
        assert_eq!(number(key), 0.0, "{measured}");
    }
    for key in ["resends", "longest_gap_ms", "client_cpu_s"] {
        assert!(0.0 <= number(key), "{measured}");
    }
    let done = |applied: u64| number("ops") <= applied as f64;
    let stored = cluster.until(0, "all is applied", |status| done(status.applied));
    assert!((1..=100).contains(&stored.keys), "{stored:?}");
}

/// Nobody asks it again once the leader has answered.
#[test]
fn a_dead_follower_costs_nothing() {
    for behind_the_leader in [1, 2] {
        let mut cluster = Cluster::start(3);
        let dead = (cluster.leader() + behind_the_leader) % 3;
        cluster.kill(dead);
        let load = ["--outstanding", "8", "--seconds", "1", "--json"];
        let measured = json(&bench(&cluster, &load));
        let number = |key: &str| measured[key].as_u64().expect(key);
        assert_eq!(number("unknown"), 0, "{measured}");
        assert!(number("resends") < number("ops") / 2, "{measured}");
    }
}

#[test]
fn a_pipe_gets_lines() {
    let cluster = Cluster::start(1);
    let output = bench(&cluster, &["--seconds", "1", "--warm", "0"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stderr), "");
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    let starts = [
        "64 outstanding puts of 16 bytes, 1.0 s",
        "executed     ",
        "latency      ",
        "not executed 0 refused, 0 with an unknown outcome",
        "sent again   ",
        "longest gap  ",
        "client CPU   ",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start) && !line.contains('\x1b'), "{line}");
    }
}

#[test]
fn outcomes_that_are_unknown_are_counted() {
    let mut cluster = Cluster::start(1);
    cluster.kill(0);
    let load = ["--outstanding", "3", "--seconds", "1", "--json"];
    let output = bench(&cluster, &[&load[..], &["--timeout-ms", "100"]].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let measured = json(&output);
    assert_eq!(measured["ops"], 0);
    assert!(3 <= measured["unknown"].as_u64().unwrap(), "{measured}");
}

#[test]
fn loads_that_cannot_be_are_refused() {
    let cluster = Cluster::start(1);
    for (flag, value, expected) in [
        ("--outstanding", "0", "1..=4096"),
        ("--outstanding", "4097", "1..=4096"),
        ("--size", "32705", "0..=32704"),
        ("--seconds", "0", "1..=3600"),
        ("--seconds", "few", "invalid digit"),
    ] {
        let output = bench(&cluster, &[flag, value]);
        let sentence = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{flag} {value}: {sentence}");
        assert!(
            sentence.contains(flag) && sentence.contains(expected),
            "{flag} {value}: {sentence}"
        );
    }
}

/// The largest value fits a request, and a message of the protocol.
#[test]
fn the_largest_values_are_stored() {
    let cluster = Cluster::start(3);
    let load = ["--outstanding", "2", "--size", "32704", "--seconds", "1"];
    let output = bench(&cluster, &[&load[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
