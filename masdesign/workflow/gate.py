"""The gate to an item's episode: it acts, records, replays, and tells errors as observations.

Only the gate holds an episode; a block sees `ItemRun.act` alone. What an environment answers is an *event*:
it is kept under a key of environment, version, tools, item, seed, the rolling digest of all actions and
observations before it, tool and arguments; and committed before it is delivered. So an episode is replayed
event by event without its environment, and only where the events end is one opened and taken to that point.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Protocol

from masdesign.environments.arguments import argument_error
from masdesign.environments.state import unknown_tool
from masdesign.environments.toolbox import TIMED_OUT
from masdesign.errors import InputError, InternalFault, describe
from masdesign.protocols import Environment, Episode, Services
from masdesign.records.journal import Journal
from masdesign.spending.ledger import current_account
from masdesign.spending.spend import PICO, Cost, record_sent
from masdesign.types import Action, Completion, Failure, Item, Message, Observation, Tool, Usage
from masdesign.utf8 import utf8
from masdesign.workflow.limits import ItemFailed

SHOWN = 16_000
"""Characters of an observation that are recorded and shown to an agent; what is left out is said."""
_GAP = "\n[… "
MOST_TIMEOUTS = 20
"""Tool calls of a run that may end in a time-out: a slow machine must not choose designs."""


class Lent(Services, Protocol):
    """Services whose completions are noted, so that a replayed event is charged as the live one was."""

    @property
    def stopped(self) -> BaseException | None:
        """What a completion ran into that is not the environment's fault."""
        ...

    asked: list[tuple[str, list[Any], dict[str, Any]]]


@dataclass(eq=False)
class Acting:
    """What the episodes of a run share."""

    environment: Environment
    journal: Journal = field(default_factory=Journal)
    identity: str = ""
    """What else an observation depends on: the models that the environment asks."""
    world_allowed: bool = False
    """Whether tools of effect ``world`` may be called: never where designs are compared."""
    timeouts: int = 0
    embedding: str = ""
    """The model by which a corpus is searched, where there is one."""
    recalled: set[str] = field(default_factory=set)
    """Tools of effect ``world`` whose call was answered from the record, since an earlier run had made it."""

    def __post_init__(self) -> None:
        outside = [tool.name for tool in self.environment.tools if tool.effect == "world"]
        if outside and not self.world_allowed:
            raise InputError(
                f"the tools {', '.join(outside)} change the world outside: designs that use them cannot be "
                "searched or compared; leave them out, or declare them pure where they change nothing"
            )

    async def open(self, item: Item, seed: int, services: Lent) -> EpisodeGate:
        """Open the gate to an item's episode; the environment itself opens where no event is kept.

        Raises:
            ItemFailed: the environment crashed, or refused to open.
        """
        gate = EpisodeGate(self, item, seed, services)
        await gate.begin()
        return gate


@dataclass(eq=False)
class EpisodeGate:
    """The way to one branch of an episode (`masdesign.workflow.branches`); it does one action at a time."""

    acting: Acting
    item: Item
    seed: int
    services: Lent
    start: Observation = field(default_factory=lambda: Observation(""))
    done: bool = False
    _prefix: str = ""
    """Digest of all that the next observation depends on."""
    _made: list[tuple[Action, Observation]] = field(default_factory=list)
    """Actions that changed the episode, with what they came to."""
    _keys: list[str] = field(default_factory=list)
    """The keys of their events."""
    _episode: Episode | None = None
    _reached: int = 0
    """How many of the actions that were made the open episode has seen: another design of the run may have
    recorded what comes next in the meantime, and it is recalled then."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the agent can call."""
        return self.acting.environment.tools

    async def begin(self) -> None:
        """Open the episode, or recall how it began."""
        item = self.item
        self._prefix = _digest(
            "masdesign-episode-1",
            _describe_environment(self.acting),
            [item.id, item.question, list(item.targets), list(item.context), list(item.choices), item.record],
            self.seed,
            self.acting.identity,
        )
        event = await self._event(_digest(self._prefix, "open"), self._first)
        self.start = _observation(event)
        self._prefix = _digest(self._prefix, _recorded(self.start))

    async def act(self, action: Action) -> Observation:
        """Do an action after all that came before it; a wrong one is an observation with ``error``."""
        tool = next((tool for tool in self.tools if tool.name == action.tool), None)
        if tool is None:
            return unknown_tool(action.tool, {tool.name: tool for tool in self.tools})
        if wrong := argument_error(tool, action.arguments):
            return Observation(wrong, error=True)
        if self.done:
            return Observation("The episode has ended.", done=True, error=True)
        return shown(await self._do(action, tool))

    async def _do(self, action: Action, tool: Tool) -> Observation:
        near = [self.acting.embedding] if self.acting.embedding else []
        pure = tool.effect == "pure"
        at = _digest(_describe_environment(self.acting), *near) if pure else self._prefix
        key = _digest(at, action.tool, dict(action.arguments))
        await self._pay(key, tool)
        if tool.effect == "world" and await asyncio.to_thread(self.acting.journal.get, key) is not None:
            self.acting.recalled.add(tool.name)
        observation = _observation(await self._event(key, lambda: self._called(action, tool)))
        self._note_time_out(observation)
        if tool.effect != "pure":
            self._made.append((action, observation))
            self._keys.append(key)
            self._prefix = _digest(key, _recorded(observation))
            self.done = observation.done
        return replace(observation, usd=tool.price)

    async def _pay(self, key: str, tool: Tool) -> None:
        """Charge a priced tool's call to the item's account before it is made, once a run for equal calls.

        Raises:
            BudgetExhausted: the budget does not cover it.
        """
        account, spent = current_account.get(), Usage(usd=tool.price)
        if not tool.price or account is None:
            return
        live = await asyncio.to_thread(self.acting.journal.get, key) is None

        async def send() -> Completion:
            if live:
                record_sent(spent, 0)
            return Completion("", spent)

        most = Cost(0, 0, round(tool.price * PICO))
        await account.ledger.charge(f"tool {key}", most, send, model=f"tool {tool.name}")

    async def outcome(self) -> Mapping[str, Any]:
        """What the episode has come to, as JSON."""
        return await self._event(_digest(self._prefix, "outcome"), self._ended)

    async def fork(self, *, live: bool = True) -> EpisodeGate:
        """An independent gate at this point.

        Where the environment cannot copy itself, or ``live`` is false, the actions so far are replayed in
        a fresh episode, once the copy first acts beyond what is recorded.
        """
        copy = EpisodeGate(self.acting, self.item, self.seed, self.services, self.start, self.done)
        copy._prefix, copy._made, copy._keys = self._prefix, list(self._made), list(self._keys)
        if self._episode is not None and live:
            copy._episode, copy._reached = await self._guarded(self._episode.fork()), self._reached
        return copy

    async def reset(self) -> None:
        """Begin the episode anew: what was done in it is forgotten, and what is recorded is recalled."""
        await self.aclose()
        self._made, self._keys, self.done = [], [], False
        await self.begin()

    async def aclose(self) -> None:
        """Close the episode, where one is open."""
        episode, self._episode = self._episode, None
        if episode is not None:
            try:
                await episode.aclose()
            except Exception:  # noqa: BLE001  (its work is done, and recorded)
                return

    # -- events

    async def _event(self, key: str, make: Callable[[], Any]) -> dict[str, Any]:
        """The event under a key: recalled, with its completions charged again; or made, and committed."""
        journal = self.acting.journal
        event = await asyncio.to_thread(journal.get, key)
        if event is None:
            before = len(self.services.asked)
            new = await make()
            calls = [list(call) for call in self.services.asked[before:]]
            made = {"value": new, **({"asked": calls} if calls else {})}
            event = await asyncio.to_thread(journal.put, key, made)
        else:
            for role, messages, options in event.get("asked", ()):
                sent = tuple(Message(of, content) for of, content in messages)
                await self._guarded(self.services.complete(role, sent, **options))
        value: dict[str, Any] = event["value"]
        return value

    async def _first(self) -> dict[str, Any]:
        return _recorded(_cleaned((await self._live()).start))

    async def _called(self, action: Action, tool: Tool) -> dict[str, Any]:
        episode = await self._live()
        try:
            observation = await self._call(episode, action)
        except _Crash as crash:
            if not self.acting.environment.deterministic:
                raise self._failed(f"crashed ({crash})") from None
            episode = await self._live(fresh=True)  # once may be the machine's fault
            try:
                observation = await self._call(episode, action)
            except _Crash as crash:
                raise self._failed(f"crashed twice ({crash})") from None
        self._reached += tool.effect != "pure"
        return _recorded(observation)

    async def _ended(self) -> dict[str, Any]:
        episode = await self._live()
        outcome = await self._guarded(episode.outcome())
        try:
            value: dict[str, Any] = json.loads(json.dumps(dict(outcome)))
            return value
        except (TypeError, ValueError) as error:
            raise self._failed(f"has an outcome that is no JSON ({describe(error)})") from error

    # -- the episode itself

    async def _live(self, *, fresh: bool = False) -> Episode:
        """The episode at this point: the one that is open, or a fresh one; in it what was made is done."""
        if fresh:
            await self.aclose()
        if self._episode is None:
            environment = self.acting.environment
            if self._made and not environment.deterministic:
                for key in self._keys:  # what cannot be gone on from: the item begins anew on resume
                    await asyncio.to_thread(self.acting.journal.forget, key)
                raise self._failed("cannot be taken to where it was, since it is not deterministic")
            self._episode, self._reached = await self._open(), 0
        for action, before in self._made[self._reached :]:
            try:
                again = await self._call(self._episode, action)
            except _Crash as crash:
                raise self._failed(f"crashed ({crash})") from None
            if again != shown(before):
                raise self._failed(f"is not deterministic: {action.tool} has another observation now")
            self._reached += 1
        return self._episode

    async def _open(self) -> Episode:
        """An episode of the item; a plain question has nothing that some environments open on."""
        try:
            return await self.acting.environment.open(self.item, self.seed, self.services)
        except Exception as error:
            self._check_services()
            what = f"failed ({describe(error)})"
            if isinstance(error, KeyError) and error.args and error.args[0] not in self.item.record:
                what = f"opens on items of its own task alone, whose record has {error}"
            raise self._failed(what) from error

    async def _call(self, episode: Episode, action: Action) -> Observation:
        try:
            return shown(_cleaned(await episode.call(action.tool, action.arguments)))
        except Exception as error:
            self._check_services()
            raise _Crash(describe(error)) from error

    async def _guarded(self, work: Any) -> Any:
        try:
            return await work
        except Exception as error:
            self._check_services()
            raise self._failed(f"failed ({describe(error)})") from error

    def _check_services(self) -> None:
        """What a simulated user ran into is not the environment's fault."""
        if self.services.stopped is not None:
            raise self.services.stopped

    def _failed(self, what: str) -> ItemFailed:
        return ItemFailed(Failure("environment", f"environment {self.acting.environment.name} {what}"))

    def _note_time_out(self, observation: Observation) -> None:
        if observation.error and observation.text.startswith(TIMED_OUT):
            self.acting.timeouts += 1
            if self.acting.timeouts > MOST_TIMEOUTS:
                raise InternalFault(
                    f"{self.acting.timeouts} tool calls took too long: this machine is too slow or too busy, "
                    "and nothing further is scored; give the tools more seconds"
                )


class _Crash(Exception):
    """The environment raised."""


def shown(observation: Observation) -> Observation:
    """An observation as an agent is shown it: a long one without its middle, and with what is missing.

    >>> shown(Observation("x" * 20_000)).text[7_990:8_040]
    'xxxxxxxxxx\\n[… 4000 characters are left out …]\\nxxxx'
    """
    text, half = observation.text, SHOWN // 2
    if len(text) <= SHOWN or text.startswith(_GAP, half):
        return observation
    cut = f"{text[:half]}{_GAP}{len(text) - 2 * half} characters are left out …]\n{text[-half:]}"
    return replace(observation, text=cut)


def _cleaned(observation: Observation) -> Observation:
    """The observation as text that can be stored and sent: a file may have a name that is no UTF-8."""
    return replace(observation, text=utf8(observation.text))


def _recorded(observation: Observation) -> dict[str, Any]:
    return {"text": observation.text, "done": observation.done, "error": observation.error}


def _observation(event: Mapping[str, Any]) -> Observation:
    return Observation(str(event["text"]), bool(event["done"]), bool(event["error"]))


def _describe_environment(acting: Acting) -> list[Any]:
    environment = acting.environment
    tools = [[tool.name, tool.description, tool.schema, tool.effect] for tool in environment.tools]
    return [environment.name, environment.version, tools]


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode("ascii", "backslashreplace")).hexdigest()
