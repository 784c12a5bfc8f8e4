"""One repeat of one strategy: a search of its own up to the look at test, kept in the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables.runs import digest
from masdesign.errors import ProviderError
from masdesign.evaluation.evaluator import model_label
from masdesign.lm import LM
from masdesign.search.loop.loop import Explored, explore
from masdesign.search.models import prices
from masdesign.search.settings import Settings
from masdesign.search.strategies import STRATEGIES
from masdesign.session.run import OnEvent, Run
from masdesign.session.session import Session
from masdesign.session.spec import RunSpec
from masdesign.spending.spend import Spend


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
        return {**asdict(self), "best": {"id": self.best}, "spend": self.spend.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Repeat:
        """What `to_json` gave."""
        incumbents = tuple((float(spent), str(design)) for spent, design in data["incumbents"])
        spend = Spend.from_json(data["spend"])
        return cls(**{**data, "best": data["best"]["id"], "incumbents": incumbents, "spend": spend})

    def incumbent(self, spent: float) -> str:
        """The design that stood first when so much was spent; the first ever, before there was one."""
        reached = [design for at, design in self.incumbents if at <= spent]
        return reached[-1] if reached else self.incumbents[0][1]


def record_of(settings: Settings, spec: RunSpec, models: Mapping[str, LM], meta: LM | None) -> RunRecord:
    """The run's record, its name made of all that decides its course: asked for again, it is the same run."""
    assert spec.task is not None
    record = settings.spec(spec, spec.task, prices=prices(models)).record("", model_label(models), {})
    writer, budget = "" if meta is None else meta.model, str(spec.budget())
    deciding = [record.task_version, record.model, record.settings, writer, budget]
    return replace(record, name=f"{record.task}-{settings.strategy}-{settings.seed}-{digest(deciding)}")


def known_repeat(archive: Archive, run: str) -> Repeat | None:
    """What the archive has of a run that was finished here."""
    record = archive.run(run)
    if record is None or record.finished is None or record.foreign or record.outcome is None:
        return None
    return Repeat.from_json(record.outcome)


async def search_once(session: Session, settings: Settings, spec: RunSpec, on_event: OnEvent) -> Repeat:
    """Search, and keep the outcome; a strategy that takes no designer's model is given none.

    Raises `ProviderError` where the model failed on every call: the run is then not finished, and goes
    on when it is asked for again.
    """
    async with session.run(replace(spec, world=settings.world), on_event=on_event) as run:
        if not takes_meta_model(settings.strategy):
            run.runtime = replace(run.runtime, roles={})
        meta = run.runtime.roles.get("meta")
        name = record_of(settings, spec, run.runtime.models, meta).name
        explored = await explore(run, settings, name=name, facts={"budget": str(spec.budget())})
        await run.ledger.aclose()
        if explored.outage:
            raise ProviderError(
                f"the model that writes designs fails ({explored.outage}); what was finished is kept, and "
                "the same command goes on"
            )
        outcome = _outcome(run, settings, explored)
        run.finish(outcome.to_json())
        return outcome


def takes_meta_model(strategy: str) -> bool:
    """Whether a strategy needs or takes a model that writes designs."""
    kind = STRATEGIES.get(strategy)
    return kind.needs_meta_model or kind.takes_meta_model


def _outcome(run: Run, settings: Settings, explored: Explored) -> Repeat:
    history = explored.history
    complete = [entry for entry in history.view().entries if entry.stage == "complete"]
    winner = explored.objective.order(complete)[0]
    return Repeat(
        run=run.name,
        strategy=settings.label,
        seed=settings.seed,
        best=winner.design.id,
        val=winner.score or 0.0,
        val_shrunk=winner.shrunk or 0.0,
        tokens_per_item=winner.tokens_per_item or 0.0,
        incumbents=tuple((spent, design.id) for spent, design in history.incumbents(explored.objective)),
        candidates=len(history.candidates) - history.failures,
        failures=history.failures,
        spend=run.spend,
    )
