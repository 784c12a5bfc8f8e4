"""What abacus is trained on: shares of families, difficulties and skills, and the stream of examples."""

import json
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from masdesign.tasks.buckets import is_reserved, question_hash
from masdesign.tasks.families import families
from masdesign.tasks.families.ledger import asked, only_needed
from masdesign.tasks.families.shuffled_objects import without_options
from masdesign.training.case import Case, Exercise, questions_in
from masdesign.training.composed import composed
from masdesign.training.instructions import instructions
from masdesign.training.look_up import look_ups
from masdesign.training.mechanisms import MECHANISMS, Draw
from masdesign.training.part_skills import part_of
from masdesign.training.practice import practice
from masdesign.training.renaming import renamed
from masdesign.training.skills import SKILLS
from masdesign.training.value_skills import demonstrations
from masdesign.training.wordings import role
from masdesign.types import Item

_K = TypeVar("_K")
Drafts = Mapping[str, Sequence[tuple[Item, Sequence[str]]]]
"""By family: items, each with replies that abacus wrote."""


_SHARES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _by_difficulty(table: str) -> dict[str, dict[int, float]]:
    return {
        family: {int(level): share for level, share in shares.items()}
        for family, shares in _SHARES[table].items()
    }


@dataclass(frozen=True)
class TrainingRecipe:
    """Shares; they need not add up to 1."""

    families: dict[str, float] = field(default_factory=lambda: dict(_SHARES["families"]))
    difficulties: dict[str, dict[int, float]] = field(default_factory=lambda: _by_difficulty("difficulties"))
    renamed: dict[str, float] = field(default_factory=lambda: dict(_SHARES["renamed"]))
    """Shares of a family's items whose people get made-up names."""
    skills: dict[str, float] = field(default_factory=lambda: dict(_SHARES["skills"]))
    """Of the cases that mix skills."""
    step_cases: float = 0.55
    """Share of the cases that are several step-by-step replies: to one prompt, or to questions on the same
    passages."""
    ask_cases: float = 0.05
    """Share of the cases that are in the free form only."""
    composed_cases: float = 0.08
    """Share of the cases whose prompt asks for several steps in one reply."""
    few_shot_cases: float = 0.05
    """Share of the cases that have worked examples in the prompt."""
    part_cases: float = 0.1
    """Share of the items in whose place one of their parts is posed alone."""
    look_up_cases: float = 0.12
    """Share of the cases that ask for single figures of passages."""
    alone: float = 0.7
    """Share of those that have one passage only."""
    practice_cases: float = 0.06
    """Share of the cases that are copying practice, four examples each."""
    needed_passages: float = 0.15
    """Share of the items with passages that keep only those that matter, as other blocks leave them."""
    asides: float = 0.08
    """Share of the cases with a sentence beside the problem that does not change it, half of them from the
    instructions of composite blocks."""
    prompt_weight: float = 0.1
    """Weight of a prompt's tokens in the loss, beside 1 for a reply's."""
    own_cases: float = 0.0
    """Share of the cases that are built around abacus's own replies."""
    own_skills: dict[str, float] = field(default_factory=lambda: dict(_SHARES["own_skills"]))
    """Of those cases, which learn no other skill."""
    mechanism_cases: float = 0.5
    """Share of the cases that teach a mechanism."""
    mechanisms: dict[str, float] = field(default_factory=lambda: dict(_SHARES["mechanisms"]))
    """Of those cases."""
    ease: float = 0.35
    """Share of those cases that are easy ones."""
    branches: int = 5
    """Examples a case; they share the problem's text."""


EASY = _by_difficulty("easy")
"""Difficulties of the first minutes, so that the single steps are learnt first."""
_BESIDE = [text for text in instructions() if not text.startswith("Do not") and "Answer:" not in text]


def cases(
    recipe: TrainingRecipe, seed: int, excluded: frozenset[str], own: Drafts | None = None
) -> Iterator[list[Exercise]]:
    """An endless stream: the examples of one case at a time, none from a reserved bucket."""
    rng = random.Random(seed)
    while True:
        if rng.random() < recipe.mechanism_cases:
            made = MECHANISMS[_pick(rng, recipe.mechanisms)](Draw(rng, recipe.ease))
            yield [example for example in made if _is_clean(example, excluded)]
            continue
        kind = rng.random()
        if kind < recipe.practice_cases:
            yield [practice(rng) for _ in range(4)]
        elif kind < recipe.practice_cases + recipe.look_up_cases:
            yield look_ups(rng, recipe.alone)
        else:
            case = _case(recipe, rng, excluded, own)
            if case:
                yield _examples(recipe, case, excluded)


def _case(
    recipe: TrainingRecipe, rng: random.Random, excluded: frozenset[str], own: Drafts | None
) -> Case | None:
    name = _pick(rng, recipe.families)
    if own and rng.random() < recipe.own_cases:
        item, drafts = rng.choice(own[name])
        return Case(name, item, role(rng), rng, list(drafts))
    case = Case(name, _item(recipe, name, rng), role(rng), rng)
    if rng.random() < 0.1:
        case.item = _without_options(case.item)
    if rng.random() < recipe.part_cases:
        case = part_of(case, rng) or case
    elif case.item.context and rng.random() < recipe.needed_passages:
        case.item = only_needed(case.item)
    if rng.random() < recipe.asides:
        case.aside = rng.choice(_SHARES["asides"] if rng.random() < 0.5 else _BESIDE)
    return case if _is_free(case.item, excluded) and not is_reserved(case.question.question) else None


def _item(recipe: TrainingRecipe, name: str, rng: random.Random) -> Item:
    item = families()[name].generate(rng, _pick(rng, recipe.difficulties[name]))
    return renamed(item, rng) if rng.random() < recipe.renamed.get(name, 0.0) else item


def _without_options(item: Item) -> Item:
    return without_options(item) if "options" in item.record else replace(item, choices=())


def _is_free(item: Item, excluded: frozenset[str]) -> bool:
    return not is_reserved(item.question) and question_hash(item.question) not in excluded


def _is_clean(example: Exercise, excluded: frozenset[str]) -> bool:
    """Whether no question that a prompt poses is reserved or a public one."""
    posed = questions_in(example)
    return not any(is_reserved(text) or question_hash(text) in excluded for text in posed)


def _examples(recipe: TrainingRecipe, case: Case, excluded: frozenset[str]) -> list[Exercise]:
    if case.own:
        return [SKILLS[_pick(case.rng, recipe.own_skills)](case) for _ in range(recipe.branches)]
    kind = case.rng.random()
    if kind < recipe.step_cases:
        return _step_by_step(recipe, case, excluded)
    kind -= recipe.step_cases
    if kind < recipe.ask_cases:
        return [SKILLS["ask"](case) for _ in range(2)]
    kind -= recipe.ask_cases
    if kind < recipe.composed_cases:
        return [composed(case) for _ in range(3)]
    if kind < recipe.composed_cases + recipe.few_shot_cases:
        return _after_examples(recipe, case, excluded)
    return [SKILLS[_pick(case.rng, recipe.skills)](case) for _ in range(recipe.branches)]


def _step_by_step(recipe: TrainingRecipe, case: Case, excluded: frozenset[str]) -> list[Exercise]:
    """Replies to one prompt; for most items with passages, to several questions on them."""
    first = SKILLS["chain_of_thought"](case)
    record, passages = case.item.record, case.item.context
    if case.family == "ledger" and len(passages) > record["difficulty"] and case.rng.random() < 0.75:
        out = [first]
        for _ in range(recipe.branches - 1):
            item = asked(case.rng, record["statements"], passages, record["difficulty"])
            if _is_free(item, excluded):
                out.append(SKILLS["chain_of_thought"](replace(case, item=item)))
        return out
    replies = dict.fromkeys([first.reply, *(case.reply() for _ in range(recipe.branches - 1))])
    return [replace(first, reply=reply) for reply in replies]


def _after_examples(recipe: TrainingRecipe, case: Case, excluded: frozenset[str]) -> list[Exercise]:
    """Three problems after the same worked examples, of which there are fewer where they are long."""
    rng, name, case.aside = case.rng, case.family, ""
    most = {"ledger": 1, "shuffled_objects": 1, "navigate": 2}.get(name, 3)
    items = [_item(recipe, name, rng) for _ in range(most + 2)]
    items = [item for item in items if _is_free(item, excluded)]
    case.shown = demonstrations(name, items[: rng.randint(1, most)], rng)
    return [SKILLS["few_shot"](replace(case, item=item)) for item in (case.item, *items[most:])]


def _pick(rng: random.Random, shares: Mapping[_K, float]) -> _K:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def public_hashes(folder: Path | None) -> frozenset[str]:
    """Hashes of the questions in BIG-Bench Hard ``.json`` files, with and without their options."""
    out = set()
    for path in sorted(folder.glob("*.json")) if folder and folder.is_dir() else ():
        for example in json.loads(path.read_text(encoding="utf-8"))["examples"]:
            out |= {question_hash(example["input"]), question_hash(example["input"].split("\nOptions:")[0])}
    return frozenset(out)
