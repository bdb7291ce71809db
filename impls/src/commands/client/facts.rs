//! The part of a node's status that no column of the table has.

use quorate::request::{FollowerStatus, JournalStatus, NodeStatus, SyncStatus};
use std::collections::BTreeMap;

/// A sentence of each fact, in the words of the JSON.
pub fn of(status: &NodeStatus) -> Vec<String> {
    let details = status.details.iter();
    let mut facts: Vec<String> = details.map(|(name, it)| format!("{name} {it}")).collect();
    if !status.followers.is_empty() {
        facts.push(format!("followers {}", followers(&status.followers)));
    }
    facts.extend(status.journal.as_ref().map(journal));
    facts.push(format!("pid {}", status.pid));
    facts.push(format!("up {} s", status.uptime_s));
    facts
}

fn followers(followers: &BTreeMap<usize, Option<FollowerStatus>>) -> String {
    let told = followers.iter().map(|(node, progress)| match progress {
        Some(FollowerStatus {
            acknowledged,
            missing,
        }) => format!("{node} acknowledged {acknowledged}, missing {missing}"),
        None => format!("{node} not heard"),
    });
    let told: Vec<String> = told.map(|it| format!("({it})")).collect();
    told.join(" ")
}

fn journal(
    JournalStatus {
        bytes, last_sync, ..
    }: &JournalStatus,
) -> String {
    match last_sync {
        None => format!("journal {bytes} bytes, no sync since the start"),
        Some(SyncStatus { ago_ms, took_us }) => {
            let (ago, took) = (*ago_ms as f64 / 1e3, *took_us as f64 / 1e3);
            format!("journal {bytes} bytes, last sync {ago:.1} s ago took {took:.1} ms")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_follower_is_told() {
        let known = FollowerStatus {
            acknowledged: 120,
            missing: 2,
        };
        let told = followers(&BTreeMap::from([(0, Some(known)), (2, None)]));
        assert_eq!(told, "(0 acknowledged 120, missing 2) (2 not heard)");
    }

    #[test]
    fn a_journal_is_told_with_its_last_sync() {
        let told = |last_sync| {
            let bytes = 4608;
            journal(&JournalStatus {
                bytes,
                syncs: 3,
                last_sync,
            })
        };
        let sync = SyncStatus {
            ago_ms: 1234,
            took_us: 3456,
        };
        assert_eq!(
            told(Some(sync)),
            "journal 4608 bytes, last sync 1.2 s ago took 3.5 ms"
        );
        assert_eq!(told(None), "journal 4608 bytes, no sync since the start");
    }
}
