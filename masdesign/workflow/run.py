"""One item run: the workflow in the sandbox, its block calls on the host, its outcome as a value."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar, overload

from masdesign.environments.arguments import read_arguments, read_texts
from masdesign.environments.scratch import Files
from masdesign.errors import InputError, NotRecorded
from masdesign.lm.abacus.tokenizer import own_count
from masdesign.lm.profile import profile_of
from masdesign.lm.protocol import LM, completed
from masdesign.memory import Kind as MemoryKind
from masdesign.memory import MemoryEntry, retrieve, retrieve_by_meaning
from masdesign.retrieval import bm25, closest
from masdesign.types import (
    Action,
    Call,
    Completion,
    Message,
    Observation,
    Origin,
    Prompt,
    Question,
    Request,
    Tool,
)
from masdesign.workflow.answers import AnswerClasses
from masdesign.workflow.faults import usable
from masdesign.workflow.limits import ItemFailed, design_failure
from masdesign.workflow.programs import arithmetic
from masdesign.workflow.runtime import Runtime
from masdesign.workflow.trace import Kind, Node, current_node
from masdesign.workflow.wave import Wave

T = TypeVar("T")


class Gate(Protocol):
    """The way to an item's episode: what a block sees of an environment."""

    @property
    def start(self) -> Observation:
        """How the episode began."""
        ...

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What can be called, in the order in which a model is shown it."""
        ...

    async def act(self, action: Action) -> Observation:
        """Do an action in the episode, after all that were asked for before it."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """A model as an item asks it: its name in the trace, and the name that its use is counted under."""

    lm: LM
    name: str
    counted: str = ""


def takes(lm: LM, what: str) -> bool:
    """Whether a model takes ``tools`` or a ``schema`` natively, as its profile says."""
    return what in getattr(getattr(lm, "profile", None), "native", ())


def takes_tools(lm: LM) -> bool:
    """Whether a model is offered tools natively, as its profile says."""
    return takes(lm, "tools")


@dataclass(eq=False)
class ItemRun:
    """The run of one item now in progress, as blocks see it (`running`)."""

    question: Question
    runtime: Runtime
    root: Node
    gate: Gate | None = None
    """The way to the item's episode, where the task has an environment."""
    wave: Wave = field(default_factory=Wave)
    calls: int = 0
    """Completions asked for so far."""
    actions: int = 0
    """Actions made so far."""
    deeds: dict[int, list[tuple[Action, Observation]]] = field(default_factory=lambda: {0: []})
    """What was done in each branch of the item's episode, and what came of it; 0 is the episode itself."""
    text: int = 0
    """Characters passed to blocks so far."""
    worked: float = 0.0
    """Processor time in seconds that blocks have taken here so far."""
    classes: AnswerClasses = field(default_factory=AnswerClasses)
    """Which of the item's answers are equal."""
    notes: Files = field(default_factory=Files)
    """What its agents wrote down."""
    fatal: BaseException | None = None
    """What has ended this run, whatever the workflow makes of it."""
    _samples: Counter[tuple[object, ...]] = field(default_factory=Counter)

    async def complete(
        self,
        messages: Iterable[Message],
        *,
        model: str = "",
        temperature: float = 0.0,
        max_tokens: int | None = None,
        stop: tuple[str, ...] = (),
        tools: tuple[Tool, ...] = (),
        schema: str = "",
    ) -> Completion:
        """A completion of ``messages`` by the model that the run knows as ``model``.

        The n-th request of an item's run with the same model, messages and parameters is sample n.
        ``tools`` are offered natively, and the reply keeps to a JSON ``schema``, only where the model takes
        them (`takes`).

        Raises:
            ItemFailed: the run has no such model, or the item has used up its calls.
            LMError, BudgetExhausted: as the model raises them; they end the item's run.
        """
        self._check_alive()
        route = Route(self.lm(model), model or "model", self.runtime.name_of(model))
        origin = messages.origin if isinstance(messages, Prompt) else None
        request = self._request(route.lm, tuple(messages), temperature, max_tokens, tuple(stop), origin)
        if tools or schema:
            request = replace(request, tools=tools, schema=schema)
        return await self.perform(request, route)

    def note(self, name: str, text: str) -> None:
        """Put a remark into the trace: what of the context was left out, say."""
        (current_node.get() or self.root).child(name, "tool").output = text

    @overload
    async def perform(self, call: Request, route: Route) -> Completion: ...

    @overload
    async def perform(self, call: Action, route: None = None) -> Observation: ...

    async def perform(self, call: Call, route: Route | None = None) -> Completion | Observation:
        """Make a call and have its reply: the only way out of an item.

        It is counted, traced, sent with the item's next wave, and its failure ends the item's run.

        Parameters:
            route: the model of a `Request`.
        """
        self._check_alive()
        self._count(call)
        node = (current_node.get() or self.root).child(*_label(call, route))
        node.note(call, route.counted if route else "")
        start = self.runtime.clock()
        try:
            reply = await self.wave.join(lambda: self._send(call, route))
            node.had(reply, self.runtime.clock() - start)
            return usable(reply) if isinstance(reply, Completion) else reply
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, NotRecorded):
                error.block = error.block or (current_node.get() or self.root).name
            self.fatal = self.fatal or error
            raise

    async def _send(self, call: Call, route: Route | None) -> Completion | Observation:
        if isinstance(call, Request):
            assert route is not None
            return await completed(route.lm, call)
        return await self.scene().act(call)

    def _count(self, call: Call) -> None:
        limits = self.runtime.limits
        if isinstance(call, Request):
            if self.calls >= limits.calls:
                raise self.failed(f"more than {limits.calls} calls", "ask for fewer completions")
            self.calls += 1
        else:
            if self.actions >= limits.actions:
                raise self.failed(f"more than {limits.actions} actions", "act less, or stop earlier")
            self.actions += 1

    def _check_alive(self) -> None:
        if self.fatal is not None:
            raise self.fatal

    async def act(self, tool: str, arguments: Mapping[str, Any] | str, branch: int = 0) -> Observation:
        """Call a tool in the item's episode; what is wrong with the call is an observation with ``error``.

        Parameters:
            arguments: by name (a text where the tool takes something else is read as JSON), or the JSON
                text that a model wrote.
            branch: of the episode (`fork`); 0 is the episode itself.

        Raises:
            ItemFailed: the task has no environment, or the item has used up its actions.
        """
        gate = self.scene()
        declared = next((candidate for candidate in gate.tools if candidate.name == tool), None)
        if isinstance(arguments, Mapping):
            arguments = read_texts(declared, arguments) if declared else arguments
        else:
            values = read_arguments(declared, arguments) if declared else {}
            if isinstance(values, str):
                return self._unread(tool, arguments, values)
            arguments = values
        action = Action(tool, arguments, branch=branch)
        observation = await self.perform(action)
        self.deeds[branch].append((action, observation))
        return observation

    @property
    def ended(self) -> bool:
        """Whether the item's episode has ended."""
        return bool(self.deeds[0]) and self.deeds[0][-1][1].done

    async def fork(self, branch: int = 0) -> int:
        """Fork the item's episode at a branch, and give the new branch's number.

        Raises:
            ItemFailed: the task has no environment, or one that changes the world outside.
        """
        self.scene()
        number = max(self.deeds) + 1
        self.deeds[number] = list(self.deeds[branch])
        await self.perform(Action("fork", {"branch": branch}, branch=number, control="fork"))
        return number

    async def reset(self, branch: int = 0) -> None:
        """Begin a branch of the item's episode anew. Raises `ItemFailed` as `fork` does."""
        self.scene()
        await self.perform(Action("reset", {}, branch=branch, control="reset"))
        self.deeds[branch] = []

    async def keep(self, branch: int) -> None:
        """Make a branch the item's episode: its outcome is the item's."""
        if branch:
            await self.perform(Action("keep", {}, branch=branch, control="keep"))
            self.deeds[0] = self.deeds[branch]

    def scene(self) -> Gate:
        """The way to the item's episode: its tools and how it began.

        Raises:
            ItemFailed: the task has no environment.
        """
        if self.gate is None:
            raise self.failed("the task has no tools to act with", "answer without acting")
        return self.gate

    def _unread(self, tool: str, text: str, error: str) -> Observation:
        """The observation of a call whose arguments cannot be read; it counts as an action."""
        self._check_alive()
        self._count(Action(tool, {}))
        node = (current_node.get() or self.root).child(tool, "tool", (("", text),))
        node.output = error
        return Observation(error, error=True)

    def lm(self, name: str = "") -> LM:
        """The model that the run knows as ``name``; ``""`` is the default."""
        model = self.runtime.models.get(name)
        if model is None:
            names = ", ".join(repr(n) for n in self.runtime.models if n) or "none but the default"
            raise self.failed(f"unknown model {name!r}", f"this run knows: {names}")
        return model

    def own_count(self, name: str = "") -> Callable[[str], int] | None:
        """What counts the tokens of a text as a model does, where its tokenizer is at hand."""
        return own_count(self.lm(name).model)

    async def run_python(self, source: str) -> str:
        """What the Python program ``source`` gives: its last expression's value, else what it prints.

        Raises:
            ItemFailed: the task does not declare the tool ``python``.
            ToolError: the program failed or ran past its limits. The item goes on.
        """
        self._needs("python", "answer without a program")
        return await self._interpreted("python", source, source)

    async def calculate(self, expression: str) -> str:
        """The value of an arithmetic expression; the interpreter runs nothing else (`arithmetic`).

        Raises:
            ItemFailed: the task does not declare the tool ``calculator``.
            ToolError: it is no arithmetic, or has no value. The item goes on.
        """
        self._needs("calculator", "calculate without it")
        return await self._interpreted("calculator", expression, arithmetic(expression))

    async def retrieve(self, query: str, passages: Sequence[str], n: int = 1) -> list[str]:
        """At most n of the passages, those first that are closest to the query.

        By their words (`bm25`); by their meaning, at one call, where the run has an embedding model.

        Raises:
            ItemFailed: the task does not declare the tool ``retrieval``, or the item has used up its calls.
            LMError, BudgetExhausted: as the embedding model raises them.
        """
        self._needs("retrieval", "show all the passages")
        node = (current_node.get() or self.root).child("retrieval", "tool", (("query", query),))
        if self.runtime.embedding is None or not passages:
            places = bm25(query, passages, n)
        else:
            places = (await self._closest(self.runtime.embedding, query, passages))[:n]
        chosen = [passages[place] for place in places]
        node.output = "\n".join(chosen)
        return chosen

    async def remembered(self, query: str, n: int, kind: MemoryKind) -> list[MemoryEntry]:
        """At most n entries of the run's memory for a query, the closest first.

        By words (`retrieve`); by words and meaning, at one call, where the run has an embedding model.

        Raises:
            ItemFailed: the item has used up its calls.
            LMError, BudgetExhausted: as the embedding model raises them.
        """
        self._check_alive()
        memory, embedding = self.runtime.memory, self.runtime.embedding
        if embedding is None:
            return list(retrieve(memory, query, n, kind))
        near = partial(self._closest, embedding)
        return list(await retrieve_by_meaning(memory, query, n, kind, near))

    async def _closest(self, embedding: LM, query: str, texts: Sequence[str]) -> list[int]:
        """The places of the texts, the closest in meaning first, at one call."""
        messages = tuple(Message("user", text) for text in (*texts, query))
        route = Route(embedding, "embedding", "embedding" if self.runtime.name_of("") else "")
        ranking = await self.perform(self._request(embedding, messages, 0.0, 1, ()), route)
        return closest(ranking.text, len(texts), len(texts))

    def _needs(self, tool: str, cure: str) -> None:
        self._check_alive()
        if tool not in self.runtime.tools:
            raise self.failed(f"the task does not declare the tool {tool}", cure)

    async def _interpreted(self, tool: str, shown: str, program: str) -> str:
        node = (current_node.get() or self.root).child(tool, "tool", (("source", shown),))
        start = self.runtime.clock()
        sandbox, limits = self.runtime.sandbox, self.runtime.limits
        try:
            output = await self.wave.join(lambda: sandbox.run_python(program, limits))
        finally:
            node.seconds = self.runtime.clock() - start
        node.output = output
        return output

    async def charged(self, work: Awaitable[T]) -> T:
        """What is awaited; the processor time of its steps counts against the item's time.

        A step is not broken off: where it takes the item past its limit, the item's run ends after it.
        """
        return await _Steps(self, work)

    def failed(self, message: str, cure: str = "") -> ItemFailed:
        """The end of this run by the design's own fault: to be raised."""
        error = design_failure(message, cure)
        self.fatal = self.fatal or error
        return error

    def _request(
        self,
        lm: LM,
        messages: tuple[Message, ...],
        temperature: float,
        max_tokens: int | None,
        stop: tuple[str, ...],
        origin: Origin | None = None,
    ) -> Request:
        most = profile_of(lm).length if max_tokens is None else max_tokens
        if not 0.0 <= temperature <= 2.0:
            raise self.failed(f"temperature {temperature} is not between 0 and 2", "use 0 to 1")
        if most < 1:
            raise self.failed(f"max_tokens {most} is below 1", "leave it out")
        key = (lm.model, messages, temperature, most, stop)
        sample = self._samples[key]
        self._samples[key] += 1
        world = self.runtime.world
        return Request(messages, lm.model, temperature, most, stop, sample, world, origin=origin)


class _Steps(Awaitable[T]):
    """An awaitable whose steps are timed, each between two waits."""

    def __init__(self, run: ItemRun, inner: Awaitable[T]) -> None:
        self._run, self._inner = run, inner

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._inner.__await__()
        error: BaseException | None = None
        while True:
            began = self._run.runtime.work_clock()
            try:
                waits_for = next(steps) if error is None else steps.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self._note(self._run.runtime.work_clock() - began)
            try:
                yield waits_for
                error = None
            except BaseException as thrown:  # noqa: BLE001  (a cancellation is the inner one's, too)
                error = thrown

    def _note(self, seconds: float) -> None:
        run, limit = self._run, self._run.runtime.limits.seconds
        run.worked += seconds
        if run.worked > limit and run.fatal is None:
            run.failed(f"blocks worked longer than {limit:g} s on what they were passed", "pass less on")


def _label(call: Call, route: Route | None) -> tuple[str, Kind, tuple[tuple[str, object], ...]]:
    """Name, kind and inputs of a call in the trace."""
    if isinstance(call, Request):
        return (route.name if route else "model"), "model", ()
    return call.tool, "tool", tuple(call.arguments.items())


current_run: ContextVar[ItemRun | None] = ContextVar("running", default=None)


def running() -> ItemRun:
    """The item's run now in progress.

    Raises:
        InputError: none is.
    """
    run = current_run.get()
    if run is None:
        raise InputError("a block was called outside an item's run; call it within `async with item_run(…)`")
    return run


async def gather(*awaitables: Awaitable[T]) -> list[T]:
    """The results of all, run at once, in order. The blocks' counterpart of the design language's `gather`.

    Where some raise, all are awaited, then the first error in order is raised.
    """
    run = current_run.get()
    if run is None:
        return list(await asyncio.gather(*awaitables))
    if len(awaitables) < 2:
        return [await a for a in awaitables]
    wave, left = run.wave, len(awaitables)

    async def child(awaitable: Awaitable[T]) -> T:
        nonlocal left
        try:
            return await run.charged(awaitable)
        except asyncio.CancelledError:  # only the whole item is ever cancelled
            wave.close()
            raise
        finally:
            left -= 1
            if left:  # the last to end hands its place to the waiting parent
                wave.leave()

    wave.fork(left)
    try:
        results: list[Any] = await asyncio.gather(*(child(a) for a in awaitables), return_exceptions=True)
    finally:  # a child that was cancelled before its first step has left its coroutine unstarted
        for awaitable in awaitables:
            if asyncio.iscoroutine(awaitable):
                awaitable.close()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
