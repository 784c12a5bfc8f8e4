"""Traces of the winner: its `val` items replayed from recorded calls, without a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from masdesign.archive import RunRecord
from masdesign.errors import InputError, LMError
from masdesign.evaluation import Evaluation, open_runtime
from masdesign.evaluation.items import run_items
from masdesign.report.outcome import number
from masdesign.tasks import Task
from masdesign.types import SCORED_FAILURES, Item, Result
from masdesign.workflow import Design, ItemOutcome

MOST_ITEMS = 100
"""Number of `val` items replayed: enough to see what each step does."""


@dataclass(frozen=True, slots=True)
class Traced:
    """An item of `val`, what the archive says of it, and how the winner came to its answer."""

    item: Item
    result: Result
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class ReplayedItems:
    """What could be traced, and what a reader must know of it."""

    traced: tuple[Traced, ...] = ()
    note: str = ""

    @property
    def right(self) -> Traced | None:
        """The first item with the highest score, if that is above 0."""
        best = max(self.traced, key=lambda item: item.result.score or 0.0, default=None)
        return best if best is not None and best.result.score else None

    @property
    def wrong(self) -> Traced | None:
        """The first item with the lowest score, if that is below 1."""
        scored = [item for item in self.traced if item.result.score is not None]
        worst = min(scored, key=lambda item: item.result.score or 0.0, default=None)
        return worst if worst is not None and (worst.result.score or 0.0) < 1.0 else None


def recorded_models(run: RunRecord, cache: Path | str) -> dict[str, str]:
    """The run's models by the names that its designs ask for, as they answer from the record.

    >>> recorded_models(RunRecord("r", "t", "1", "a@1 large=b@2", "random"), Path("calls.db"))
    {'': 'replay:calls.db#a@1', 'large': 'replay:calls.db#b@2'}
    """
    default, *named = run.model.split(" ")
    pairs = [("", default), *((name, model) for name, _, model in (text.partition("=") for text in named))]
    return {name: f"replay:{cache}#{model}" for name, model in pairs}


async def replay(
    design: Design,
    task: Task,
    evaluation: Evaluation,
    run: RunRecord,
    models: Mapping[str, str],
) -> ReplayedItems:
    """The design on the first items of `val` that the evaluation holds, at most `MOST_ITEMS`.

    Parameters:
        models: by the names that designs ask for, each ``replay:…`` or ``recorded:…``: no call is made.

    What cannot be replayed is no error: the note says why.
    """
    of_val = {item.id: item for item in task.val}
    wanted = [(of_val[r.item_id], r) for r in evaluation.results if r.item_id in of_val][:MOST_ITEMS]
    outcomes: list[tuple[Item, ItemOutcome]] = []
    note = ""
    try:
        world = int(number(run.settings, "world") or 0)
        async with open_runtime(models, task=task, world=world) as runtime:
            items = [item for item, _ in wanted]
            await run_items(design, items, runtime, lambda item, outcome: outcomes.append((item, outcome)))
    except (InputError, LMError) as error:
        note = f"The recorded calls do not hold all that the winner asked for ({error})."
    traced = tuple(
        Traced(item, result, outcome)
        for (item, outcome), (_, result) in zip(outcomes, wanted, strict=False)
        if outcome.failure is None or outcome.failure.kind in SCORED_FAILURES
    )
    return ReplayedItems(traced, note or _difference(traced))


def _difference(traced: Sequence[Traced]) -> str:
    """Says so where the replay did not end as the archive has it: blocks or templates have changed since."""
    differing = [item for item in traced if item.outcome.answer != item.result.answer]
    if not differing:
        return ""
    ended = f"{len(differing)} of {len(traced)} items ended otherwise than the archive says"
    return f"{ended}: blocks have changed since."
