//! Scripts that nobody should write have an error, and no script makes a panic.

use crate::hostile_script::check;
use quorate_models::catalog::transcript;
use quorate_models::script::Script;

/// A script with a word of each kind: settings, places, abbreviations, a title, a transcript.
const SOUND: &str = "\
# A leader crashes.
raft servers=2 requests=a,b writes=synced
timeout 0 Election
sync 0
deliver 0->1 RequestVote t1
sync 1
deliver 1->0 RequestVoteResponse granted
impossible timeout 0 Election
sync 0
request 0
show the leader
lose 0->1 AppendEntries [1:-]
crash 0 keep 1
recover 0
----
the leader
";

/// Headers, sound and not.
const HEADERS: &[&str] = &[
    "",
    "raft",
    "raft=raft",
    "=",
    "raft =",
    "raft ==",
    "raft servers",
    "raft servers=",
    "raft servers==3",
    "raft servers=3 servers=3",
    "raft servers=0",
    "raft servers=1",
    "raft servers=64",
    "raft servers=65",
    "raft servers=4294967296",
    "raft servers=18446744073709551615",
    "raft servers=18446744073709551616",
    "raft servers=-1",
    "raft servers=+3",
    "raft servers=\u{0663}",
    "raft entries=0",
    "raft window=0",
    "raft entries=0 window=18446744073709551615",
    "raft requests=,,,",
    "raft requests=a,,a no_op=off",
    "raft requests=\0,\u{202e}",
    "raft mutant=",
    "raft\0",
    "raft/",
    "/",
    "raft/election/election",
    "raft/election mutant=amnesia mutant=amnesia",
    "raft/late-answers",
    "raft network=for-ever dead=dropped restart=at-once",
    "zab servers=1 requests=a writes=synced",
    "zab servers=9 requests=a,b network=once",
    "zab servers=10",
    "zab/broadcast mutant=diff-for-trunc",
    "\u{feff}raft",
    "ra\u{301}ft",
];

/// Lines below a header.
const VERBS: &[&str] = &[
    "",
    "----",
    "----\n----",
    " ----",
    "show",
    "show \0",
    "impossible",
    "impossible impossible timeout 0",
    "impossible show",
    "timeout",
    "timeout 0",
    "timeout 18446744073709551615",
    "timeout 18446744073709551616",
    "timeout +0 Election",
    "timeout 0 Election\ntimeout 0 Election\ntimeout 0 Election",
    "timeout\u{a0}0\u{2003}Election",
    "deliver ->",
    "deliver 0->",
    "deliver 0->1->2",
    "deliver 0->0",
    "deliver 18446744073709551615->18446744073709551615 RequestVote",
    "crash 0 keep 18446744073709551615",
    "crash 0 keep 18446744073709551616",
    "crash 0 keep",
    "crash 0\ncrash 0",
    "crash 0\nrecover 0\nrecover 0",
    "restart 0 keep 0",
    "restart 0\nrestart 0",
    "request 0\nrequest 0",
    "request 9",
    "sync 0",
    "choose 0 a b",
    "duplicate 0->1\nlose 0->1",
    "timeout 0 Election\ndeliver 0->1 \u{301}",
    "timeout 0 Election\ndeliver 0->1 RequestVote \u{e9}\u{e9}",
    "timeout 0 Election\ndeliver 0->1 RequestVote\ndeliver 1->0 RequestVoteResponse\nrequest 0",
    "timeout 0 Election\r\ndeliver 0->1\r\n",
    "timeout 0 Lead\ntimeout 1 Follow(0)\ndeliver all within 0,1\nrequest 0\ndeliver all within 0,1",
    "timeout 0 Follow(0)\ntimeout 0 Drop(0)",
    "\u{b}timeout 0",
    "TIMEOUT 0 Election",
    "timeout 0 Election\r",
    "show\r\r\nshow",
];

/// Every cut of a script, and every flip of a bit of it.
#[test]
fn a_damaged_script_is_read_or_refused() {
    let sound = Script::parse(SOUND).expect("a script");
    transcript(&sound).expect("it runs");
    let sound = SOUND.as_bytes();
    for len in 0..=sound.len() {
        check(&sound[..len]);
    }
    for bit in 0..sound.len() * 8 {
        let mut flipped = sound.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        check(&flipped);
    }
}

#[test]
fn a_hostile_script_is_read_or_refused() {
    for header in HEADERS {
        for verbs in VERBS {
            check(format!("{header}\n{verbs}").as_bytes());
        }
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let nested = "impossible ".repeat(10_000) + "timeout 0";
    let title = format!("show {}", "\u{1f409}".repeat(100_000));
    let words = format!("timeout 0 {}", "Election ".repeat(10_000));
    let lines = "show\n".repeat(10_000);
    let brackets = format!("timeout 0 {}", "[".repeat(100_000));
    for verbs in [nested, title, words, lines, brackets] {
        check(format!("raft servers=2\n{verbs}\n").as_bytes());
    }
    let commands = "a,".repeat(1000);
    let verbs = "timeout 0 Election\ndeliver 0->1 RequestVote\ndeliver 1->0 RequestVoteResponse";
    let requests = "request 0\n".repeat(300);
    check(format!("raft servers=2 requests={commands}\n{verbs}\n{requests}").as_bytes());
    check(format!("{}\n{verbs}", "raft ".repeat(10_000)).as_bytes());
    check(&[0xff; 100]);
    check(&[0; 100]);
}
