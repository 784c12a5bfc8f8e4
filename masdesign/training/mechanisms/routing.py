"""Sorting problems by what they are about: which kind, which expert, which member of a team."""

import random
from collections.abc import Callable

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import labelled
from masdesign.tasks.families import (
    arithmetic,
    boolean,
    convention,
    ledger,
    lookup,
    navigate,
    novel,
    object_counting,
    shuffled_objects,
    truth_tellers,
    two_hop,
)
from masdesign.tasks.families._names import made_up_name
from masdesign.training.case import Case, Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.types import Item, Question

KINDS: dict[str, tuple[Callable[[random.Random], Item], str, tuple[str, ...]]] = {
    "arithmetic": (
        lambda rng: arithmetic.generate(rng, rng.choice((0, 1))), "a sum in brackets",
        ("sums in brackets", "expressions of numbers", "plus, minus and times", "calculation", "arithmetic"),
    ),
    "boolean": (
        lambda rng: boolean.generate(rng, 1), "an expression of True and False",
        ("True and False", "and, or, not", "truth values", "logic of expressions"),
    ),
    "ledger": (
        lambda rng: ledger.generate(rng, 0), "figures of companies",
        ("figures of companies", "sales, costs and debts", "companies and quarters", "statements"),
    ),
    "navigate": (
        lambda rng: navigate.generate(rng, 1), "a walk",
        ("steps and turns", "walks", "where steps lead", "left, right, forward"),
    ),
    "object_counting": (
        lambda rng: object_counting.generate(rng, 1), "things to be counted",
        ("counting things", "how many things there are", "lists of things", "fruits, animals and objects"),
    ),
    "shuffled_objects": (
        lambda rng: shuffled_objects.generate(rng, 1), "things that are swapped",
        ("swaps", "who has what in the end", "people who trade things", "exchanges"),
    ),
    "truth_tellers": (
        lambda rng: truth_tellers.generate(rng, 1), "people who lie or tell the truth",
        ("who lies", "lies and truth", "claims of people", "people who speak of each other"),
    ),
    "lookup": (
        lambda rng: lookup.generate(rng, 2), "entries to be looked up",
        ("entries of a register", "what has to be looked up", "owners, makers and friends"),
    ),
    "two_hop": (
        lambda rng: two_hop.generate(rng, 0), "facts in passages",
        ("facts about people in passages", "following facts", "chains of facts"),
    ),
    "convention": (
        lambda rng: convention.item_of(rng, made_up_name(rng), 3), "what a customer pays",
        ("customers and prices", "what is charged", "bills and orders", "list prices"),
    ),
    "novel": (
        lambda rng: novel.item_of(rng, [made_up_name(rng).lower()], ["reversed"], 2), "a made-up operator",
        ("unknown operators", "made-up words applied to digits", "rows of digits"),
    ),
}  # fmt: skip
"""Of each kind of problem: how one is made, what it is called in a reply, how labels may put it."""


def route(draw: Draw) -> list[Exercise]:
    """Several problems sorted into one list of kinds."""
    rng = draw.rng
    chosen = draw.some(list(KINDS), 2, 3 if draw.easy else 5)
    style = rng.random()
    names = draw.names(len(chosen)) if style < 0.5 else [rng.choice(KINDS[kind][2]) for kind in chosen]
    if style < 0.15:
        names = [f"expert {letter}" for letter in "ABCDE"[: len(chosen)]]
    described = style < 0.7
    held = -1 if draw.held else None
    notes = [KINDS[k][2][held] if draw.held else rng.choice(KINDS[k][2][:-1]) for k in chosen]  # type: ignore[index]
    labels = [f"{name}: {note}" if described else name for name, note in zip(names, notes, strict=True)]
    out = []
    for kind, name in rng.sample(list(zip(chosen, names, strict=True)), min(3, len(chosen))):
        item = draw.item(KINDS[kind][0])
        messages = render(
            "classify",
            role=draw.role,
            task=Question(item.question, item.context, item.choices),
            labels=labels,
            instruction=draw.wording("classify"),
        )
        out.append(Exercise("route", messages, f"It is about {KINDS[kind][1]}.\nKind: {name}"))
    return out


_MEMBERS: tuple[tuple[str, str, str], ...] = (
    (
        "solver worker expert helper thinker",
        "solves the problem|does the work|gives the solution|solves it step by step|finds the answer",
        "solve",
    ),
    (
        "critic checker reviewer tester judge",
        "finds mistakes|checks the work|looks for mistakes|checks each step|says what is wrong",
        "judge",
    ),
    (
        "planner leader manager splitter",
        "splits the problem|says what comes first|makes a plan|writes the questions|makes parts",
        "plan",
    ),
    (
        "writer reader editor speaker",
        "writes the answer alone|gives only the answer|says the answer and no more|gives the answer at once",
        "answer",
    ),
)
"""Names and descriptions of a member of a team, the last of each held out, and what it does."""
_ASKED = (
    "Say what leads to the answer, step by step.",
    "Do your part.",
    "Go on.",
    "What do you say?",
    "Your turn.",
)


def roles(draw: Draw) -> list[Exercise]:
    """The same problem and solution under different roles: each does its own part."""
    rng, kind = draw.rng, draw.rng.choice(("arithmetic", "ledger", "object_counting"))
    case = Case(kind, draw.item(KINDS[kind][0]), "", rng)
    draft = case.draft()
    replies = {
        "solve": case.like([draft]),
        "judge": case.judgement(draft),
        "plan": "\n".join(f"Question {n}: {p.item.question}" for n, p in enumerate(case.parts(), 1)),
        "answer": f"Answer: {case.item.target}",
    }
    inputs = [labelled(case.question), {"label": "Solution", "text": draft}]
    wording, out = rng.choice(_ASKED), []
    for names, descriptions, part in rng.sample(_MEMBERS, 3):
        titles, does = names.split(), descriptions.split("|")
        title = titles[-1] if draw.held else rng.choice(titles[:-1])
        who = f"{title}: {does[-1] if draw.held else rng.choice(does[:-1])}"
        who = rng.choice((f"You are the {who}.", f"You are a {who}.", f"Your role: {who}."))
        messages = render("ask", role=who, inputs=inputs, instruction=wording, output="")
        out.append(Exercise("roles", messages, replies[part]))
    return out
