//! What `quorate metrics` tells Prometheus, of real processes, by every protocol.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/running.rs"]
mod running;

use cluster::{Cluster, PATIENCE, eventually, put};
use quorate::config::NodeProtocol;
use running::Running;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

/// Asks for a page, and gives the head of the answer and its body.
fn ask(address: &str, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: nodes\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Serves the page of a cluster, and gives the address.
fn served(cluster: &Cluster) -> (Running, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("metrics").arg("--config");
    command.arg(cluster.config_file());
    command.args(["--address", "127.0.0.1:0"]);
    let mut metrics = Running::start(&mut command);
    let link = metrics.line(|line| line.starts_with("http://"));
    let address = link.strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap().to_owned();
    (metrics, address)
}

#[test]
fn prometheus_is_told_who_is_up_and_what_each_node_holds() {
    for protocol in NodeProtocol::ALL {
        let mut cluster = Cluster::start_of(*protocol, 3);
        put(&mut cluster.link(), "key", "value");
        let (_metrics, address) = served(&cluster);
        let address = address.as_str();
        let page = || {
            let (head, body) = ask(address, "GET", "/metrics");
            assert!(head.starts_with("HTTP/1.1 200 "), "{protocol}: {head}");
            assert!(head.contains("version=0.0.4"), "{protocol}: {head}");
            body
        };
        let has = |line: &str| {
            eventually(line, || page().lines().any(|it| it == line).then_some(()));
        };
        for node in 0..3 {
            has(&format!("quorate_up{{node=\"{node}\"}} 1"));
            has(&format!("quorate_keys{{node=\"{node}\"}} 1"));
        }
        has("quorate_quorum 1");
        for (of, kept) in [
            ("journal_bytes", true),
            (protocol.generation(), true),
            ("generation", false),
            (
                "follower_missing_positions",
                *protocol != NodeProtocol::Totem,
            ),
        ] {
            let is_told = |page: &str| {
                page.lines()
                    .any(|line| line.starts_with(&format!("quorate_{of}{{")))
            };
            eventually(of, || (is_told(&page()) == kept).then_some(()));
        }
        cluster.kill(0);
        has("quorate_up{node=\"0\"} 0");
        assert!(!page().contains("quorate_keys{node=\"0\"}"), "{protocol}");
        cluster.kill(1);
        has("quorate_quorum 0");
        assert!(ask(address, "GET", "/").0.contains(" 404 "), "{protocol}");
        assert!(ask(address, "POST", "/metrics").0.contains(" 405 "));
    }
}

/// A body that never comes, and one of more bytes than there are.
#[test]
fn a_request_with_a_body_hinders_no_other() {
    let cluster = Cluster::start(1);
    let (_metrics, address) = served(&cluster);
    let address = address.as_str();
    let held = ["2000", "18446744073709551615"].map(|length| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head =
            format!("GET /metrics HTTP/1.1\r\nHost: nodes\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut told = [0; 12];
        stream.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"HTTP/1.1 413", "{length}");
        stream
    });
    let (head, body) = ask(address, "GET", "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(body.contains("quorate_up{node=\"0\"} 1"), "{body}");
    drop(held);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cluster = Cluster::start(1);
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("metrics").arg("--config");
    command.arg(cluster.config_file());
    command.args(["--address", &address]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(&format!("{address} cannot be bound")),
        "{told}"
    );
    assert!(told.contains("take another --address"), "{told}");
}
