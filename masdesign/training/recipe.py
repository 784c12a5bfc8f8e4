"""What abacus is trained on: shares of families, difficulties and skills, and the stream of examples."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from masdesign.tasks.buckets import is_reserved, question_hash
from masdesign.tasks.families import families
from masdesign.training.practice import practice
from masdesign.training.skills import SKILLS, Case, Example
from masdesign.training.wordings import role
from masdesign.types import Item

_K = TypeVar("_K")
Drafts = Mapping[str, Sequence[tuple[Item, Sequence[str]]]]
"""By family: items, each with replies that abacus wrote."""


@dataclass(frozen=True)
class Recipe:
    """Shares; they need not add up to 1."""

    families: dict[str, float] = field(
        default_factory=lambda: {"arithmetic": 0.45, "navigate": 0.25, "boolean": 0.12, "truth_tellers": 0.18}
    )
    difficulties: dict[str, dict[int, float]] = field(
        default_factory=lambda: {
            "arithmetic": {0: 0.35, 1: 0.5, 2: 0.15},
            "boolean": {1: 0.35, 2: 0.35, 3: 0.2, 4: 0.1},
            "navigate": {0: 0.25, 1: 0.45, 2: 0.25, 3: 0.05},
            "truth_tellers": {0: 0.15, 1: 0.45, 2: 0.3, 3: 0.1},
        }
    )
    skills: dict[str, float] = field(
        default_factory=lambda: {
            "direct": 0.25,
            "chain_of_thought": 0.15,
            "verify": 0.25,
            "revise": 0.07,
            "debate_round": 0.07,
            "choose": 0.08,
            "write_program": 0.13,
        }
    )
    """Of the cases that mix skills."""
    step_cases: float = 0.75
    """Share of the cases that are several step-by-step replies to one prompt."""
    ask_cases: float = 0.05
    """Share of the cases that are in the free form only."""
    practice_cases: float = 0.08
    """Share of the cases that are copying practice, four examples each."""
    prompt_weight: float = 0.1
    """Weight of a prompt's tokens in the loss, beside 1 for a reply's."""
    own_cases: float = 0.0
    """Share of the cases that are built around abacus's own replies."""
    own_skills: dict[str, float] = field(
        default_factory=lambda: {"verify": 0.45, "choose": 0.2, "revise": 0.15, "debate_round": 0.2}
    )
    """Of those cases, which learn no other skill."""
    branches: int = 5
    """Examples a case; they share the problem's text."""


EASY: dict[str, dict[int, float]] = {
    "arithmetic": {0: 0.65, 1: 0.35},
    "boolean": {1: 0.6, 2: 0.4},
    "navigate": {0: 0.5, 1: 0.5},
    "truth_tellers": {0: 0.4, 1: 0.6},
}
"""Difficulties of the first minutes, so that the single steps are learnt first."""


def cases(
    recipe: Recipe, seed: int, excluded: frozenset[str], own: Drafts | None = None
) -> Iterator[list[Example]]:
    """An endless stream: the examples of one case at a time, none from a reserved bucket."""
    rng = random.Random(seed)
    known = families()
    while True:
        if rng.random() < recipe.practice_cases:
            yield [practice(rng) for _ in range(4)]
            continue
        name = _pick(rng, recipe.families)
        drafts: Sequence[str] = ()
        if own and rng.random() < recipe.own_cases:
            item, drafts = rng.choice(own[name])
        else:
            item = known[name].generate(rng, _pick(rng, recipe.difficulties[name]))
            if is_reserved(item.question) or question_hash(item.question) in excluded:
                continue
        if rng.random() < 0.1:
            item = replace(item, choices=() if item.choices else item.choices)
        case = Case(name, item, role(rng), rng, list(drafts))
        yield _examples(recipe, case)


def _examples(recipe: Recipe, case: Case) -> list[Example]:
    if case.own:
        return [SKILLS[_pick(case.rng, recipe.own_skills)](case) for _ in range(recipe.branches)]
    kind = case.rng.random()
    if kind < recipe.step_cases:
        first = SKILLS["chain_of_thought"](case)
        replies = dict.fromkeys([first.reply, *(case.reply() for _ in range(recipe.branches - 1))])
        return [replace(first, reply=reply) for reply in replies]
    if kind < recipe.step_cases + recipe.ask_cases:
        return [SKILLS["ask"](case) for _ in range(2)]
    return [SKILLS[_pick(case.rng, recipe.skills)](case) for _ in range(recipe.branches)]


def _pick(rng: random.Random, shares: Mapping[_K, float]) -> _K:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def public_hashes(folder: Path | None) -> frozenset[str]:
    """Hashes of the questions in BIG-Bench Hard ``.json`` files, with and without their options."""
    out = set()
    for path in sorted(folder.glob("*.json")) if folder and folder.is_dir() else ():
        for example in json.loads(path.read_text(encoding="utf-8"))["examples"]:
            out |= {question_hash(example["input"]), question_hash(example["input"].split("\nOptions:")[0])}
    return frozenset(out)
