//! Old bugs of Totem that violate nothing here: a timer, or the next processor to look, finds out later what
//! goes wrong. They are no mutants, since nothing kills them.

use super::{USUAL_STATES, is_complete_and_holds, report_within, violates_nothing};
use quorate_models::protocol::{Configuration, Mutant, Protocol};
use quorate_models::totem::rules::Rules;
use quorate_models::totem::{Config, Totem};

/// corosync, d9914003. The token of the other is lost, too, or its ring announced.
#[test]
fn who_ignores_a_join_that_tells_nothing_new_joins_later() {
    violates_nothing::<Totem>(
        |rules| rules.heeds_less = || false,
        &["live-two", "live-three", "live-boot-resend"],
    );
}

/// corosync, f127cb97. The token of a ring that does not come about is lost.
#[test]
fn who_waits_for_a_ring_that_is_dead_joins_later() {
    violates_nothing::<Totem>(
        |rules| rules.is_before = |number, ring| number <= ring,
        &[
            "live-two",
            "live-three",
            "live-boot-resend",
            "live-suspicion",
        ],
    );
}

/// corosync, b8878d2e. A token that is sent again so often comes anew.
#[test]
fn who_expects_the_loss_later_after_a_repetition_notices_it_later() {
    violates_nothing::<Totem>(
        |rules| rules.repeating_postpones_loss = || true,
        &["live-resend"],
    );
}

/// The same among three: the one after a processor that is gone hears no repetition, and notices the loss.
#[test]
fn who_expects_the_loss_later_after_a_repetition_hears_of_it_from_another() {
    let configuration = Configuration {
        config: || Config {
            resends: true,
            // This divides the size of no ring.
            hops: Some(4),
            ..Config::new(3)
        },
        ..Totem::configuration("live-three")
    };
    let mutant = Mutant {
        facts: Totem::MUTANTS[0].facts,
        mutate: |rules: &mut Rules| rules.repeating_postpones_loss = || true,
    };
    let [protocol, delayed] = [None, Some(&mutant)].map(|mutant| {
        let report = report_within(configuration.system(mutant), USUAL_STATES);
        is_complete_and_holds(&report, configuration.name);
        report.transitions
    });
    assert_ne!(protocol, delayed, "the bug is there");
}

/// A processor that has agreed to other sets refuses the commit token. Of two there is none: who gives the
/// other up, or is given up, is alone.
#[test]
fn who_counts_an_old_agreement_forms_no_ring() {
    violates_nothing::<Totem>(
        |rules| rules.still_agree = |before, id| before | &[id].into(),
        &["false-suspicion-newest", "live-three"],
    );
}

/// corosync, 0f959ea9. A processor sees at most one visit without the flag too early, because the next one
/// that has something to send sets it again.
#[test]
fn a_processor_that_counts_on_after_the_flag_ends_no_recovery_too_early() {
    violates_nothing::<Totem>(
        |rules| rules.still_clear = |clear| clear,
        &["recovery-flags"],
    );
}

/// corosync, 4ee84c51. The second token of a ring is older than the first, and is not taken.
#[test]
fn a_recovery_that_begins_twice_has_one_token() {
    violates_nothing::<Totem>(
        |rules| rules.begins = |_| true,
        &["commit-resend", "live-boot-resend"],
    );
}

/// corosync, issue 445. A first token says less than nothing, and whoever has nothing says so: that alone.
#[test]
fn a_first_token_that_says_less_than_nothing_loses_nothing() {
    violates_nothing::<Totem>(
        |rules| {
            (Totem::mutant("recovers-as-corosync").mutate)(rules);
            let totem = Rules::default();
            rules.keeps_recovered = totem.keeps_recovered;
            rules.prunes = totem.prunes;
            rules.left = totem.left;
        },
        &["token-loss-two"],
    );
}
