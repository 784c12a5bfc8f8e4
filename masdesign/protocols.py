"""The contracts that everybody's code is written against: one small protocol for each kind of part.

Values that cross them are in `masdesign.types`. What the package ships implements the same contracts as
a user's own file; `masdesign.testing` checks both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from masdesign.types import Answer, Completion, Item, Message, Observation, ProgramResult, Score, Tool

R = TypeVar("R")


@runtime_checkable
class AnswerForm(Protocol):
    """How an answer is asked for, read and compared.

    **Contract.** Pure and deterministic. No target is ever passed to it: it knows how answers look, not
    which one is right. `read` never shortens an answer and never raises for an odd reply; what it cannot
    read is ``None`` (failure kind ``parse``).
    """

    @property
    def name(self) -> str:
        """As a task names it: ``line``, ``number``, ``choice`` …"""
        ...

    def instruction(self, labels: Sequence[str]) -> str:
        """The sentence at the end of a prompt that says how the answer is to be given."""
        ...

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        """The answer that a whole reply gives, or ``None`` where there is none."""
        ...

    def equal(self, a: str, b: str) -> bool:
        """Whether two answers mean the same: used by votes and, with targets, by the scorer `match`."""
        ...

    def schema(self) -> Mapping[str, Any] | None:
        """JSON Schema for structured output, where the form has one."""
        ...


class Services(Protocol):
    """What the evaluator lends a scorer or an environment while an item is scored.

    Calls are charged to the item's account as *overhead*: the run's spend, not the design's cost.
    """

    async def complete(self, role: str, messages: Sequence[Message], **options: Any) -> Completion:
        """Have a completion of the model in ``role`` (``judge``, ``user``).

        Raises:
            InputError: the run has no model in that role.
            LMError, BudgetExhausted: as the model raises them.
        """
        ...

    async def run_program(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        """Run a Python program without network, files or environment, within limits."""
        ...

    async def in_process(self, function: Callable[..., R], *arguments: Any, seconds: float = 10.0) -> R:
        """Run a picklable function in a worker process that is killed when it takes too long.

        Raises:
            TimeoutError: it took longer than ``seconds``.
        """
        ...


@runtime_checkable
class Scorer(Protocol):
    """Says how good an answer is, from 0 to 1.

    **Contract.** It looks at the answer, the item (with targets and record) and the environment's
    outcome; the same arguments and the same completions give the same score. An odd answer scores 0; an
    exception leaves the item unscored (failure kind ``scorer``).
    """

    @property
    def name(self) -> str:
        """As a task names it: ``match``, ``drop``, ``judge:MODEL`` …"""
        ...

    @property
    def calls(self) -> int:
        """Most completions that scoring one item can ask for."""
        ...

    def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Awaitable[Score]:
        """Score one answer to one item. ``outcome`` is empty where there is no environment."""
        ...


class Episode(Protocol):
    """One run of an environment, for one item. Held by the evaluator; a block sees ``act`` alone.

    **Contract.** Two episodes share no state. A call that is wrong is an observation with ``error``, not
    an exception; an exception means that the environment itself is broken. `aclose` may be called twice.
    """

    start: Observation

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Do one action; the arguments were checked against the tool's schema."""
        ...

    async def fork(self) -> Episode | None:
        """An independent copy at this point, or ``None`` where the prefix has to be replayed."""
        ...

    async def outcome(self) -> Mapping[str, Any]:
        """What the episode has come to, as JSON: recorded, and read by the scorer."""
        ...

    async def aclose(self) -> None:
        """Give back what the episode holds."""
        ...


@runtime_checkable
class Environment(Protocol):
    """Where an agent acts: tools over a state that is opened anew for each item."""

    @property
    def name(self) -> str:
        """As a task names it."""
        ...

    @property
    def version(self) -> str:
        """Changes with anything that could change an observation or an outcome."""
        ...

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What an agent can call, in the order in which it is shown them."""
        ...

    @property
    def places(self) -> int:
        """Episodes that may be open at once; 0: any number."""
        ...

    @property
    def calls(self) -> int:
        """Most completions that one episode asks for itself (a simulated user)."""
        ...

    @property
    def deterministic(self) -> bool:
        """Whether the same item, seed and actions always give the same observations."""
        ...

    async def open(self, item: Item, seed: int, services: Services) -> Episode:
        """Begin an episode of the item."""
        ...


class OpenedTest(Protocol):
    """A frozen set of designs and test items, recorded in an archive before anything is scored.

    `masdesign.session.Opening` is made by recording one; nothing else gives test items or scores them.
    """

    @property
    def key(self) -> str:
        """Of the record."""
        ...

    @property
    def designs(self) -> tuple[str, ...]:
        """Ids of the designs that are scored."""
        ...

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the test items that they answer."""
        ...
