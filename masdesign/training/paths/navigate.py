"""Steps and turns: the moves by where they lead, then x and y (steps to the right and forward), or a total
for each direction.

Paths differ in that, in whether the moves are written down first, in what comes first, in the order of the
addends, and in whether they are summed at once or one by one.
"""

import random
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.families.navigate import DIRECTIONS
from masdesign.training.paths.arithmetic import add, group_part
from masdesign.training.solution import Part, Truth, Writer, in_pairs, pairs_of
from masdesign.types import Item

_MOVES = "moves"
_AXES = {"x": {"right": 1, "left": -1}, "y": {"forward": 1, "backward": -1}}


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Find the end point by a random path."""
    moves = record["moves"]
    if rng.random() < 0.7 and moves:
        moves = _read(writer.step(_MOVES, "", in_pairs(moves)))
    moves = moves[::-1] if rng.random() < 0.4 else moves
    labels = list(_AXES) if rng.random() < 0.5 else rng.sample(DIRECTIONS, 4)
    if rng.random() < 0.5:
        labels.reverse()
    one_by_one = rng.random() < 0.6
    totals = {label: _total(label, _addends(label, moves), one_by_one, writer) for label in labels}
    if "x" in totals:
        back = totals["x"] == totals["y"] == 0
    else:
        back = totals["left"] == totals["right"] and totals["forward"] == totals["backward"]
    return "Yes" if back else "No"


def _read(text: str) -> list[tuple[str, int]]:
    return [(direction, int(steps)) for direction, steps in pairs_of(text)]


def _total(label: str, addends: list[int], one_by_one: bool, writer: Writer) -> int:
    if len(addends) > 1:
        return add(label, addends, backward=False, one_by_one=one_by_one, writer=writer)
    return int(writer.step(label, "", f"{sum(addends):+d}"))


def _addends(label: str, moves: list[tuple[str, int]]) -> list[int]:
    signs = _AXES.get(label, {label: 1})
    return [signs[direction] * steps for direction, steps in moves if direction in signs]


def truth(record: Mapping[str, Any]) -> Truth:
    """The moves, and values of x, y and of each direction's total."""
    values = {label: f"{sum(_addends(label, record['moves'])):+d}" for label in (*_AXES, *DIRECTIONS)}
    values[_MOVES] = in_pairs(record["moves"])
    return lambda label, _given: values.get(label)


def spoil(rng: random.Random, value: str, _meta: Mapping[str, Any]) -> str:
    """A total is off by a little, or by one typical move; one of the moves leads elsewhere."""
    if value[0] in "+-":
        return f"{int(value) + rng.choice((-1, 1, -2, 2, 3, -3, rng.randint(4, 10), -rng.randint(4, 10))):+d}"
    moves = _read(value)
    at = rng.randrange(len(moves))
    moves[at] = rng.choice([d for d in DIRECTIONS if d != moves[at][0]]), moves[at][1]
    return in_pairs(moves)


def program(record: Mapping[str, Any], rng: random.Random) -> str:
    """A comparison of both sums with 0."""
    sums = ["".join(f"{n:+d}" for n in _addends(axis, record["moves"])) or "0" for axis in _AXES]
    return f"'Yes' if {sums[0]} == 0 and {sums[1]} == 0 else 'No'"


def parts(item: Item) -> list[Part]:
    """The sums of x and of y, as problems of arithmetic."""
    out = []
    for axis in _AXES:
        addends = _addends(axis, item.record["moves"]) or [0]
        out.append(
            group_part([addends[0], *map(abs, addends[1:])], ["+" if n > 0 else "-" for n in addends[1:]])
        )
    return out


def merge(_meta: Mapping[str, Any], answers: list[str], _rng: random.Random, writer: Writer) -> str:
    """Back at the start where both sums are 0."""
    sums = [
        int(writer.step(axis, "", f"{int(answer):+d}")) for axis, answer in zip(_AXES, answers, strict=True)
    ]
    return "No" if any(sums) else "Yes"
