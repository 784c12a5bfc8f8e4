"""One repeat of one strategy: a search of its own up to the look at test, kept in the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.runs import digest
from masdesign.errors import ProviderError
from masdesign.evaluation.evaluator import model_label
from masdesign.lm import LM, Budgeted
from masdesign.search.events import OnEvent
from masdesign.search.loop import Explored, explore
from masdesign.search.settings import Settings
from masdesign.search.several import prices
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.tasks import Task
from masdesign.workflow import Runtime


@dataclass(frozen=True)
class Repeat:
    """What one search came to, before anything was seen of test."""

    run: str
    strategy: str
    seed: int
    """Of the strategy; and the world of its draws."""
    best: str
    """The winner's id: first by the objective among what was evaluated on all of val."""
    val: float
    """The winner's val score, 0..1."""
    val_shrunk: float
    tokens_per_item: float
    """Of the winner, on val."""
    incumbents: tuple[tuple[float, str], ...]
    """What was spent when a design came to stand first, and its id; the last one is the winner."""
    candidates: int
    failures: int
    spend: Spend

    def to_json(self) -> dict[str, Any]:
        """The run's outcome, as the archive keeps it."""
        return {**asdict(self), "best": {"id": self.best}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Repeat:
        """What `to_json` gave."""
        incumbents = tuple((float(spent), str(design)) for spent, design in data["incumbents"])
        spend = Spend(**data["spend"])
        return cls(**{**data, "best": data["best"]["id"], "incumbents": incumbents, "spend": spend})

    def incumbent(self, spent: float) -> str:
        """The design that stood first when so much was spent; the first ever, before there was one."""
        known = [design for at, design in self.incumbents if at <= spent]
        return known[-1] if known else self.incumbents[0][1]


def charged_to(runtime: Runtime, ledger: Ledger, world: int) -> Runtime:
    """The runtime in a world, its calls charged to a ledger; the same model under two names stays one."""
    wrapped: dict[int, LM] = {}
    for lm in runtime.models.values():
        wrapped.setdefault(id(lm), Budgeted(lm, ledger))
    models = {name: wrapped[id(lm)] for name, lm in runtime.models.items()}
    embedding = None if runtime.embedding is None else Budgeted(runtime.embedding, ledger)
    return replace(runtime, models=models, embedding=embedding, world=world)


def record_of(
    settings: Settings, task: Task, models: Mapping[str, LM], meta: LM | None, budget: str
) -> RunRecord:
    """The run's record, its name made of all that decides its course: asked for again, it is the same run."""
    facts = {"budget": budget}
    record = settings.record("", task, model_label(models), facts, prices=prices(models))
    deciding = [record.task_version, record.model, record.settings, meta.model if meta else "", budget]
    return replace(record, name=f"{task.name}-{settings.strategy}-{settings.seed}-{digest(deciding)}")


def known_repeat(archive: Archive, run: str) -> Repeat | None:
    """What the archive has of a run that was finished here."""
    known = archive.run(run)
    if known is None or known.finished is None or known.foreign or known.outcome is None:
        return None
    return Repeat.from_json(known.outcome)


async def search_once(
    settings: Settings,
    task: Task,
    runtime: Runtime,
    meta: LM | None,
    archive: Archive,
    budget: str,
    on_event: OnEvent,
) -> Repeat:
    """Search, and keep the outcome; ``runtime``, and ``meta`` that writes designs, are charged to nobody yet.

    Raises `ProviderError` where the model failed on every call: the run is then not finished, and goes
    on when it is asked for again.
    """
    record = record_of(settings, task, runtime.models, meta, budget)
    ledger = Ledger(Budget.parse(budget))
    charged = charged_to(runtime, ledger, settings.world)
    writing = None if meta is None else Budgeted(meta, ledger, apart=True)
    try:
        found = await explore(
            task, charged, ledger, archive, settings,
            run=record.name, facts=record.facts, on_event=on_event, meta=writing,
        )  # fmt: skip
    finally:
        await ledger.aclose()
    if found.outage:
        raise ProviderError(
            f"the model fails on every call ({found.outage}); what was finished is kept, and the same "
            "command goes on"
        )
    outcome = _outcome(record, found, ledger.spend)
    archive.finish_run(record.name, outcome.to_json())
    return outcome


def _outcome(record: RunRecord, found: Explored, spend: Spend) -> Repeat:
    history = found.history
    complete = [entry for entry in history.view().entries if entry.stage == "complete"]
    winner = found.objective.order(complete)[0]
    return Repeat(
        run=record.name,
        strategy=record.strategy,
        seed=record.seed,
        best=winner.design.id,
        val=winner.score or 0.0,
        val_shrunk=winner.shrunk or 0.0,
        tokens_per_item=winner.tokens_per_item or 0.0,
        incumbents=tuple((spent, design.id) for spent, design in history.incumbents(found.objective)),
        candidates=len(history.candidates) - history.failures,
        failures=history.failures,
        spend=spend,
    )
