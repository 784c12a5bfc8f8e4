"""What a run may cost, before anything is spent: an estimate, a question to a person, and `run_forecast`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.archive.store import is_there
from masdesign.experiments.headroom import Headroom, Oracle, headroom_of
from masdesign.lm import LM
from masdesign.lm.protocol import price_of
from masdesign.lm.table import Models
from masdesign.records.cache import Cache
from masdesign.search.events import Watch
from masdesign.search.loop.baselines import val_curve
from masdesign.search.loop.history import History
from masdesign.search.loop.reserve import call_cost, check_bounds, plan
from masdesign.search.models import costliest, other_models
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.budget import Budget
from masdesign.tasks import Task, load_task
from masdesign.types import Usage

ASK_FROM_USD = 1.0
"""A run that may cost more than this is asked about, unless its budget was given in USD."""
ASK_FROM_CALLS = 1000
"""So is one of more calls to a model whose price is not known."""

DESIGNER = Usage(10_000, 1_000)
"""Guessed size of a designer's call: the blocks, earlier designs, and a design."""
DESIGNED = 0.1
"""Guessed share of a run's calls that go to a model which writes designs: about three a design."""

Confirm = Callable[[str], None]
"""Asks a person whether to go on; returns where they say yes, and raises where they say no."""


def ask_nobody(question: str) -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a run is expected to spend. ``None``: not known."""

    calls: float | None
    tokens: float | None
    usd: float | None
    by_budget: str
    """The budget's unit, in which the figure is a limit and no guess."""

    @property
    def asks(self) -> bool:
        """Whether a person should be asked before it is spent."""
        if self.by_budget == "usd":
            return False
        if self.usd is None:
            return self.calls is None or self.calls > ASK_FROM_CALLS
        return self.usd > ASK_FROM_USD

    def __str__(self) -> str:
        calls = "" if self.calls is None else f"{_about(self.calls)} calls, "
        tokens = "" if self.tokens is None else f"{_about(self.tokens)} tokens, "
        usd = "an unknown number of USD (give its price)" if self.usd is None else f"{self.usd:.2f} USD"
        return f"{calls}{tokens}{usd}"


def estimate(budget: Budget, task: Task, models: Mapping[str, LM], meta: LM | None = None) -> Estimate:
    """What a run with this budget may spend, at the guessed size of a call of the most expensive model.

    A budget in minutes says nothing of calls. ``meta`` is the model that writes designs, if one does.
    """
    lm = costliest(models)
    tokens_a_call = call_cost(Budget(1, "tokens"), task, lm)
    price = price_of(lm)
    usd_a_call = call_cost(Budget(1, "usd"), task, lm) if price else None
    if meta is not None:
        fee = price_of(meta)
        tokens_a_call += DESIGNED * (DESIGNER.tokens - tokens_a_call)
        usd_a_call = (
            None
            if usd_a_call is None or fee is None
            else usd_a_call + DESIGNED * (fee.usd(DESIGNER) - usd_a_call)
        )
    calls = {
        "calls": budget.limit,
        "tokens": budget.limit / tokens_a_call,
        "usd": budget.limit / usd_a_call if usd_a_call else None,
        "min": None,
    }[budget.unit]
    free = usd_a_call == 0
    usd = 0.0 if free else None if calls is None or usd_a_call is None else calls * usd_a_call
    estimated = Estimate(calls, None if calls is None else calls * tokens_a_call, usd, budget.unit)
    return replace(estimated, usd=budget.limit) if budget.unit == "usd" else estimated


def ask_about_spend(
    budget: Budget, task: Task, models: Mapping[str, LM], confirm: Confirm, meta: LM | None = None
) -> str:
    """The estimate in a line; where it is past the limit, ``confirm`` is asked before."""
    estimated = estimate(budget, task, models, meta)
    line = f"with a budget of {budget} this run may spend about {estimated}"
    if estimated.asks:
        confirm(f"{line}. Go on?")
    return line


def tell_headroom(
    task: Task, oracle: Oracle, history: History, models: Mapping[str, LM], watch: Watch, confirm: Confirm
) -> Headroom:
    """Say in two lines what is possible, and where a search is pointless, and ask.

    The baselines were evaluated before, and are charged once: the search goes on from their draws.
    """
    plain = {
        point.name: point.evaluation for point in val_curve(history.candidates, models, part=True).points
    }
    headroom = headroom_of(plain, oracle, task)
    for line in headroom.lines():
        watch.note(line)
    warning = headroom.warning()
    if warning is not None:
        watch.note(warning)
        confirm(f"{warning[0].upper()}{warning[1:]}. Search all the same?")
    return headroom


def _about(number: float) -> str:
    """Two significant digits, in words that are short.

    >>> _about(20000), _about(6_432_000), _about(96)
    ('20,000', '6.4 million', '96')
    """
    if number >= 1e6:
        return f"{number / 1e6:.2g} million" if number < 1e8 else f"{number / 1e6:.0f} million"
    return f"{float(f'{number:.2g}'):,.0f}"


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
