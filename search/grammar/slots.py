"""A design as a handful of named choices, for samplers that know names and numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from masdesign.search.grammar.calls import calls
from masdesign.search.grammar.generate import DOUBTS, PARTS, TEMPERATURES, THRESHOLDS, WORDS, Grammar
from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Escalate,
    Filter,
    Found,
    More,
    N,
    Panel,
    Parts,
    Program,
    Repair,
    RepairAll,
    Route,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    asked_of,
)
from masdesign.search.grammar.vary import simplifications

SLOTS = (1, 2)
"""Steps between the drafts and what is made of them, at most."""
HEATS = tuple(sorted(set(TEMPERATURES)))
MOST_DRAFTS = 9


class Choices(Protocol):
    """Where the choices come from: an Optuna trial has both methods."""

    def suggest_categorical(self, name: str, choices: Sequence[str | float]) -> str | float:
        """One of ``choices``."""
        ...

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """A number from ``low`` to ``high``."""
        ...


def assemble(choices: Choices, grammar: Grammar) -> Answer:
    """The design that the choices come to; it may be above the grammar's bound of calls.

    Every choice is made, also where the design has no use for it, so that all designs have the same
    choices: a sampler that crosses two designs over can do so only with what both have. A choice is
    named by its slot and its block (``step1.debate.rounds``), so that what is learnt of one is never
    mixed with another's.
    """
    passing = ("escalate", "route") if grammar.models else ()
    head = choices.suggest_categorical("head", ("single", "vote", "weighted", "choice", *passing))
    single, lead = _single("single", choices, grammar), _single("lead", choices, grammar)
    drafts = _drafts(choices, grammar)
    for slot in SLOTS:
        drafts = _step(f"step{slot}", drafts, choices)
    doubt = float(choices.suggest_categorical("weighted.doubt", DOUBTS))
    groups: dict[str, Answer] = {
        "vote": Vote(drafts),
        "choice": Choose(drafts),
        "weighted": WeightedVote(drafts, doubt),
    }
    if grammar.models:
        below = float(choices.suggest_categorical("escalate.below", THRESHOLDS))
        words = int(choices.suggest_categorical("route.words", WORDS))
        doubted = Escalate(_without(single, drafts), single, below)
        groups |= {"escalate": doubted, "route": Route(words, lead, single)}
    answer = groups.get(str(head), single)
    rounds = choices.suggest_int("repair.rounds", 0, 2)
    answer = Repair(answer, rounds) if rounds else answer
    return Cascade(lead, answer) if choices.suggest_categorical("cascade", ("no", "yes")) == "yes" else answer


def cut_down(tree: Answer, grammar: Grammar) -> Answer | None:
    """``tree`` made smaller, one step or count at a time, until it fits; ``None`` where nothing is left.

    >>> cut_down(Vote(Filter(Samples(9))), Grammar(max_calls=13)) == Vote(Filter(Samples(6)))
    True
    """
    while not grammar.fits(tree):
        smaller = list(simplifications(tree))
        if not smaller:
            return None
        tree = max(smaller, key=calls)  # the least change
    return tree


def _single(slot: str, choices: Choices, grammar: Grammar) -> Answer:
    found = {f"found {block.name}": Found(block) for block in grammar.promoted}
    kinds = ("direct", "steps", "warm steps", "parts", *(("program",) if grammar.python else ()), *found)
    kind = choices.suggest_categorical(slot, kinds)
    warm = Steps(float(choices.suggest_categorical(f"{slot}.temperature", HEATS)))
    n = choices.suggest_int(f"{slot}.parts.n", PARTS[0], PARTS[-1])
    apart = grammar.passages and choices.suggest_categorical(f"{slot}.parts", ("whole", "apart")) == "apart"
    known: dict[str, Answer] = {
        "direct": Direct(), "steps": Steps(), "program": Program(), "parts": Parts(n, apart), **found
    }  # fmt: skip
    leaf = known.get(str(kind), warm)
    return grammar.settled(_by(slot, leaf, choices, grammar))


def _drafts(choices: Choices, grammar: Grammar) -> Drafts:
    kind = choices.suggest_categorical("drafts", ("samples", "panel"))
    n = choices.suggest_int("drafts.n", 2, MOST_DRAFTS)
    heat = float(choices.suggest_categorical("drafts.temperature", HEATS))
    warm = choices.suggest_int("drafts.panel.warm", 0, 2)
    samples = _by("drafts", Samples(n, heat), choices, grammar)
    if grammar.models:  # each is asked once
        return samples if kind == "samples" else Panel(tuple(Steps(model=m) for m in ("", *grammar.models)))
    members = (Direct(), Steps(), *((Program(),) if grammar.python else ()))
    return samples if kind == "samples" else Panel((*members, *[Steps(HEATS[-1])] * warm))


def _without(leaf: Answer, drafts: Drafts) -> Drafts:
    """A panel without the one who is asked where it disagrees."""
    rest = tuple(m for m in drafts.members if m != leaf) if isinstance(drafts, Panel) else ()
    return Panel(rest) if len(rest) > 1 else drafts


def _by(slot: str, node: N, choices: Choices, grammar: Grammar) -> N:
    """``node``, asked of the model that is chosen where there are several."""
    if not grammar.models:
        return node
    return asked_of(node, str(choices.suggest_categorical(f"{slot}.model", ("", *grammar.models))))


def _step(slot: str, drafts: Drafts, choices: Choices) -> Drafts:
    kind = choices.suggest_categorical(slot, ("none", "verify", "debate", "revise", "more"))
    below = float(choices.suggest_categorical(f"{slot}.below", (ALWAYS, *THRESHOLDS)))
    rounds = choices.suggest_int(f"{slot}.debate.rounds", 1, 2)
    more = choices.suggest_int(f"{slot}.more.n", 2, 5)
    agreed = float(choices.suggest_categorical(f"{slot}.more.below", THRESHOLDS))
    steps: dict[str, Drafts] = {
        "verify": Filter(drafts, below),
        "debate": Debate(drafts, rounds, below),
        "revise": RepairAll(drafts, below),
        "more": More(drafts, more, agreed),
    }
    return steps.get(str(kind), drafts)
