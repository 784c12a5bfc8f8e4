"""`RunSpec`: what decides the course of a run, and beside it how the run is conducted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.archive import RunRecord
from masdesign.environments.references import references
from masdesign.errors import InputError
from masdesign.registry import added_versions
from masdesign.spending.budget import Budget
from masdesign.tasks import Task

_MOST = 10**18
"""Seeds below it, with some worlds added, fit into every database."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """What may differ when a run goes on: it changes no result."""

    budget: str | Budget | None = None
    """``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; ``None`` is unlimited."""
    concurrency: int = 64
    executor: str = "local"


@dataclass(frozen=True)
class RunSpec:
    """One run: its job, task, models, seed and options.

    `deciding` is stored as the run's settings; a run that goes on must have the same.
    """

    job: str
    """What is done: the strategy of a search, ``compare``, ``distill-METHOD``, ``evaluate`` …"""
    task: Task | None = None
    models: Any = "abacus"
    """A model, or a table of them by name and role."""
    seed: int = 0
    world: int = 0
    """An independent replicate of all draws."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The job's own settings, as JSON values."""
    conduct: Conduct = Conduct()

    def __post_init__(self) -> None:
        for name in ("seed", "world"):
            if not abs(getattr(self, name)) < _MOST:
                raise InputError(f"the {name} is above {_MOST:.0e}; give a smaller one")

    def budget(self) -> Budget:
        """The budget, not spent yet. Raises InputError where it cannot be read."""
        given = self.conduct.budget
        return Budget(given.limit, given.unit) if isinstance(given, Budget) else Budget.parse(given)

    def with_options(self, **options: Any) -> RunSpec:
        """The same with further options; those that are empty are left out."""
        return replace(self, options={**self.options, **{k: v for k, v in options.items() if v}})

    def deciding(self) -> dict[str, Any]:
        """All that decides the course of the run beside task, models and seed."""
        settings = {"world": self.world, **self.options}
        if self.task is not None:
            settings |= {"metric": self.task.metric.name, "tools": sorted(self.task.tools)}
            settings |= self.task.asking.settings()
        return {**settings, **({"plugins": versions} if (versions := added_versions()) else {})}

    def record(self, name: str, model: str, facts: Mapping[str, Any]) -> RunRecord:
        """The run as an archive keeps it; ``model`` is the label of the models."""
        task = self.task
        acting = references(None if task is None else task.environment)
        return RunRecord(
            name=name,
            task="" if task is None else task.name,
            task_version="" if task is None else task.version,
            model=model,
            strategy=self.job,
            seed=self.seed,
            settings=self.deciding(),
            facts={**facts, **({"acting": acting} if acting else {})},
        )
