"""A register behind a tool: each entry has a figure, and names another entry.

What is asked for cannot be told from the question; which entry to look up next depends on what the last one
says. In the spirit of knowledge-base agents (AgentBench, Liu et al. 2023, arXiv:2308.03688).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import State, StateEnvironment, WrongCall
from masdesign.types import Action, Item


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What the register says under a name."""

    figure: int
    link: str
    """The name of another entry."""


class Register(State):
    """The register of an episode, which never changes.

    >>> Register("code", "owner", {"Bamo": RegisterEntry(34, "Tilu")}).lookup("bamo")
    'Bamo: code 34, owner Tilu.'
    """

    def __init__(self, figure: str, link: str, entries: Mapping[str, RegisterEntry]) -> None:
        self.figure, self.link, self.entries = figure, link, dict(entries)

    @tool
    def lookup(self, name: str) -> str:
        """Look up an entry by its name."""
        key = name.strip().capitalize()
        entry = self.entries.get(key)
        if entry is None:
            raise WrongCall(f"There is no entry {key}.")
        return f"{key}: {self.figure} {entry.figure}, {self.link} {entry.link}."


def register_of(record: Mapping[str, Any]) -> Register:
    """The register that an item's record holds."""
    entries = {name: RegisterEntry(*values) for name, values in record["entries"].items()}
    return Register(record["figure"], record["link"], entries)


def paths_of(record: Mapping[str, Any]) -> list[list[str]]:
    """For each figure that is asked for, the names to look up, in order."""
    entries = register_of(record).entries
    paths = []
    for name, hops in record["terms"]:
        path = [name]
        for _ in range(hops):
            path.append(entries[path[-1]].link)
        paths.append(path)
    return paths


def oracle(item: Item) -> list[Action]:
    """Return the look-ups that answer an item; the answer is its target."""
    return [Action("lookup", {"name": name}) for path in paths_of(item.record) for name in path]


def _begin(item: Item, seed: int) -> tuple[State, str]:
    return register_of(item.record), ""


LOOKUP = StateEnvironment("lookup", "1", Register, _begin)
"""The environment; an item's record has the register, and what is asked of it."""
