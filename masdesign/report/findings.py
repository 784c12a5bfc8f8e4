"""`RunFindings`: all that the page says of a run, gathered from the archive before anything is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from masdesign.archive import Archive, RunRecord
from masdesign.errors import InputError
from masdesign.evaluation import Evaluation
from masdesign.report.candidates import ReportedCandidate, tried
from masdesign.report.compare import Plain, WinnerComparison, comparisons, on_test, plain_ways, step_on_val
from masdesign.report.graphs import Relation, family
from masdesign.report.outcome import inside, number, pays, possible, text, texts
from masdesign.report.replayed import ReplayedItems
from masdesign.report.verdict import TrustCheck, checks
from masdesign.spending.budget import Budget
from masdesign.tasks import Task
from masdesign.workflow import Design


@dataclass(frozen=True)
class RunFindings:
    """One run of a search, as far as it went. Nothing here is chosen anew: the run's own winner stands."""

    run: RunRecord
    unit: Literal["tokens", "usd"]
    """In what the run compared costs."""
    tried: tuple[ReportedCandidate, ...]
    """In order of proposal."""
    winner: ReportedCandidate | None
    """``None`` as long as no candidate has answered all of val."""
    val: Evaluation | None
    """The winner's, item by item."""
    step_val: Evaluation | None
    """Step by step's, on the same items."""
    tests: Mapping[str, Evaluation]
    """What was scored on test, by design."""
    plain_val: tuple[Plain, ...]
    plain_test: tuple[Plain, ...]
    compared: tuple[WinnerComparison, ...]
    checks: tuple[TrustCheck, ...]
    family: tuple[Relation, ...]
    designs: Mapping[str, Design] = field(repr=False)
    """What the run tried and scored, and the winner's family, by id."""
    task: Task | None = None
    """Where it is at hand in the very version that the run had."""
    replayed: ReplayedItems = field(default_factory=ReplayedItems)

    @cached_property
    def test(self) -> Evaluation | None:
        """The winner's evaluation on test; ``None`` as long as the run has not ended."""
        return self.tests.get(self.winner.design.id) if self.winner is not None else None

    @property
    def main(self) -> WinnerComparison | None:
        """What the verdict rests on: against the best plain way at the same cost, else whatever there is."""
        return self.compared[-1] if self.compared else None

    @property
    def step(self) -> WinnerComparison | None:
        """Against step by step."""
        return next((comparison for comparison in self.compared if comparison.p is not None), None)

    @property
    def plain_step(self) -> Plain | None:
        """Step by step on val."""
        return step_on_val(self.plain_val, self.tests)

    @property
    def blank(self) -> float | None:
        """The winner's test score with every completion blank."""
        return number(self.run.outcome, "best", "blank_control")

    @property
    def charged_in(self) -> str:
        """The unit of the run's budget, in which a candidate's ``spent`` is; empty where not known."""
        try:
            return Budget.parse(text(self.run.facts, "budget")).unit
        except InputError:
            return ""

    @property
    def spend(self) -> dict[str, float]:
        """The figures of `Spend.to_json`; empty until the end."""
        names = ("calls", "tokens", "usd", "seconds", "paid_calls", "paid_usd", "reasoning_tokens")
        figures = {name: number(self.run.outcome, "spend", name) for name in names}
        return {name: value or 0.0 for name, value in figures.items()} if any(figures.values()) else {}

    @property
    def is_unpriced(self) -> bool:
        """Whether what it cost in USD is unknown."""
        spend = (self.run.outcome or {}).get("spend")
        return isinstance(spend, dict) and spend.get("usd", 0) is None

    @property
    def possible(self) -> str:
        """How much could be gained at all; empty where it was not noted."""
        return possible(self.run.outcome)

    @property
    def pays(self) -> str:
        """Whether the search is paid back; empty where it was not noted."""
        return pays(self.run.outcome)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the models' scores must be read with."""
        return texts(self.run.outcome, "model_notes")

    @property
    def by_model(self) -> dict[str, dict[str, float]]:
        """What the winner asked of each model, an item of test; empty where there was one model."""
        costs = inside(self.run.outcome, "best", "by_model")
        names = costs if isinstance(costs, Mapping) else {}
        figures = ("calls_per_item", "tokens_per_item", "usd_per_item")
        return {str(n): {figure: number(names, str(n), figure) or 0.0 for figure in figures} for n in names}


def chosen_run(archive: Archive, name: str | None) -> RunRecord:
    """The run of that name; without one the run that finished last here, else the one begun last.

    Raises InputError, naming the latest runs, where there is none.
    """
    runs = archive.runs()
    if name is not None:
        chosen = archive.run(name)
        if chosen is None:
            latest = ", ".join(run.name for run in runs[-8:])
            there = f"the latest are {latest}" if runs else "there is none yet; run masdesign search TASK"
            raise InputError(f"no run {name!r} in this archive; {there}")
        if not chosen.searches:
            raise InputError(f"run {name!r} is no search ({chosen.strategy}); only searches are reported on")
        return chosen
    runs = [run for run in runs if run.searches]
    if not runs:
        raise InputError("there is no run in this archive to report; run masdesign search TASK first")
    ended = [run for run in runs if run.finished is not None and not run.foreign]
    return max(ended, key=lambda run: run.finished or 0.0) if ended else runs[-1]


def findings_of(archive: Archive, run: RunRecord, task: Task | None = None) -> RunFindings:
    """Gather what the archive holds of a run.

    Parameters:
        task: the run's task, where it is at hand (for chance, questions and traces).
    """
    unit: Literal["tokens", "usd"] = "usd" if text(run.outcome, "cost_unit") == "usd" else "tokens"
    candidates = _as_noted(tried(archive, run, unit), run)
    winner = _winner(run, candidates)
    designs = _designs(archive, run, candidates, winner)
    tests = on_test(archive, run)
    look = max(1, len(archive.openings(run.name)))
    compared = () if winner is None else comparisons(winner.design, tests, designs, unit, run, look)
    blank = number(run.outcome, "best", "blank_control")
    chance = None if task is None else task.chance
    plain_val = plain_ways(archive.summaries(run=run.name, split="val"), designs, unit)
    plain_test = plain_ways(archive.summaries(run=run.name, split="test"), designs, unit)
    step_way = step_on_val(plain_val, tests)
    step = next((each for each in candidates if step_way and each.design.id == step_way.design_id), None)
    return RunFindings(
        run=run,
        unit=unit,
        tried=candidates,
        winner=winner,
        val=_on_val(archive, winner),
        step_val=_on_val(archive, step),
        tests=tests,
        plain_val=plain_val,
        plain_test=plain_test,
        compared=compared,
        checks=checks(archive, run, winner, tests, compared, blank=blank, chance=chance),
        family=() if winner is None else family(winner.design.id, designs),
        designs=designs,
        task=task,
    )


def _designs(
    archive: Archive,
    run: RunRecord,
    candidates: Sequence[ReportedCandidate],
    winner: ReportedCandidate | None,
) -> dict[str, Design]:
    ids = {each.design.id for each in candidates}
    ids |= {summary.design_id for summary in archive.summaries(run=run.name)}
    if winner is not None:
        its = archive.lineage(winner.design.id)
        ids |= {relative.design_id for relative in (*its.ancestors, *its.descendants)}
    return {stored.design.id: stored.design for stored in archive.all_stored(ids)}


def _as_noted(candidates: tuple[ReportedCandidate, ...], run: RunRecord) -> tuple[ReportedCandidate, ...]:
    """Take the winner's shrunk score from the run, which computed it from all designs, item by item."""
    named, shrunk = text(run.outcome, "best", "id"), number(run.outcome, "best", "val_shrunk")
    if not named or shrunk is None:
        return candidates
    return tuple(replace(each, shrunk=shrunk) if each.design.id == named else each for each in candidates)


def _winner(run: RunRecord, candidates: tuple[ReportedCandidate, ...]) -> ReportedCandidate | None:
    """The run's own; while it has not ended, the best so far."""
    named = text(run.outcome, "best", "id")
    ranked = [each for each in candidates if each.rank is not None]
    best = min(ranked, key=lambda each: each.rank or 0, default=None)
    return next((each for each in candidates if named and each.design.id == named), best)


def _on_val(archive: Archive, candidate: ReportedCandidate | None) -> Evaluation | None:
    return None if candidate is None or candidate.val is None else archive.evaluation(candidate.val)
