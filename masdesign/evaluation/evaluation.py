"""`Evaluation`: how one design did on the items of one split, and how sure we are of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import fsum
from typing import Any, NamedTuple, get_args

from masdesign.brief import ShortRepr
from masdesign.errors import InputError
from masdesign.spending.budget import Unit
from masdesign.statistics.clusters import groups_of
from masdesign.statistics.intervals import Interval, mean_interval
from masdesign.types import Answer, Failure, FailureKind, ModelUse, Result, Split, Usage

SET_ASIDE = Failure(
    "refused", "the model refuses the plain question: set aside for all designs", cure="reword or remove it"
)
"""The failure of an item that no design is asked (`masdesign.evaluation.aside`)."""
UNSCORED_SHARE = 0.01
"""An evaluation with a larger share of unscored items is not complete, and never called best."""

FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)
_ALWAYS_COUNTED = frozenset({"design", "parse", "provider"})
"""Kinds of failure that are written even where there is none, as in version 0.1."""


def counted(counts: Counter[FailureKind]) -> dict[FailureKind, int]:
    """Failures by kind: ``design``, ``parse`` and ``provider`` always, the others where there are any.

    >>> counted(Counter(["parse", "cut"]))
    {'design': 0, 'parse': 1, 'cut': 1, 'provider': 0}
    """
    return {kind: counts[kind] for kind in FAILURE_KINDS if counts[kind] or kind in _ALWAYS_COUNTED}


class ModelCost(NamedTuple):
    """What a design asked of one model, an item."""

    calls_per_item: float
    tokens_per_item: float
    usd_per_item: float


@dataclass(frozen=True, repr=False)
class Evaluation(ShortRepr):
    """The results of one design on one split, with what they depend on.

    A mean is over the *scored* items; an item that a provider failed is unscored, never wrong.
    Costs are deployment costs, an item: what the design would use on a fresh one.

    >>> results = (Result("a", Answer("4"), 1.0, Usage(10, 2)), Result("b", Answer("5"), 0.0, Usage(10, 4)))
    >>> evaluation = Evaluation("d0", "arithmetic", "1", "val", "abacus-1@0", 0, "", 2, results)
    >>> evaluation.score, evaluation.tokens_per_item, evaluation.complete
    (0.5, 13.0, True)
    """

    design_id: str
    task: str
    task_version: str
    split: Split
    model: str
    """The model's id with its revision; several are joined as ``name=id``."""
    world: int
    fingerprint: str
    """The versions of the blocks and templates that the design uses."""
    size: int
    """Items that the split holds. With fewer results the evaluation is partial (screened, raced out)."""
    results: tuple[Result, ...]
    """In the order of the task's items."""
    blank_control: float | None = field(default=None, compare=False)
    """The design's score with every completion blank (`masdesign.evaluation.blank`); ``None`` where it was
    not taken. It is no part of the stored form: an archive keeps it by itself."""
    answers_without_model: bool = field(default=False, compare=False)
    """Whether that is above chance: the design's code answers, and not the model."""

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        score = f"{self.score:.3f} ({self.low:.3f} to {self.high:.3f})"
        coded = f"{self.blank_control:.3f}: its code answers" if self.answers_without_model else ""
        return {
            "design": self.design_id,
            "task": f"{self.task} {self.split}",
            "model": self.model,
            "score": score if self.items else "no item was scored",
            **({"with a blank model": coded} if coded else {}),
            "items": f"{self.items} of {self.size}",
            "tokens an item": f"{self.tokens_per_item:.0f}",
        }

    @cached_property
    def key(self) -> str:
        """16 hex digits that name this evaluation, whether partial or whole (results do not enter)."""
        parts = [getattr(self, name) for name in _PLAIN_FIELDS]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    @cached_property
    def scores(self) -> dict[str, float]:
        """The score of each scored item by its id, in the order of the items."""
        return {r.item_id: r.score for r in self.results if r.score is not None}

    @property
    def asked(self) -> frozenset[object]:
        """What was asked, scored or not: items, with the task and split that they are of."""
        return frozenset((self.task, self.task_version, self.split, r.item_id) for r in self.results)

    @property
    def items(self) -> int:
        """How many items were scored."""
        return len(self.scores)

    @property
    def unscored(self) -> int:
        """How many items were run, but could not be scored."""
        return len(self.results) - self.items

    @property
    def score(self) -> float:
        """The mean score in 0..1; 0 where no item was scored (then `items` is 0)."""
        return self._mean(list(self.scores.values()))

    @cached_property
    def interval(self) -> Interval:
        """The 95 % interval of the score: Wilson's for 0/1 scores, else the bootstrap.

        Items that share a passage count as one cluster (`masdesign.statistics.clusters`).
        """
        return mean_interval(tuple(self.scores.values()), groups=groups_of(tuple(self.scores), self.clusters))

    @cached_property
    def clusters(self) -> dict[str, str]:
        """The cluster of each item that shares its passages with another."""
        return {r.item_id: r.cluster for r in self.results if r.cluster}

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.interval.low

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.interval.high

    @property
    def complete(self) -> bool:
        """Whether the split was run in full, with at most 1 % of it unscored, items set aside not counted."""
        if len(self.results) != self.size or not self.items:
            return False
        return self.unscored - len(self.set_aside) <= UNSCORED_SHARE * self.size

    @property
    def set_aside(self) -> tuple[str, ...]:
        """Ids of the items that no design is asked, since the model refuses the plain question."""
        return tuple(r.item_id for r in self.results if r.failure == SET_ASIDE)

    @cached_property
    def failures(self) -> dict[FailureKind, int]:
        """How many items failed, by kind (see `counted`)."""
        return counted(Counter(r.failure.kind for r in self.results if r.failure))

    @cached_property
    def tokens_per_item(self) -> float:
        """Prompt plus completion tokens an item, over the scored items."""
        return self._mean([r.usage.tokens for r in self._scored])

    @cached_property
    def reasoning_per_item(self) -> float:
        """Of `tokens_per_item`, those that the model thought before it answered."""
        return self._mean([r.usage.reasoning_tokens for r in self._scored])

    @cached_property
    def calls_per_item(self) -> float:
        """Completions an item, over the scored items."""
        return self._mean([r.calls for r in self._scored])

    @cached_property
    def usd_per_item(self) -> float:
        """US dollars an item, over the scored items."""
        return self._mean([r.usage.usd for r in self._scored])

    def cost_per_item(self, unit: Unit) -> float:
        """Calls, tokens or US dollars an item; no minutes, which are not the design's own."""
        amounts = {"calls": self.calls_per_item, "tokens": self.tokens_per_item, "usd": self.usd_per_item}
        return amounts.get(unit, 0.0)

    @cached_property
    def seconds_per_item(self) -> float:
        """Seconds an item took here, waiting included, over the scored items."""
        return self._mean([r.seconds for r in self._scored])

    @cached_property
    def by_model(self) -> dict[str, ModelCost]:
        """Costs an item by the name of the model, over the scored items; empty where one model answered."""
        totals: dict[str, ModelUse] = {}
        for result in self._scored:
            for name, used in result.by_model.items():
                totals[name] = totals.get(name, ModelUse()) + used
        per_item = {name: (used.calls, used.usage.tokens, used.usage.usd) for name, used in totals.items()}
        return {n: ModelCost(*(value / self.items for value in per_item[n])) for n in sorted(per_item)}

    @cached_property
    def _scored(self) -> tuple[Result, ...]:
        return tuple(r for r in self.results if r.score is not None)

    @staticmethod
    def _mean(values: list[float] | list[int]) -> float:
        return fsum(values) / len(values) if values else 0.0  # exact: the order of the items changes nothing

    def extended(self, results: Iterable[Result]) -> Evaluation:
        """The same evaluation with further results; an item that is there already keeps its score.

        An unscored item is replaced where it is scored now.
        """
        merged = {result.item_id: result for result in self.results}
        for result in results:
            earlier = merged.get(result.item_id)
            if earlier is None or earlier.score is None:
                merged[result.item_id] = result
        return self._with(merged.values())

    def only(self, items: Collection[str]) -> Evaluation:
        """The same evaluation, as if it had been asked of these items (ids) alone."""
        return self._with(result for result in self.results if result.item_id in items)

    def _with(self, results: Iterable[Result]) -> Evaluation:
        """The same evaluation with other results, and without the control, which was taken on all of them."""
        return replace(self, results=tuple(results), blank_control=None, answers_without_model=False)

    def summary(self) -> dict[str, float | int]:
        """A *score* as the command line's JSON shows it: ``score``, ``low``, ``high``, ``items``."""
        return {"score": self.score, "low": self.low, "high": self.high, "items": self.items}

    def to_json(self, *, times: bool = True) -> dict[str, Any]:
        """Plain values that `from_json` reads back; without ``times`` the seconds are left out."""
        fields = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        return {**fields, "results": [result_to_json(r, times=times) for r in self.results]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_json` wrote. Raises `InputError` naming what is missing or wrong."""
        try:
            plain: dict[str, Any] = {name: kind(data[name]) for name, kind in _PLAIN_FIELDS.items()}
            if plain["split"] not in get_args(Split):
                raise ValueError(f"unknown split {plain['split']!r}")
            return cls(**plain, results=tuple(result_from_json(r) for r in data["results"]))
        except KeyError as missing:
            raise InputError(f"an evaluation lacks the field {missing}; export it again") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"an evaluation has a wrong field ({error}); export it again") from None


_PLAIN_FIELDS: dict[str, type] = {
    "design_id": str, "task": str, "task_version": str, "split": str,
    "model": str, "world": int, "fingerprint": str, "size": int,
}  # fmt: skip


def on_common_items(*runs: Evaluation) -> tuple[Evaluation, ...]:
    """The evaluations, each of the items alone that all were asked."""
    common = frozenset.intersection(*(frozenset(r.item_id for r in run.results) for run in runs))
    return tuple(run.only(common) for run in runs)


_LATER: dict[str, Any] = {"feedback": "", "parts": {}, "overhead": Usage(), "cluster": ""}
"""Fields of a result that earlier versions do not have, with their defaults."""


def result_to_json(result: Result, *, times: bool = True) -> dict[str, Any]:
    """One result as plain values. What came with later versions is written only where it is set."""
    data = asdict(result)
    del data["by_model"]
    if data["answer"] is not None:
        del data["answer"]["group"]
    for name in [name for name, default in _LATER.items() if getattr(result, name) == default]:
        del data[name]
    for usage in ("usage", "overhead"):
        if usage in data and not data[usage]["reasoning_tokens"]:
            del data[usage]["reasoning_tokens"]
    if not times:
        del data["seconds"]
    return data


def result_from_json(data: Mapping[str, Any]) -> Result:
    """The result that `result_to_json` wrote; raises KeyError, TypeError or ValueError on anything else."""
    answer, failure, score = data["answer"], data["failure"], data["score"]
    if score is not None and not 0 <= score <= 1:
        raise ValueError(f"a score must lie in 0..1, not {score}")
    if failure is not None and failure["kind"] not in FAILURE_KINDS:
        raise ValueError(f"unknown kind of failure {failure['kind']!r}")
    return Result(
        item_id=str(data["item_id"]),
        answer=None if answer is None else Answer(**answer),
        score=None if score is None else float(score),
        usage=Usage(**data["usage"]),
        calls=int(data["calls"]),
        seconds=float(data.get("seconds", 0.0)),
        failure=None if failure is None else Failure(**failure),
        feedback=str(data.get("feedback", "")),
        parts={str(name): float(value) for name, value in data.get("parts", {}).items()},
        overhead=Usage(**data.get("overhead", {})),
        cluster=str(data.get("cluster", "")),
    )
