"""Looking up figures by their keys: the curriculum of `ledger`, one short statement first.

Copying by key is learnt late and all at once, so most of what is asked here is asked several times of the
same passages.
"""

import random
from collections.abc import Sequence

from masdesign.building_blocks._prompt import render
from masdesign.tasks.buckets import is_reserved
from masdesign.tasks.families import ledger
from masdesign.tasks.families.ledger import Figure, single
from masdesign.training.case import Exercise
from masdesign.training.paths import UNKNOWN
from masdesign.training.paths.ledger import key
from masdesign.training.solution import LAYOUTS, Solution, Step, lay_out
from masdesign.training.wordings import instruction, role
from masdesign.types import Question

MOST = 4
"""So many passages at most, where there are several."""
QUESTIONS = 5
MISSING = 0.15
"""Share of the questions that the passages do not answer."""


def look_ups(rng: random.Random, alone: float = 0.75) -> list[Exercise]:
    """Questions for one figure each, over one passage (in the share ``alone`` of all cases) or several."""
    item = ledger.generate(rng, 2)
    statements = item.record["statements"]
    count = 1 if rng.random() < alone else rng.randint(2, min(MOST, len(statements)))
    chosen = rng.sample(range(len(statements)), count)
    passages = tuple(item.context[number] for number in chosen)
    present = [figure for number in chosen for figure in statements[number]]
    who = role(rng)
    out = []
    for figure in rng.sample(present, min(QUESTIONS, len(present))):
        value = str(figure.value)
        if rng.random() < MISSING:
            figure, value = _missing(rng, figure, present), UNKNOWN
        if not is_reserved(single(figure)):
            out.append(_asked(rng, figure, value, passages, who))
    return out


def _missing(rng: random.Random, figure: Figure, present: Sequence[Figure]) -> Figure:
    """A figure that is like this one, and that no passage gives."""
    taken = {key(other) for other in present}
    while key(figure) in taken:
        change = rng.randrange(3)
        if change == 0:
            figure = figure._replace(company=rng.choice(ledger.COMPANIES))
        elif change == 1:
            figure = figure._replace(quarter=rng.choice(ledger.QUARTERS))
        else:
            figure = figure._replace(name=rng.choice(ledger.FIGURES))
    return figure


def _asked(rng: random.Random, figure: Figure, value: str, passages: tuple[str, ...], who: str) -> Exercise:
    skill = rng.choice(("direct", "chain_of_thought"))
    messages = render(
        skill, role=who, task=Question(single(figure), passages), instruction=instruction(skill, rng)
    )
    if skill == "direct":
        return Exercise(skill, messages, f"Answer: {value}")
    step = Step("A", key(figure) if rng.random() < 0.7 else "", value)
    layout = rng.choices(list(LAYOUTS), weights=list(LAYOUTS.values()))[0]
    return Exercise(skill, messages, lay_out(Solution((step,), value), layout))
