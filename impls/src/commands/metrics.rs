//! `quorate metrics`: how the nodes of a cluster are, for Prometheus.

mod text;

use super::Usage;
use crate::output::say;
use anyhow::{Result, bail};
use quorate::client::link::Link;
use quorate::config::ClusterConfig;
use quorate::request::NodeStatus;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use text::{Page, page};
use tiny_http::{Header, Method, Request, Response, Server};

/// The path of the page, as Prometheus asks for it.
const PATH: &str = "/metrics";
/// The version of the format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A node that does not answer in this time is down. Prometheus itself waits 10 s.
const LIMIT: Duration = Duration::from_secs(1);

/// Of which cluster, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to serve the page; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:9464")]
    address: SocketAddr,
}

/// Serves the page until the process is ended. Each time that it is asked for, the nodes are asked how they
/// are.
pub fn run(args: &Args) -> Result<ExitCode> {
    let config = ClusterConfig::read(&args.config)?;
    let link = Link::new(config.cluster, config.nodes.clone())?;
    let mut link = link.with_key(config.client_key()?);
    let address = args.address;
    let server = Server::http(address).map_err(|error| {
        Usage(format!(
            "{address} cannot be bound: {error}; take another --address"
        ))
    })?;
    say!("http://{}{PATH}", server.server_addr());
    stdout().flush()?;
    for request in server.incoming_requests() {
        if request.body_length().is_some_and(|length| length != 0) {
            refuse(request)?;
        } else {
            // Who asked may have gone.
            _ = answer(request, config.protocol.generation(), || link.status(LIMIT));
        }
    }
    bail!("no connection is accepted any more at {address}; start it again")
}

/// Nobody has a reason to send a body. The server reads it to its end, however long it is said to be and
/// however slowly it comes, before it lets go of the request: in a thread of its own, so that nobody else
/// waits, nor ends where a body is said to be longer than memory.
fn refuse(request: Request) -> Result<()> {
    let refused = || Response::from_string("ask without a body\n").with_status_code(413);
    let thread = thread::Builder::new().name("refusing".to_owned());
    thread.spawn(move || _ = request.respond(refused()))?;
    Ok(())
}

fn answer<E: std::fmt::Display>(
    request: Request,
    generation: &str,
    ask: impl FnOnce() -> Result<Vec<Option<NodeStatus>>, E>,
) -> std::io::Result<()> {
    let told = |code, text: String| Response::from_string(text).with_status_code(code);
    if request.url() != PATH {
        return request.respond(told(404, format!("the page is {PATH}\n")));
    }
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(told(405, "ask with GET\n".to_owned()));
    }
    match ask() {
        Ok(found) => {
            let Page(text) = page(generation, &found);
            let header = format!("Content-Type: {CONTENT_TYPE}");
            let header: Header = header.parse().expect("it is a header");
            request.respond(Response::from_string(text).with_header(header))
        }
        Err(error) => request.respond(told(503, format!("{error}\n"))),
    }
}
