//! The runs of the good period: what is kept of it, and what is found of the claims about it.

use super::super::runs::{
    Bound, Edge, Graph, Judgement, Lasso, Mark, Source, State, States, Times, can_reach, leads_to,
    no_livelock, settles, times,
};
use super::super::trace::Trace;
use super::anew::Anew;
use super::expand::Goal;
use super::ids::ComponentId;
use super::search::{Finding, Measure, Progress, StopReason, Verdict};
use super::table::{ROOT, RowId};
use super::{End, Explorer, Options};
use quorate_models::system::claim::{self, Check, Claim, ClaimFacts, InPeriod, Run};
use quorate_models::system::{GhostState, Participant};
use rustc_hash::FxHashMap;
use std::mem::{Discriminant, discriminant};

/// The known part of the good period.
#[derive(Default)]
pub(super) struct Runs {
    graph: Graph,
    /// Where the good period begins.
    begin: States,
    /// Of each claim that a judge of runs decides, what was found.
    findings: Vec<Option<RunFinding>>,
    /// Why some of that is inconclusive, if it is not because the search ended early.
    pub(super) ended: Option<StopReason>,
    /// So many states were there when the runs were last judged.
    judged: usize,
}

/// The states of a search in which runs are judged for the first time before it is complete; then whenever
/// they are twice as many.
const FIRST_LOOK: usize = 1 << 18;

/// The finding about a claim.
pub(super) struct RunFinding {
    pub(super) verdict: Verdict,
    pub(super) bound: Vec<Measure>,
    /// The run that shows it: the row where it begins to be told, and the rows after it.
    way: Option<Way>,
}

/// A run from some row.
struct Way {
    rows: Vec<RowId>,
    /// The row, by position, from which on the run goes round; or stops, if it is the last one. `None`
    /// if the run is told to no end.
    round: Option<usize>,
}

impl From<Lasso> for Way {
    fn from(Lasso { stem, cycle }: Lasso) -> Self {
        let round = Some(stem.len() - 1);
        let rows = stem.into_iter().chain(cycle).collect();
        Way { rows, round }
    }
}

impl Runs {
    /// The finding about a claim, if a judge of runs decides it.
    pub(super) fn finding(&self, claim: usize) -> Option<&RunFinding> {
        self.findings.get(claim)?.as_ref()
    }

    /// The edges, and where the good period begins.
    pub(super) fn into_parts(self) -> (Graph, States) {
        (self.graph, self.begin)
    }

    /// Notes that some successors of these rows are not known.
    pub(super) fn leave_open(&mut self, rows: &[RowId]) {
        for row in rows {
            if (*row as usize) < self.graph.len() && self.graph.inside.has(*row) {
                self.graph.open.add(*row);
            }
        }
    }
}

impl<A: Participant, G: GhostState> Explorer<'_, A, G> {
    /// Keeps the edges to the successors of the first chunks; or none, if there are too many.
    pub(super) fn keep_edges(&mut self, chunks: usize) {
        if !self.store.keeps_edges {
            return;
        }
        let (first, rows) = (self.runs.graph.len(), self.rows.len());
        let Runs { graph, begin, .. } = &mut self.runs;
        graph.grow(rows);
        begin.grow(rows);
        for row in (first as RowId)..(rows as RowId) {
            if self.store.is_good(self.rows.row(row)) {
                graph.inside.add(row);
            }
        }
        for successors in &self.successors[..chunks] {
            for position in 0..successors.len() {
                let (from, to) = (successors.entry(position)[0], successors.id(position));
                let mark = successors.mark(position);
                if from != ROOT && graph.inside.has(from) {
                    if graph.keeps_edges() {
                        graph.add(from, Edge { to, mark });
                    }
                    if (self.options.edges as usize) < graph.edges_len() {
                        graph.drop_edges();
                    }
                } else if graph.inside.has(to) {
                    begin.add(to);
                }
            }
        }
    }

    /// Ends the search if a claim about runs is violated already, where that is what it looks for. So a
    /// system whose runs have ever new states is found out.
    ///
    /// # Errors
    ///
    /// If so.
    pub(super) fn look_at_runs(&mut self, progress: &Progress) -> Result<(), End> {
        let Options {
            until,
            stops_at_violation,
            ..
        } = *self.options;
        let looks = self.store.keeps_edges && (until.is_some() || stops_at_violation);
        let is_due = self.runs.judged.max(FIRST_LOOK / 2) <= self.rows.len() / 2;
        if !looks || !is_due || !self.runs.graph.keeps_edges() {
            return Ok(());
        }
        let open = self.runs.graph.open.clone();
        self.judge_runs(progress);
        self.runs.graph.open = open;
        self.runs.judged = self.rows.len();
        // Only what a run shows counts: a claim that holds so far may be violated later.
        let findings = std::mem::take(&mut self.runs.findings);
        let is_violated = |found: &Option<RunFinding>| {
            let found = found.as_ref();
            found.is_some_and(|it| it.verdict == Verdict::Violated)
        };
        let is_decided = until.is_some_and(|claim| {
            let found = findings[claim].as_ref();
            found.is_some_and(RunFinding::is_shown)
        });
        let is_stopped = stops_at_violation && findings.iter().any(is_violated);
        let reason = is_decided
            .then_some(StopReason::Decided)
            .or(is_stopped.then_some(StopReason::Violation));
        reason.map_or(Ok(()), |reason| Err(End::Stop(reason)))
    }

    /// Judges the claims about runs of the good period, as far as it is known.
    pub(super) fn judge_runs(&mut self, progress: &Progress) {
        if !self.store.keeps_edges {
            return;
        }
        for row in (self.expanded as RowId)..(self.rows.len() as RowId) {
            self.runs.leave_open(&[row]);
        }
        let (goals, depths) = (self.goals(), self.level_ends());
        let mut runs = std::mem::take(&mut self.runs);
        let (graph, begin) = (&runs.graph, &runs.begin);
        let system = self.store.system.clone();
        if graph.keeps_edges() {
            let judge = RunJudge::new(graph, begin, depths);
            runs.findings = judge.all(&system.claims, &goals);
        } else {
            // States that are expanded anew do not count for coverage again.
            let coverage: Vec<_> = self.workers.iter().map(|it| it.coverage.clone()).collect();
            let anew = Anew::new(self, graph, progress);
            let findings = RunJudge::new(&anew, begin, depths).all(&system.claims, &goals);
            let mut verdicts = findings.iter().flatten().map(|finding| finding.verdict);
            let is_inconclusive = verdicts.any(|verdict| verdict == Verdict::Inconclusive);
            runs.ended = is_inconclusive.then(|| anew.reason());
            runs.findings = findings;
            for (worker, coverage) in self.workers.iter_mut().zip(coverage) {
                worker.coverage = coverage;
            }
        }
        self.runs = runs;
    }

    pub(super) fn announce_runs(&self, progress: &Progress) {
        let system = &self.store.system;
        for (number, claim) in system.claims.iter().enumerate() {
            let finding = self.runs.finding(number);
            if finding.is_some_and(|it| it.verdict == Verdict::Violated && it.is_shown()) {
                let way = self.way_of_run(number);
                progress.violated(Finding {
                    claim: ClaimFacts::from(claim),
                    verdict: Verdict::Violated,
                    counterexample: way.map(|way| way.counterexample(system)),
                    bound: Vec::new(),
                });
            }
        }
    }

    /// For each claim, the states of the good period in which each of its goals is there.
    fn goals(&self) -> Vec<Vec<States>> {
        let claims = self.store.system.claims.iter();
        let goals: Vec<Vec<claim::Goal<A, G>>> = claims
            .map(|claim| match &claim.check {
                Check::InPeriod(claim) => claim.goals(),
                _ => Vec::new(),
            })
            .collect();
        let all: Vec<claim::Goal<A, G>> = goals.iter().flatten().copied().collect();
        let mut there = self.there(&all).into_iter();
        let of_claim = |goals: Vec<_>| there.by_ref().take(goals.len()).collect();
        goals.into_iter().map(of_claim).collect()
    }

    /// The states of the good period in which each of these goals is there. A goal is asked once for
    /// each tuple of what it reads.
    fn there(&self, goals: &[claim::Goal<A, G>]) -> Vec<States> {
        let graph = &self.runs.graph;
        let mut there = vec![States::none(graph.len()); goals.len()];
        let mut known: FxHashMap<Vec<ComponentId>, Vec<bool>> = FxHashMap::default();
        let mut key = Vec::new();
        for state in graph.inside.iter() {
            let row = self.rows.row(state);
            let cells = self.store.layout.cells_of(row);
            key.clear();
            key.extend(cells.map(|(slot, it)| self.store.slots[slot].facts[it as usize].local));
            key.push(row[self.store.layout.ghost]);
            if !known.contains_key(&key) {
                let (ghost, locals) = key.split_last().expect("a ghost");
                let locals = locals.iter().map(|local| &*self.store.locals[*local]);
                let (locals, ghost) = (locals.collect::<Vec<_>>(), &self.store.ghosts[*ghost]);
                let are_there = goals.iter().map(|goal| goal(&locals, ghost)).collect();
                known.insert(key.clone(), are_there);
            }
            for (there, is_there) in there.iter_mut().zip(&known[&key]) {
                if *is_there {
                    there.add(state);
                }
            }
        }
        there
    }

    /// The row behind the last one of each depth.
    fn level_ends(&self) -> Vec<u32> {
        let levels = self.growth.iter().scan(0, |rows, level| {
            *rows += level;
            Some(*rows as u32)
        });
        levels.collect()
    }

    /// The run that violates a claim, or shows a witness, from the start.
    pub(super) fn way_of_run(&self, claim: usize) -> Option<Trace<A>> {
        let way = self.runs.finding(claim)?.way.as_ref()?;
        let stem = self.reduced_trace(Goal::row(way.rows[0]));
        let first = stem.actions.len();
        let steps = way.rows.windows(2).map(|pair| {
            let [from, to] = [pair[0], pair[1]].map(|row| self.rows.row(row));
            self.step(from, to)
        });
        let way = Trace {
            actions: stem.actions.into_iter().chain(steps).collect(),
            loop_start: way.round.map(|round| first + round),
        };
        Some(way.unreduced(&self.store.system))
    }
}

/// The judges, at work on the good period.
struct RunJudge<'r> {
    source: &'r dyn Source,
    begin: &'r States,
    /// The row behind the last one of each depth.
    depths: Vec<u32>,
}

/// The judgements so far: of which form, with which goals.
type Judged<'g, A, G> = Vec<(Discriminant<Run<A, G>>, &'g [States], Judgement)>;

impl<'r> RunJudge<'r> {
    fn new(source: &'r dyn Source, begin: &'r States, depths: Vec<u32>) -> Self {
        RunJudge {
            source,
            begin,
            depths,
        }
    }

    /// The finding about each claim, if a judge decides it; `goals` has the states where its goals are there.
    fn all<A: Participant, G: GhostState>(
        &self,
        claims: &[Claim<A, G>],
        goals: &[Vec<States>],
    ) -> Vec<Option<RunFinding>> {
        let (mut counted, mut judged) = (0, Judged::new());
        let finding = |(claim, goals): (&Claim<A, G>, _)| {
            let goals: &Vec<States> = goals;
            let Check::InPeriod(claim) = &claim.check else {
                return None;
            };
            match claim {
                InPeriod::Witness(_) => None,
                InPeriod::Fair(run) => Some(self.fair((run, goals), None, &mut judged)),
                InPeriod::Within(run, ticks) => {
                    Some(self.fair((run, goals), Some(*ticks), &mut judged))
                }
                InPeriod::Livelock(_) => Some(self.livelock(&goals[0])),
                InPeriod::Reach(_) => Some(self.reach(&goals[0])),
                InPeriod::AtMost { times, .. } => {
                    counted += 1;
                    Some(self.at_most(*times, Mark::counted(counted - 1)))
                }
            }
        };
        claims.iter().zip(goals).map(finding).collect()
    }

    /// Steps from the start to a state.
    fn depth(&self, state: State) -> u32 {
        self.depths.partition_point(|end| *end <= state) as u32
    }

    /// The judgement of every fair run; within so many ticks, if that is claimed.
    fn fair<'g, A: Participant, G: GhostState>(
        &self,
        (run, goals): (&Run<A, G>, &'g [States]),
        ticks: Option<u32>,
        judged: &mut Judged<'g, A, G>,
    ) -> RunFinding {
        match self.judgement(run, goals, judged) {
            Judgement::Inconclusive => RunFinding::inconclusive(),
            Judgement::Violated(lasso) => RunFinding::violated(Some(Way::from(lasso))),
            Judgement::Holds(Bound { longest, steps }) => {
                let measured = longest.ticks;
                let bound = vec![measure(measured, "ticks"), measure(steps, "steps")];
                match ticks.is_some_and(|most| most < measured) {
                    false => RunFinding::holds(bound),
                    true => RunFinding::violated(Some(Way::told(longest.way))),
                }
            }
        }
    }

    /// The judgement of every fair run. A run that is claimed twice, once with a bound, is judged once.
    fn judgement<'g, A: Participant, G: GhostState>(
        &self,
        run: &Run<A, G>,
        goals: &'g [States],
        judged: &mut Judged<'g, A, G>,
    ) -> Judgement {
        let form = discriminant(run);
        let mut before = judged.iter();
        if let Some((.., judgement)) = before.find(|it| (it.0, it.1) == (form, goals)) {
            return judgement.clone();
        }
        let depth = |state| self.depth(state);
        let (source, begin) = (self.source, self.begin);
        let judgement = match run {
            Run::Eventually(_) => leads_to(source, begin, &goals[0], depth),
            Run::Again(_) => leads_to(source, source.inside(), &goals[0], depth),
            Run::LeadsTo(..) => leads_to(source, &goals[0], &goals[1], depth),
            Run::Settles(_) => settles(source, begin, &goals[0], depth),
        };
        judged.push((form, goals, judgement.clone()));
        judgement
    }

    /// Whether some run goes round without a goal while no time passes.
    fn livelock(&self, goal: &States) -> RunFinding {
        match no_livelock(self.source, self.begin, goal, |state| self.depth(state)) {
            Judgement::Inconclusive => RunFinding::inconclusive(),
            Judgement::Violated(lasso) => RunFinding {
                way: Some(Way::from(lasso)),
                ..RunFinding::holds(Vec::new())
            },
            Judgement::Holds(_) => RunFinding::violated(None),
        }
    }

    /// Whether a goal stays within reach.
    fn reach(&self, goal: &States) -> RunFinding {
        let Some((traps, is_known)) = can_reach(self.source, goal) else {
            return RunFinding::inconclusive();
        };
        match traps.iter().next() {
            Some(trap) => RunFinding::violated(Some(Way::told(vec![trap]))),
            None if is_known => RunFinding::holds(Vec::new()),
            None => RunFinding::inconclusive(),
        }
    }

    /// Whether what has a mark happens so often at most.
    fn at_most(&self, most: u32, mark: Mark) -> RunFinding {
        match times(self.source, self.begin, mark, |state| self.depth(state)) {
            Times::Endless(lasso) => RunFinding::violated(Some(Way::from(lasso))),
            Times::AtMost { times, way } | Times::AtLeast { times, way } if most < times => {
                RunFinding::violated(Some(Way::told(way)))
            }
            Times::AtLeast { .. } | Times::Unknown => RunFinding::inconclusive(),
            Times::AtMost { times, .. } => RunFinding::holds(vec![measure(times, "times")]),
        }
    }
}

fn measure(number: u32, unit: &'static str) -> Measure {
    Measure { number, unit }
}

impl Way {
    fn told(rows: Vec<RowId>) -> Self {
        let round = None;
        Way { rows, round }
    }
}

impl RunFinding {
    /// Whether a run shows it.
    pub(super) fn is_shown(&self) -> bool {
        self.way.is_some()
    }

    fn holds(bound: Vec<Measure>) -> Self {
        RunFinding {
            verdict: Verdict::Holds,
            bound,
            way: None,
        }
    }

    fn violated(way: Option<Way>) -> Self {
        RunFinding {
            verdict: Verdict::Violated,
            bound: Vec::new(),
            way,
        }
    }

    fn inconclusive() -> Self {
        RunFinding {
            verdict: Verdict::Inconclusive,
            bound: Vec::new(),
            way: None,
        }
    }
}
