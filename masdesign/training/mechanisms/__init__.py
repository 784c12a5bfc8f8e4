"""The mechanisms that abacus is taught, each a maker of cases: prompts of the real templates, and replies."""

from collections.abc import Callable

from masdesign.training.case import Exercise
from masdesign.training.mechanisms.composite import composite, dialogue
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.foresight import foresee
from masdesign.training.mechanisms.hops import notes, react, read_hops
from masdesign.training.mechanisms.house import act_house
from masdesign.training.mechanisms.lessons import (
    applies,
    cases,
    operators,
    practise_operators,
    recall,
    write_lesson,
)
from masdesign.training.mechanisms.planning import act_part, go_on, plan
from masdesign.training.mechanisms.registers import act_lookup, act_mend
from masdesign.training.mechanisms.routing import roles, route
from masdesign.training.mechanisms.search import act_search

Maker = Callable[[Draw], list[Exercise]]
MECHANISMS: dict[str, Maker] = {
    f.__name__: f
    for f in (
        act_house, act_lookup, act_mend, act_part, act_search, applies, cases, composite, dialogue,
        foresee, go_on, notes, operators, plan, practise_operators, react, read_hops, recall, roles,
        route, write_lesson,
    )
}  # fmt: skip
"""By name."""

__all__ = ["MECHANISMS", "Draw", "Maker"]
