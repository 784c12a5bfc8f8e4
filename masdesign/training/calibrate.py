"""The figures of the model card, measured on reserved items and written into ``manifest.json``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.read import read_program
from masdesign.tasks.families import Family, families
from masdesign.training import paths
from masdesign.training.abilities import abilities
from masdesign.training.measure import TEMPERATURE, answers, fresh, judge, prompt, share, solving
from masdesign.training.recipe import TrainingRecipe
from masdesign.training.wordings import held_out
from masdesign.types import Item, Question

if TYPE_CHECKING:
    from masdesign.training.sample import Sampler

ITEMS = 200
FEW = 60

_SAFE = (
    ast.Expression,
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Constant, ast.Add, ast.Sub,
    ast.Mult, ast.Mod, ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or, ast.Eq, ast.NotEq,
    ast.List, ast.Subscript, ast.Load,
)  # fmt: skip


def calibrate(sampler: Sampler, recipe: TrainingRecipe, log: Callable[[str], None]) -> dict[str, Any]:
    """Family by family: `solving` at the default difficulty, by difficulty, held-out wordings, beyond."""
    out = {}
    for name in paths.WORKED:
        family = families()[name]
        items = fresh(family, ITEMS, family.default_difficulty)
        figures = solving(sampler, items)
        log(f"{name} at {family.default_difficulty}: {figures}")
        trained = max(recipe.difficulties[name])
        out[name] = {
            "difficulty": family.default_difficulty,
            "chance": family.chance,
            "solved": figures,
            "above_chance": {k: _above(figures[k], family.chance) for k in _SCORES},
            "by_difficulty": {str(d): _by_difficulty(sampler, family, d) for d in range(1, trained + 2)},
            "hardest_trained": trained,
            "held_out_wordings": _wordings(sampler, items[:FEW]),
            "write_program": _programs(sampler, items[:FEW]),
            "roles_and_distractors": _roles(sampler, items[:FEW]),
            "abilities": abilities(sampler, family),
        }
        log(f"{name}: {out[name]}")
    return out


_SCORES = ("at_once", "greedy", "sampled", "vote_of_9", "best_of_9")


def _above(score: float, chance: float) -> float:
    return round((score - chance) / (1 - chance), 4)


def _by_difficulty(sampler: Sampler, family: Family, difficulty: int) -> dict[str, float]:
    items = fresh(family, FEW, difficulty, seed=78)
    return {
        "at_once": round(share(items, answers(sampler, items, prompt("direct"), 0.0)), 3),
        "greedy": round(share(items, answers(sampler, items, prompt("chain_of_thought"), 0.0)), 3),
        "sampled": round(
            share(items, answers(sampler, items, prompt("chain_of_thought"), TEMPERATURE, 3)), 3
        ),
    }


def _wordings(sampler: Sampler, items: list[Item]) -> dict[str, float]:
    """Means over the five held-out wordings, each beside the same items under the template's own."""
    out: dict[str, float] = {}
    for skill in ("direct", "chain_of_thought"):
        usual = share(items, answers(sampler, items, prompt(skill), 0.0))
        others = [share(items, answers(sampler, items, prompt(skill, w), 0.0)) for w in held_out(skill)]
        out |= {f"{skill}_own": round(usual, 3), f"{skill}_held_out": round(sum(others) / len(others), 3)}
    drafts = [row[0] for row in answers(sampler, items, prompt("chain_of_thought"), 1.0)]
    rates = [judge(sampler, items, drafts, w)["balanced"] for w in ("", *held_out("verify"))]
    return out | {
        "verify_own": round(rates[0], 3),
        "verify_held_out": round(sum(rates[1:]) / len(rates[1:]), 3),
    }


def _roles(sampler: Sampler, items: list[Item]) -> dict[str, float]:
    """Step by step, greedy: under a role never trained, and with a passage that has nothing to do with it."""
    examples = [
        render("chain_of_thought", role="You are a famous chess player.", task=_question(i), instruction="")
        for i in items
    ]
    aside = ("The weather was fine and the shop was closed.",)
    beside = [
        render("chain_of_thought", task=Question(i.question, (*i.context, *aside), i.choices), instruction="")
        for i in items
    ]
    encoded = [[sampler.tokenizer.encode_chat(m) for m in prompts] for prompts in (examples, beside)]
    scores = [round(share(items, sampler.replies(prompts, 0.0)), 3) for prompts in encoded]
    return {"unknown_role": scores[0], "with_a_passage": scores[1]}


def _question(item: Item) -> Question:
    return Question(item.question, item.context, item.choices)


def _programs(sampler: Sampler, items: list[Item]) -> float:
    """The share of items whose program has the target as its value."""
    replies = answers(sampler, items, prompt("write_program"), 0.0)
    marks = [value(read_program(row[0])) == item.target for item, row in zip(items, replies, strict=True)]
    return round(sum(marks) / len(marks), 3)


def value(source: str) -> str | None:
    """The value of a plain expression of numbers, truths, comparisons and look-ups, as text, or ``None``.

    >>> value("'Yes' if 3 - 3 == 0 else 'No'"), value("open('x')")
    ('Yes', None)
    """
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if len(source) > 600 or not all(isinstance(node, _SAFE) for node in ast.walk(tree)):
        return None
    try:
        return str(eval(compile(tree, "<program>", "eval"), {"__builtins__": {}}))  # noqa: S307 - syntax allowed above
    except (TypeError, ZeroDivisionError, MemoryError, OverflowError, IndexError):
        return None
