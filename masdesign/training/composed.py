"""Several requests in one: steps, then a check, then the answer, all in one reply.

A workflow of several calls, written as one prompt, reads so. Abacus learns to do what the steps ask: where
they ask for several solutions, or for a check, it solves the problem again by another path; where they ask
for parts, it answers each part first. The last line is the answer.
"""

import random

from masdesign.building_blocks._prompt import render
from masdesign.training import paths
from masdesign.training.case import Case, Exercise
from masdesign.training.wordings import train_stems

_HEADS = (
    ("Work in these steps, all in one reply:",) * 6
    + ("Do all of this in one reply:", "Follow these steps:", "Go through these steps:", "Steps:")
)  # fmt: skip
_TAIL = "Give the answer on the last line: Answer: ..."
_VOTES = (
    "Take the answer that was given most often.",
    "Take the answer to which the checks give most weight.",
    "Take the first answer.",
    "Compare the answers.",
)
_KEPT = ("Keep only those for which the check says right.", "Leave out what is wrong.")
_DOUBTS = (
    "If fewer than {} % of the answers agree:",
    "If the check says wrong:",
    "If at most {} % of the answers agree:",
    "Up to {} times:",
)
_SHARES = (50, 70, 90, 100)
_REPAIRS = ("revise", "solve_differently", "debate_round")
_AGAIN = (" Do this {} times, each time anew.", " Do this for each of them.")
_MOST = 2
"""Solutions in one reply; more would not fit the window beside long problems."""


def composed(case: Case) -> Exercise:
    """A prompt of two to five steps, and the reply that does them."""
    rng = case.rng
    steps, solutions, in_parts = _plan(case)
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    text = f"{rng.choice(_HEADS)}\n{numbered}\n{_TAIL}"
    messages = render("chain_of_thought", role=case.role, task=case.question, instruction=text)
    first = _from_parts(case) if in_parts else case.reply()
    replies = dict.fromkeys([first, *(case.reply() for _ in range(solutions - 1))])
    return Exercise("composed", messages, "\n".join(replies))


def words() -> tuple[str, ...]:
    """What its prompts are made of, beside the wordings of other skills."""
    return (*_HEADS, _TAIL, *_VOTES, *_KEPT, *_DOUBTS, *_AGAIN)


def _plan(case: Case) -> tuple[list[str], int, bool]:
    """The steps, how many solutions they ask for, and whether the parts come first."""
    rng = case.rng
    in_parts = rng.random() < 0.4 and len(case.parts()) > 1
    steps, solutions = [], 1
    if in_parts:
        steps.append(_said("split_question", rng))
        steps.append(_said("chain_of_thought", rng) + _AGAIN[1])
        steps.append(_said("merge_answers", rng))
    else:
        steps.append(_said("chain_of_thought", rng))
        if rng.random() < 0.6:
            steps[0] += _AGAIN[0].format(rng.randint(2, 9))
            solutions = _MOST
    if rng.random() < 0.6:
        steps.append(_said("verify", rng) + (_AGAIN[1] if solutions > 1 else ""))
        solutions = _MOST
        if rng.random() < 0.5:
            steps.append(rng.choice(_KEPT))
    if rng.random() < 0.35:
        doubt = rng.choice(_DOUBTS).format(rng.choice(_SHARES))
        steps.append(f"{doubt}\n   - {_said(rng.choice(_REPAIRS), rng)}")
    if solutions > 1 and rng.random() < 0.8:
        steps.append(rng.choice(_VOTES))
    return steps, solutions, in_parts


def _said(skill: str, rng: random.Random) -> str:
    return rng.choice(train_stems(skill))


def _from_parts(case: Case) -> str:
    """Each part with its answer, a line each, then what follows from them."""
    parts = case.parts()
    answers = [part.item.target for part in parts]
    lines = [f"Question {n}: {part.item.question} = {part.item.target}" for n, part in enumerate(parts, 1)]
    whole = case.reply(paths.merge(case.family, case.item.record, answers, case.rng))
    return "\n".join([*lines, whole])
