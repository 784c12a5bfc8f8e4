"""Do these steps lead back to the start? As BIG-Bench Hard's navigate.

Difficulty d has 5 d - 2 to 5 d + 2 steps (1: three to seven, the public size). Two kinds in the public
wording: facing forward always, and turning.
"""

import random

from masdesign.types import Item

NAME = "navigate"
VERSION = 1
DESCRIPTION = "Say whether a list of steps and turns leads back to the starting point."
METRIC = "exact"
CHANCE = 0.5
DEFAULT_DIFFICULTY = 1

DIRECTIONS = ("forward", "right", "backward", "left")
"""Clockwise; for the turning kind they are as seen at the start."""
_OPENING = "If you follow these instructions, do you return to the starting point?"
_TURNS = {"Turn right.": 1, "Turn around.": 2, "Turn left.": 3}


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["moves"]`` holds (direction, steps) in order, as seen from the start."""
    moves = _moves(rng, rng.randint(max(2, 5 * difficulty - 2), 5 * difficulty + 2), rng.random() < 0.5)
    turning = rng.random() < 0.35
    text = _turning(rng, moves) if turning else _facing(moves)
    east, north = position(moves)
    target = "Yes" if east == north == 0 else "No"
    record = {"difficulty": difficulty, "moves": moves, "turning": turning}
    return Item("", f"{_OPENING} {text}", target, choices=("Yes", "No"), record=record)


def position(moves: list[tuple[str, int]]) -> tuple[int, int]:
    """Steps to the right and steps forward from the start.

    >>> position([("forward", 2), ("left", 3)])
    (-3, 2)
    """
    total = dict.fromkeys(DIRECTIONS, 0)
    for direction, steps in moves:
        total[direction] += steps
    return total["right"] - total["left"], total["forward"] - total["backward"]


def _moves(rng: random.Random, count: int, back: bool) -> list[tuple[str, int]]:
    """``count`` moves or a few fewer; where not ``back``, one is off, so that No is a near miss."""
    while True:
        moves = [(rng.choice(DIRECTIONS), rng.randint(1, 10)) for _ in range(max(1, count - 2))]
        east, north = position(moves)
        closing = [
            ("left" if east > 0 else "right", abs(east)),
            ("backward" if north > 0 else "forward", abs(north)),
        ]
        moves += [(d, n) for d, n in closing if n]
        if max(n for _, n in moves) > 10:
            continue
        if not back:
            at = rng.randrange(len(moves))
            direction, steps = moves[at]
            if rng.random() < 0.3:
                moves[at] = (rng.choice([d for d in DIRECTIONS if d != direction]), steps)
            else:
                moves[at] = (
                    direction,
                    rng.choice([n for n in range(max(1, steps - 3), min(10, steps + 3) + 1) if n != steps]),
                )
        rng.shuffle(moves)
        return moves


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"


def _facing(moves: list[tuple[str, int]]) -> str:
    return " ".join(["Always face forward.", *(f"Take {_steps(n)} {d}." for d, n in moves)])


def _turning(rng: random.Random, moves: list[tuple[str, int]]) -> str:
    heading, out = 0, []
    for direction, steps in moves:
        turn = (DIRECTIONS.index(direction) - heading) % 4
        heading = DIRECTIONS.index(direction)
        out += [text for text, quarter in _TURNS.items() if quarter == turn]
        out.append(f"Take {_steps(steps)}.")
    if rng.random() < 0.3:
        out.append(rng.choice(tuple(_TURNS)))
    return " ".join(out)
