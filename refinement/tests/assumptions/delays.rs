//! Old bugs of Totem that violate nothing here: a timer, or the next processor to look, finds out later what
//! goes wrong. They are no mutants, since nothing kills them.

use super::report_within;
use quorate_models::protocol::Protocol;
use quorate_models::totem::rules::Rules;
use quorate_models::totem::{Totem, mutants::Mutant};
use quorate_refinement::engine::Verdict;
use quorate_refinement::evidence::pinned;

/// Enough for each of these configurations.
const STATES: usize = 800_000;

/// Searches these configurations to their ends.
fn violates_nothing(mutate: fn(&mut Rules), configurations: &[&str]) {
    let mutant = Mutant {
        mutate,
        ..Totem::MUTANTS[0]
    };
    let results = pinned::all().expect("the results are readable");
    for name in configurations {
        let configuration = Totem::configuration(name);
        let report = report_within(configuration.system(Some(&mutant)), STATES);
        assert_eq!(report.stopped, None, "{name} is searched to its end");
        let mut findings = report.findings.iter();
        let violated = findings.find(|it| it.verdict == Verdict::Violated);
        assert_eq!(violated.map(|it| it.claim.name), None, "{name}");
        // The bug is there: the search finds other states than those of the protocol.
        let protocol = &results[&format!("totem/{name}")];
        assert_ne!(report.transitions, protocol.transitions, "{name}");
    }
}

/// corosync, d9914003. The token of the other is lost, too, or its ring announced.
#[test]
fn who_ignores_a_join_that_tells_nothing_new_joins_later() {
    violates_nothing(
        |rules| rules.heeds_less = || false,
        &["live-two", "live-boot-resend"],
    );
}

/// corosync, f127cb97. The token of a ring that does not come about is lost.
#[test]
fn who_waits_for_a_ring_that_is_dead_joins_later() {
    violates_nothing(
        |rules| rules.is_before = |number, ring| number <= ring,
        &["live-two", "live-boot-resend", "live-suspicion"],
    );
}

/// corosync, b8878d2e. A token that is sent again so often comes anew.
#[test]
fn who_expects_the_loss_later_after_a_repetition_notices_it_later() {
    violates_nothing(
        |rules| rules.repeating_postpones_loss = || true,
        &["live-resend"],
    );
}

/// A processor that has agreed to other sets refuses the commit token.
#[test]
fn who_counts_an_old_agreement_forms_no_ring() {
    violates_nothing(
        |rules| rules.still_agree = |before, id| before | &[id].into(),
        &["boot-two", "false-suspicion-newest"],
    );
}

/// corosync, 0f959ea9. A processor sees at most one visit without the flag too early, because the next one that
/// has something to send sets it again.
#[test]
fn a_processor_that_counts_on_after_the_flag_ends_no_recovery_too_early() {
    violates_nothing(
        |rules| rules.still_clear = |clear| clear,
        &["recovery-flags"],
    );
}

/// corosync, 4ee84c51. The second token of a ring is older than the first, and is not taken.
#[test]
fn a_recovery_that_begins_twice_has_one_token() {
    violates_nothing(|rules| rules.begins = |_| true, &["commit-resend"]);
}
