"""Items that are episodes: how many are open at once, in which order, and what each comes to."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from hashlib import sha256
from weakref import WeakKeyDictionary

from masdesign.evaluation.services import ItemServices
from masdesign.protocols import Environment
from masdesign.records.cache import Cache
from masdesign.records.journal import Journal
from masdesign.types import Failure, Item, Question, Usage
from masdesign.workflow import Checked, Executor, ItemOutcome, Node, Runtime, Trace
from masdesign.workflow.branches import Branches
from masdesign.workflow.faults import failure_of
from masdesign.workflow.gate import Acting

EPISODE_CALLS = 128
"""Completions of an item that is an episode: more than where a question is answered."""
EVENTS = ".masdesign/events.db"
"""Where events are kept when completions are in a database on a server."""


class Places:
    """``count`` places (0: any number), given strictly in the order in which tickets were drawn.

    Tickets are drawn when the accounts are opened, so the holders are always the earliest items that are
    left: none of them waits in the ledger for an item that waits for a place. (Taken as they come, places
    would be held by later items while an earlier one, whose spending the ledger waits for, has none.)
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self._limited = count > 0
        self._order: deque[Ticket] = deque()

    def ticket(self) -> Ticket:
        """Draw the next ticket."""
        ticket = Ticket(self)
        if self._limited:
            self._order.append(ticket)
        return ticket

    def serve(self) -> None:
        """Give free places to the first tickets, whether or not they are asked for yet."""
        while self._order and (self.free > 0 or self._order[0].returned):
            ticket = self._order.popleft()
            if not ticket.returned:
                self.free -= 1
                ticket.given = True
                ticket.ready.set()


class Ticket:
    """The claim of one item to a place."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.given = self.returned = False
        self.ready = asyncio.Event()

    async def take(self) -> None:
        """Wait for the place."""
        if self._places._limited:
            self._places.serve()
            await self.ready.wait()

    def give_back(self) -> None:
        """Give the place back, or the claim to it; again does nothing."""
        if self.returned:
            return
        self.returned = True
        if self.given:
            self._places.free += 1
        if self._places._limited:
            self._places.serve()


def acting_in(
    environment: Environment, runtime: Runtime, cache: Cache, *, world_allowed: bool = False
) -> Acting:
    """What the episodes of a run share. Events are kept beside the completions: in the same file.

    A run that replays a record takes the events from that record.
    """
    recorded = next((place for lm in runtime.models.values() if (place := getattr(lm, "record", ""))), "")
    place = recorded or (EVENTS if "://" in cache.shown else cache.shown)
    user = runtime.roles.get("user") if environment.calls else None
    identity = "" if user is None else user.model
    near = runtime.roles.get("embedding") if getattr(environment, "ranks_by_meaning", False) else None
    embedding = "" if near is None else near.model
    return Acting(environment, Journal(place), identity, world_allowed, embedding=embedding)


_places: WeakKeyDictionary[Acting, Places] = WeakKeyDictionary()


def places_of(acting: Acting) -> Places:
    """The places of a run's environment."""
    if acting not in _places:
        _places[acting] = Places(acting.environment.places)
    return _places[acting]


async def run_episode(
    design: Checked, item: Item, runtime: Runtime, executor: Executor, ticket: Ticket
) -> ItemOutcome:
    """The design on one item that is an episode: opened here, acted in through the gate, closed here."""
    assert runtime.acting is not None
    question, services = Question.of(item, runtime.asking), ItemServices(runtime)
    await ticket.take()
    try:
        gate = Branches(await runtime.acting.open(item, seed_of(item, runtime.world), services))
        try:
            outcome = await executor.run(design, question, runtime, gate)
            if outcome.failure is None:
                outcome = replace(outcome, episode=await gate.outcome())
        finally:
            await gate.aclose()
    except Exception as error:  # an environment is a plug-in; whose fault it is, is said in one place
        failure = failure_of(error)
        if failure is None:
            raise
        outcome = failed_outcome(question, failure)
    return replace(outcome, overhead=services.used)


def seed_of(item: Item, world: int) -> int:
    """The seed of an item's episode: the same for all designs in the same world."""
    text = f"{world}\0{item.id}\0{item.question}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(text).digest()[:6], "big")


def failed_outcome(question: Question, failure: Failure, seconds: float = 0.0) -> ItemOutcome:
    """The outcome of an item that came to nothing."""
    return ItemOutcome(None, failure, Usage(), 0, seconds, Trace(question, Node("workflow", "workflow")))
