"""`TauAirline`: customer service of an airline, after tau-bench (Yao et al. 2024, arXiv:2406.12045).

An agent uses 14 tools over a database and talks with a customer, under a policy. Data are tau-bench's: the
database, the tools' schemas, the policy, and 200 episodes of GPT-4o; they are not part of this package.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from masdesign.environments.arguments import argument_error
from masdesign.environments.state import WrongCall, unknown_tool
from masdesign.environments.tau_airline.customer import STOP, SimulatedCustomer
from masdesign.environments.tau_airline.database import Database, read_json
from masdesign.environments.tau_airline.desk import Desk
from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Action, Effect, Item, Observation, Tool

VERSION = 1
FILES = ("airline_flights.json", "airline_reservations.json", "airline_users.json", "airline_tools.json")
POLICY, EPISODES = "airline_policy.md", "gpt-4o-airline.json"
RESPOND = Tool(
    "respond",
    "Write to the customer, whose reply is the result.",
    {
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What to write."}},
        "required": ["text"],
        "additionalProperties": False,
    },
)
USUAL_FOLDERS = (Path("data"), Path("../shared/data"))
MOST_REPLIES = 30
"""Messages of the customer in an episode, as in the recorded ones."""
_PURE = frozenset({"calculate", "list_all_airports", "think"})


def default_folder() -> Path:
    """``tau_bench`` below the folder that the variable MASDESIGN_DATA names, or below a usual one.

    Raises:
        InputError: there is none.
    """
    data = os.environ.get("MASDESIGN_DATA", "")
    for folder in [Path(data)] if data else USUAL_FOLDERS:
        if data or (folder / "tau_bench").is_dir():
            return folder / "tau_bench"
    raise InputError(
        "tau_airline needs the data of tau-bench: set MASDESIGN_DATA to the folder that has tau_bench/"
    )


class TauAirline:
    """The environment (`masdesign.protocols.Environment`); an item's record is as `read_items` makes it."""

    name = "tau_airline"
    places = 0
    calls = MOST_REPLIES
    deterministic = True

    def __init__(self, folder: str | Path | None = None) -> None:
        """Name the folder of the data (`default_folder`); it is read when it is first needed."""
        self._named = folder

    def with_argument(self, folder: str) -> TauAirline:
        """The environment over the data of another folder: ``tau_airline:FOLDER``."""
        return TauAirline(folder)

    @cached_property
    def folder(self) -> Path:
        """Where the data are."""
        return default_folder() if self._named is None else Path(self._named)

    @cached_property
    def database(self) -> Database:
        """The database as every episode begins with it."""
        return Database.read(self.folder)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """The 14 tools of the service desk, and `respond`."""
        listed = [entry["function"] for entry in read_json(self.folder / "airline_tools.json")]
        return (*(_tool(entry) for entry in listed), RESPOND)

    @cached_property
    def version(self) -> str:
        """Changes with the data or the code's behaviour."""
        digest = hashlib.sha256(str(VERSION).encode())
        for name in FILES:
            if not (self.folder / name).is_file():
                read_json(self.folder / name)  # raises: says what is missing, and the cure
            digest.update((self.folder / name).read_bytes())
        return digest.hexdigest()[:8]

    async def open(self, item: Item, seed: int, services: Services) -> AirlineEpisode:
        """Begin the episode of an item."""
        record = item.record
        turns = tuple((str(a), str(b)) for a, b in record.get("turns", ()))
        customer = SimulatedCustomer(record["instruction"], record["opening"], turns)
        return AirlineEpisode(self, record, services, Desk(self.database.fresh()), customer)


@dataclass
class AirlineEpisode:
    """A conversation with one customer (`masdesign.protocols.Episode`)."""

    environment: TauAirline
    record: Mapping[str, Any]
    services: Services
    desk: Desk
    customer: SimulatedCustomer
    done: bool = False
    start: Observation = field(default=Observation(""), init=False)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Use a tool, or write to the customer."""
        tools = {t.name: t for t in self.environment.tools}
        if self.done:
            return Observation("The conversation has ended.", done=True, error=True)
        if tool not in tools:
            return unknown_tool(tool, tools)
        if wrong := argument_error(tools[tool], arguments):
            return Observation(f"Error: {wrong}", error=True)
        if tool == RESPOND.name:
            return await self._respond(arguments["text"])
        self.done = tool == "transfer_to_human_agents"
        try:
            text = getattr(self.desk, tool)(**copy.deepcopy(dict(arguments)))
        except WrongCall as error:
            return Observation(str(error), error=True)
        return Observation(text, done=self.done)

    async def _respond(self, text: str) -> Observation:
        self.customer = await self.customer.reply(text, self.services)
        reply = self.customer.said[-1][1]
        self.done = STOP in reply or len(self.customer.said) >= MOST_REPLIES
        return Observation(reply, done=self.done)

    async def fork(self) -> AirlineEpisode:
        """Copy what has changed."""
        desk = Desk(self.desk.database.fork())
        return AirlineEpisode(
            self.environment, self.record, self.services, desk, self.customer, self.done
        )  # fmt: skip

    async def outcome(self) -> Mapping[str, Any]:
        """``reward``: 1.0 where the episode ended with the right database and the right things said."""
        right = replayed(self.environment.database, self.record["actions"])
        statements = [text.lower().replace(",", "") for text, _ in self.customer.said]
        missing = [
            o for o in self.record.get("outputs", ()) if not any(o.lower() in text for text in statements)
        ]
        same = right.same_content(self.desk.database)
        reward = float(self.done and same and not missing)
        return {"reward": reward, "done": self.done, "database": same, "not_said": missing}

    async def aclose(self) -> None:
        """Hold nothing."""


def replayed(database: Database, actions: Sequence[Mapping[str, Any]]) -> Database:
    """Return the database after the actions (``name``, ``kwargs``); one that is refused changes nothing."""
    desk = Desk(database.fresh())
    for action in actions:
        try:
            getattr(desk, action["name"])(**copy.deepcopy(dict(action["kwargs"])))
        except WrongCall:
            continue
    return desk.database


def oracle(item: Item) -> list[Action]:
    """Return the right actions of an item, and a message that says what the customer should be told."""
    done = [Action(a["name"], a["kwargs"]) for a in item.record["actions"]]
    if done and done[-1].tool == "transfer_to_human_agents":
        return done
    outputs = ", ".join(item.record.get("outputs", ()))
    return [*done, Action(RESPOND.name, {"text": f"It is done. {outputs}".strip()})]


def read_items(folder: Path) -> tuple[Item, ...]:
    """Return the recorded episodes as items: what the customer wants, the right actions, the recorded turns.

    Raises:
        InputError: the file of episodes is absent.
    """
    return tuple(_item(episode) for episode in read_json(folder / EPISODES))


def _item(episode: Mapping[str, Any]) -> Item:
    task = episode["info"]["task"]
    messages = [m for m in episode["traj"][1:] if m["role"] == "user" or _is_reply(m)]
    opening, rest = messages[0]["content"], messages[1:]
    turns = [[a["content"], b["content"]] for a, b in zip(rest[::2], rest[1::2], strict=False)]
    record = {
        "instruction": task["instruction"], "actions": task["actions"], "outputs": task["outputs"],
        "opening": opening, "turns": turns, "task": episode["task_id"], "trial": episode["trial"],
    }  # fmt: skip
    name = f"tau_airline-{episode['task_id']}-{episode['trial']}"
    # The number tells trials with the same first message apart; recorded replies are looked up by it.
    question = f"Case {episode['task_id']}.{episode['trial']}. {opening}"
    return Item(name, question, (), record=record)


def _is_reply(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and not message.get("tool_calls")


def _tool(entry: Mapping[str, Any]) -> Tool:
    effect: Effect = "pure" if entry["name"] in _PURE else "episode"
    return Tool(entry["name"], entry["description"], entry["parameters"], effect)


TAU_AIRLINE = TauAirline()
"""The environment over the data of `default_folder`."""
