//! Old bugs of Totem that violate nothing here: whatever goes wrong is found out later, by a timer or by the
//! next to look. They are no mutants, since nothing kills them.

use super::violates_nothing;
use quorate_models::totem::Totem;

/// corosync, d9914003. The token of the other is lost, too, or its ring announced.
#[test]
fn who_ignores_a_join_that_tells_nothing_new_joins_later() {
    violates_nothing::<Totem>(
        |rules| rules.heeds_less = || false,
        &["live-two", "live-boot-resend"],
    );
}

/// corosync, f127cb97. The token of a ring that does not come about is lost.
#[test]
fn who_waits_for_a_ring_that_is_dead_joins_later() {
    violates_nothing::<Totem>(
        |rules| rules.is_before = |number, ring| number <= ring,
        &["live-two", "live-boot-resend", "live-suspicion"],
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

/// Who has agreed to other sets refuses the commit token.
#[test]
fn who_counts_an_old_agreement_forms_no_ring() {
    violates_nothing::<Totem>(
        |rules| rules.still_agree = |before, id| before | &[id].into(),
        &["boot-two", "false-suspicion-newest"],
    );
}
