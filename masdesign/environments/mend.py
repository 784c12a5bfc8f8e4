"""A sheet of figures whose tests fail: read, correct, test again.

A smaller kin of `repair`: what a figure should be, its test says, by another entry. So a fault is found by
testing, and corrected by reading what it depends on.
"""

from collections.abc import Mapping
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import CountedState, State, StateEnvironment, WrongCall
from masdesign.types import Action, Item


class Sheet(CountedState):
    """A sheet in the course of an episode; a rule says how much more an entry is than another one."""

    most_steps = 30

    def __init__(self, entries: Mapping[str, int], rules: Mapping[str, tuple[str, int]]) -> None:
        self.entries, self.rules = dict(entries), dict(rules)

    @tool
    def test(self) -> str:
        """Run the tests: which entry is wrong, and what it should be."""
        for name in self.wrong():
            other, more = self.rules[name]
            return f"{name} is wrong. It should be {other} {more:+d}."
        return "All tests pass."

    @tool
    def read(self, name: str) -> str:
        """Read an entry of the sheet."""
        return f"{self._key(name)} = {self.entries[self._key(name)]}"

    @tool
    def write(self, name: str, value: int) -> str:
        """Write another value into an entry."""
        self.entries[self._key(name)] = value
        return f"{self._key(name)} = {value}"

    def wrong(self) -> list[str]:
        """The entries whose tests fail, those first that others do not depend on."""
        return [n for n, (other, more) in self.rules.items() if self.entries[n] != self.entries[other] + more]

    def finished(self) -> bool:
        """Whether all tests pass."""
        return not self.wrong()

    def outcome(self) -> Mapping[str, Any]:
        """``reward`` is 1.0 where every test passes."""
        return {"reward": float(not self.wrong()), "wrong": self.wrong(), "steps": self.steps}

    def _key(self, name: str) -> str:
        key = name.strip().capitalize()
        if key not in self.entries:
            raise WrongCall(f"There is no entry {key}.")
        return key


def sheet_of(record: Mapping[str, Any]) -> Sheet:
    """The sheet that an item's record holds, as an episode begins."""
    return Sheet(record["entries"], {name: (other, more) for name, other, more in record["rules"]})


def oracle(item: Item) -> list[Action]:
    """Return actions that correct every entry."""
    sheet, actions = sheet_of(item.record), list[Action]()
    while wrong := sheet.wrong():
        other, more = sheet.rules[wrong[0]]
        value = sheet.entries[other] + more
        actions += [Action("test", {}), Action("read", {"name": other})]
        actions.append(Action("write", {"name": wrong[0], "value": value}))
        sheet.entries[wrong[0]] = value
    return actions


def _begin(item: Item, seed: int) -> tuple[State, str]:
    return sheet_of(item.record), "A test of the sheet fails."


MEND = StateEnvironment("mend", "1", Sheet, _begin)
"""The environment; an item's record has the entries and the rules."""
