"""`run_forecast`: what a search would spend, without a call of any model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.archive.store import is_there
from masdesign.lm.table import Models
from masdesign.records.cache import Cache
from masdesign.search.confirm import Estimate, estimate
from masdesign.search.models import costliest, other_models
from masdesign.search.reserve import call_cost, check_bounds, plan
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.tasks import Task, load_task


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a search is expected to spend at most, and on how many items. ``None``: not known."""

    calls: float | None
    tokens: float | None
    usd: float | None
    seconds: float | None
    """By what calls of the same models took in earlier searches of the archive."""
    val_items: int
    """Items of val that designs would be compared on."""
    test_items: int
    search_share: float
    """Of the budget; the rest is kept for the look at test."""

    def lines(self) -> list[str]:
        """The same in words."""
        spend = Estimate(self.calls, self.tokens, self.usd, "")
        time = "an unknown time" if self.seconds is None else f"about {self.seconds / 60:.0f} min"
        return [
            f"this search may spend about {spend}, and take {time}",
            f"{self.search_share:.0%} of it on designs, compared on {self.val_items} val items; "
            f"the rest on the look at {self.test_items} test items",
            "no model was asked",
        ]

    def to_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return asdict(self)


async def run_forecast_async(
    task: Task | str | Path,
    *,
    model: Models = "abacus",
    budget: str = "20000calls",
    **resources: Unpack[Resources],
) -> Forecast:
    """What `run_search_async` with these arguments may spend; no model is asked.

    Sizes of calls are guessed from the longest question. Time is known where the archive holds an earlier
    search with these models.

    Raises:
        InputError: a name, a file or the budget is wrong, or the budget is too small; one line.

    Example::

        print(await run_forecast_async("arithmetic", budget="5000calls"))
    """
    if "session" not in resources:
        place = resources.get("archive")
        if not isinstance(place, Archive) and not is_there(place):
            resources["archive"] = ":memory:"  # what is only looked at is not made
        resources.setdefault("cache", Cache.memory())
    async with Session.open(**resources) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        spec = RunSpec("forecast", chosen, model, conduct=Conduct(budget))
        async with session.run(spec) as run:
            models, limit = run.runtime.models, run.ledger.budget
            meta = run.runtime.roles.get("meta")
            check_bounds(limit, [*models.values(), meta])
            call = call_cost(limit, chosen, costliest(models))
            reserve = plan(limit, chosen, call, len(other_models(models)))
            spend = estimate(limit, chosen, models, meta)
            pace = _seconds_per_call(session.archive, run.model)
            seconds = 60 * limit.limit if limit.unit == "min" else None
            if pace is not None and spend.calls is not None:
                seconds = pace * spend.calls
            sizes = reserve.val_items, chosen.size("test"), reserve.search / limit.limit
            return Forecast(spend.calls, spend.tokens, spend.usd, seconds, *sizes)


run_forecast = blocking(run_forecast_async)


def _seconds_per_call(archive: Archive, model: str) -> float | None:
    """Of the latest search with that model that really sent calls."""
    for run in archive.runs():
        spend = (run.outcome or {}).get("spend") or {}
        if run.searches and run.model == model and spend.get("paid_calls"):
            return float(spend["seconds"]) / float(spend["paid_calls"])
    return None
