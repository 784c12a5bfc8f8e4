"""Text games of gymnasium (Towers et al. 2024, arXiv:2407.17032): an agent makes moves by their names.

An item's record says which game (``game``), with which seed (``seed``), and how large (``size``, where a game
has one). Needs the package ``gymnasium`` (extra ``gym``).
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import State, StateEnvironment, WrongCall
from masdesign.errors import InputError
from masdesign.types import Action, Item, Observation

MOST_STEPS = 100
_MARKS = {"41": "[]", "43": "[]", "42": "{}", "34;1": "()", "35": "<>"}
"""Brackets for the colours of a rendered board: the player (or an empty taxi), a taxi with its passenger,
where the passenger waits, where they want to go."""
_COLOURED = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m")


@dataclass(frozen=True, slots=True)
class Game:
    """What a game of gymnasium needs to be told and played in words."""

    rules: str
    actions: tuple[str, ...]
    """Names of its actions, by number."""
    won: Callable[[float, bool], bool]
    """Whether the last reward, and that the game is over, mean success."""
    options: Callable[[int, int], dict[str, Any]] = lambda size, seed: {}
    """Arguments of ``gymnasium.make`` for a size and a seed."""


def _lake(size: int, seed: int) -> dict[str, Any]:
    from gymnasium.envs.toy_text.frozen_lake import generate_random_map

    return {"is_slippery": False, "desc": generate_random_map(size, 0.75, seed)}


GAMES: Mapping[str, Game] = {
    "FrozenLake-v1": Game(
        "Walk over the frozen lake from S to G. F is ice, H a hole: who steps on a hole has lost. "
        "Your place is in brackets.",
        ("left", "down", "right", "up"),
        lambda reward, over: over and reward > 0,
        _lake,
    ),
    "CliffWalking-v1": Game(
        "Walk from the lower left corner to T. C is a cliff: who steps on it begins anew. Your place is x.",
        ("up", "right", "down", "left"),
        lambda reward, over: over,
    ),
    "Taxi-v4": Game(
        "Drive the taxi to the passenger, pick them up, drive to their destination and drop them off. "
        "[ ] is the empty taxi, { } the taxi with the passenger, ( ) the place where they wait, < > their "
        "destination. A | is a wall, a : can be crossed.",
        ("south", "north", "east", "west", "pickup", "dropoff"),
        lambda reward, over: over and reward == 20,
    ),
    "Blackjack-v1": Game(
        "Come closer to 21 than the dealer without going beyond. An ace that is usable counts 11.",
        ("stick", "hit"),
        lambda reward, over: over and reward > 0,
    ),
}


class Board(State):
    """A game in the course of an episode."""

    def __init__(self, name: str, size: int, seed: int) -> None:
        try:
            import gymnasium
        except ImportError as error:
            raise InputError("text games need the package gymnasium; install masdesign[gym]") from error
        if name not in GAMES:
            raise InputError(f"game {name!r} is not a text game; there are {', '.join(GAMES)}")
        self.game = GAMES[name]
        text = {} if name == "Blackjack-v1" else {"render_mode": "ansi"}
        options = {**text, **self.game.options(size, seed)}
        self.env: Any = gymnasium.make(name, disable_env_checker=True, **options)
        self.seen, _ = self.env.reset(seed=seed)
        self.total, self.steps, self.won = 0.0, 0, False

    @tool
    def act(self, action: str) -> Observation:
        """Make a move.

        Args:
            action: the name of the move.
        """
        name = action.strip().casefold()
        if name not in self.game.actions:
            raise WrongCall(f"There is no move {action!r}; there are {', '.join(self.game.actions)}.")
        self.seen, reward, over, _, _ = self.env.step(self.game.actions.index(name))
        self.total += float(reward)
        self.won = self.game.won(float(reward), bool(over))
        return Observation(f"{self.shown()}\nReward: {float(reward):g}.", done=bool(over))

    def after(self, seen: Observation) -> Observation:
        """Count the step; the game ends at the last, without a word."""
        self.steps += 1
        return seen if self.steps < MOST_STEPS else replace(seen, done=True)

    def shown(self) -> str:
        """The board in text."""
        if self.env.render_mode is None:
            mine, dealer, ace = self.seen
            return f"Your sum: {mine}{' with a usable ace' if ace else ''}. The dealer shows {dealer}."
        return _plain(self.env.render())

    def outcome(self) -> Mapping[str, Any]:
        """``reward`` is 1.0 where the game was won; ``total`` adds up gymnasium's own rewards."""
        return {"reward": float(self.won), "total": self.total, "steps": self.steps}


def _plain(board: str) -> str:
    """A rendered board with brackets for colours, which text has not.

    >>> _plain("\\x1b[41mS\\x1b[0mFF")
    '[S]FF'
    """

    def mark(match: re.Match[str]) -> str:
        marks = _MARKS.get(match[1], "[]")
        return f"{marks[0]}{match[2]}{marks[1]}"

    return _COLOURED.sub(mark, board).strip("\n")


def task_of(game: str, number: int) -> str:
    """What is to be done, in words; the number keeps games apart."""
    rules = GAMES[game]
    return f"Game {number}. {rules.rules} Moves: {', '.join(rules.actions)}."


def oracle(item: Item) -> list[Action]:
    """Return the shortest way to win, where the game's own table of transitions says what a move does."""
    board = _board(item)
    table, start = board.env.unwrapped.P, int(board.env.unwrapped.s)
    waiting, before = deque([start]), {start: (start, -1)}
    while waiting:
        place = waiting.popleft()
        for action, ((_, new, reward, over),) in table[place].items():
            if over and board.game.won(float(reward), True):
                moves = [board.game.actions[a] for a in (*_way(before, place), action)]
                return [Action("act", {"action": move}) for move in moves]
            if not over and int(new) not in before:
                before[int(new)] = (place, action)
                waiting.append(int(new))
    raise AssertionError("every board can be won")


def _way(before: Mapping[int, tuple[int, int]], place: int) -> list[int]:
    actions: list[int] = []
    while before[place][1] >= 0:
        place, action = before[place]
        actions.append(action)
    return actions[::-1]


def _board(item: Item) -> Board:
    record = item.record
    return Board(str(record["game"]), int(record.get("size", 4)), int(record["seed"]))


def _begin(item: Item, seed: int) -> tuple[State, str]:
    board = _board(item)
    return board, board.shown()


GYM = StateEnvironment("gym", "1", Board, _begin)
"""The environment of all of them."""
