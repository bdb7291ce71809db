//! The state of a processor, as traces and pages show it: its phase first, then the ring that was installed
//! last. Fields that are as at the start are left out.

use super::flow::Flow;
use super::log::{Component, Log, Stage};
use super::message::Ids;
use super::state::{Installed, Phase, Recovery, Ring, State, Termination};
use std::fmt::{self, Debug, Formatter};

impl Debug for State {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (procs, fails) = (Ids(&self.procs), Ids(&self.fails));
        match &self.phase {
            Phase::Operational { held } => {
                f.write_str("in ")?;
                show_installed(f, &self.installed)?;
                if let Some(token) = held {
                    write!(f, ", holds {token:?}")?;
                }
            }
            Phase::Gather { consensus } => {
                let agree = Ids(consensus);
                write!(f, "gathers {procs} fails {fails} agree {agree}, was in ")?;
                show_installed(f, &self.installed)?;
            }
            Phase::Commit { sent, members } => {
                write!(f, "commits {:?} {}, was in ", self.ring, Ids(members))?;
                show_installed(f, &self.installed)?;
                if let Some(token) = sent {
                    write!(f, ", sent {token:?}")?;
                }
            }
            Phase::Gone => {
                f.write_str("has left, was in ")?;
                show_installed(f, &self.installed)?;
            }
            Phase::Recovery(recovery) => {
                f.write_str("recovers ")?;
                show_recovery(f, recovery)?;
                f.write_str(", was in ")?;
                show_installed(f, &self.installed)?;
            }
        }
        if let Some(component) = &self.component {
            show_log(f, &self.persistent.log, component)?;
        }
        if !self.queue.is_empty() {
            write!(f, ", wants {:?}", self.queue)?;
        }
        if self.left != Termination::default() {
            f.write_str(", left")?;
            show_termination(f, &self.left)?;
        }
        if self.number_max != self.ring.number {
            write!(f, ", heard of number {}", self.number_max)?;
        }
        if self.persistent.number != self.ring.number {
            write!(f, ", wrote number {}", self.persistent.number)?;
        }
        Ok(())
    }
}

fn show_log(f: &mut Formatter<'_>, log: &Log, component: &Component) -> fmt::Result {
    let (stage, decided) = (&component.stage, component.decided);
    match stage {
        Stage::Minority => f.write_str(", no quorum")?,
        Stage::Exchange(exchange) => {
            let told = exchange.reports.keys().copied().collect::<Vec<_>>();
            write!(f, ", exchanges logs, heard of {}", Ids(&told))?;
            if !exchange.entries.is_empty() {
                write!(f, ", has {:?}", exchange.entries)?;
            }
            if !exchange.waiting.is_empty() {
                write!(f, ", waiting {:?}", exchange.waiting)?;
            }
        }
        Stage::Primary { .. } => f.write_str(", primary")?,
        Stage::Stopped { .. } => f.write_str(", stopped")?,
    }
    let (accepted, commands) = (log.accepted, &log.commands);
    write!(f, ", log of {accepted} {commands:?} decided {decided}")
}

fn show_installed(f: &mut Formatter<'_>, installed: &Installed) -> fmt::Result {
    show_ring(f, &installed.ring)?;
    write!(f, " delivered {}", installed.delivered)?;
    if !installed.obligation.is_empty() {
        write!(f, " for {}", Ids(&installed.obligation))?;
    }
    Ok(())
}

fn show_recovery(f: &mut Formatter<'_>, recovery: &Recovery) -> fmt::Result {
    show_ring(f, &recovery.ring)?;
    let (together, obligation) = (Ids(&recovery.together), Ids(&recovery.obligation));
    write!(f, " together {together} for {obligation}")?;
    write!(f, " delivered {}", recovery.delivered)?;
    if !recovery.queue.is_empty() {
        write!(f, " sends again {:?}", recovery.queue)?;
    }
    if recovery.begun {
        f.write_str(" begun")?;
    }
    show_termination(f, &recovery.termination)
}

fn show_termination(f: &mut Formatter<'_>, termination: &Termination) -> fmt::Result {
    let Termination {
        clear,
        end,
        complete,
        has_set,
    } = termination;
    write!(f, " clear {clear} end {end} complete {complete}")?;
    if *has_set {
        f.write_str(" has set the flag")?;
    }
    Ok(())
}

fn show_ring(f: &mut Formatter<'_>, ring: &Ring) -> fmt::Result {
    write!(
        f,
        "{:?} {} aru {}",
        ring.id,
        Ids(&ring.members),
        ring.store.aru()
    )?;
    if 0 < ring.store.discarded() {
        write!(f, " discarded {}", ring.store.discarded())?;
    }
    let held: Vec<_> = ring.store.iter().collect();
    if !held.is_empty() {
        write!(f, " holds {held:?}")?;
    }
    if ring.turn.hop.is_some() {
        let turn = &ring.turn;
        let aru = turn.aru.cast_signed();
        write!(f, " last token aru {aru} safe {}", turn.safe)?;
        if turn.flow != Flow::default() {
            write!(f, " {:?}", turn.flow)?;
        }
        if 0 < turn.stalled {
            write!(f, " stalled {}", turn.stalled)?;
        }
    }
    if let Some(hop) = ring.turn.hop.filter(|hop| 0 < *hop) {
        write!(f, " hop {hop}")?;
    }
    if let Some(sent) = &ring.turn.sent {
        write!(f, " sent {sent:?}")?;
    }
    Ok(())
}
