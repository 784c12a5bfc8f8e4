"""Items run elsewhere: chunks of them on any core of a cluster, and the embedded model on every node."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from masdesign.building_blocks import fingerprint
from masdesign.errors import LMError, MasdesignError, ProviderError
from masdesign.evaluation.episodes import failed_outcome
from masdesign.evaluation.executors.node import (
    AbacusOfNode,
    Ask,
    EpisodeView,
    ItemJob,
    Reached,
    RecordedReply,
    Train,
    advance_items,
    terms_of,
)
from masdesign.evaluation.executors.shipped import Shipped, ship
from masdesign.lm import LM, Wrapper
from masdesign.lm.abacus.provider import SHARE, AbacusLM
from masdesign.lm.abacus.tokenizer import WEIGHTS
from masdesign.lm.protocol import completed
from masdesign.types import Completion, Failure, Item, Observation, Question, Request
from masdesign.workflow import Block, Checked, ItemOutcome, Runtime
from masdesign.workflow.run import Gate

CHUNK = 64
"""Items that go to a node together at most."""


J = TypeVar("J")
R = TypeVar("R")


class Placed(Protocol):
    """An object on one node."""

    @property
    def cores(self) -> int:
        """How many cores the node has."""
        ...

    async def call(self, method: str, *args: Any) -> Any:
        """What the object's method gives."""
        ...


class Cluster(Protocol):
    """Cores, here or elsewhere, that run what this package holds.

    **Contract.** What is run must be able to run twice: where a node is lost, another one runs it again.
    `run` raises `ProviderError` where the cluster has lost it for good, `Placed.call` where the object's node
    is lost; both raise `InputError` where a node cannot run what this package holds. What `put` gives can
    be sent along, and fetches the items where it is called.
    """

    @property
    def cores(self) -> int:
        """How many functions run at once."""
        ...

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """What the function gives, on any node."""
        ...

    def place(self, kind: type, *args: object) -> Sequence[Placed]:
        """``kind(cores, *args)`` on every node, where ``cores`` are the node's."""
        ...

    def put(self, items: tuple[Item, ...]) -> Train:
        """The items, to be fetched by whoever needs them."""
        ...


class Remote:
    """The `Executor` of a cluster.

    Items never wait on a node for a completion (`replayed`), so that no chunk holds up another one.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._items: Chunks[ItemJob, Reached] = Chunks(self._advance, places=2 * cluster.cores, most=CHUNK)
        self._shipped: dict[int, tuple[Mapping[str, Block[..., Any]], Shipped]] = {}
        self._trains: dict[Callable[[], Sequence[Item]], Train] = {}

    async def run(
        self, design: Checked, question: Question, runtime: Runtime, gate: Gate | None = None
    ) -> ItemOutcome:
        """Run the design on one question: model calls are made here, everything between them on the nodes."""
        start = runtime.clock()
        terms, models = terms_of(runtime, self._plugins(runtime))
        version = fingerprint(design.source, runtime.blocks)
        scene = None if gate is None else EpisodeView(gate.tools, gate.start)
        job = ItemJob(design, version, question, terms, self._train(runtime), (), scene)
        while True:
            try:
                reached = await self._items.had(job)
            except ProviderError as error:
                failure = Failure("provider", str(error))
                return failed_outcome(question, failure, runtime.clock() - start)
            if isinstance(reached, MasdesignError):
                raise reached
            if isinstance(reached, ItemOutcome):
                return replace(reached, seconds=runtime.clock() - start)
            outcomes = await asyncio.gather(*(_make(models, gate, ask) for ask in reached))
            seconds = runtime.clock() - start
            replies = tuple(RecordedReply(outcome, seconds) for outcome in outcomes)
            job = replace(job, replies=job.replies + replies)

    def abacus(self, folder: Path) -> LM:
        """The embedded model, on all cores of all nodes."""
        here = AbacusLM(folder=folder)  # says what it is, and computes nothing
        where = None if folder == WEIGHTS else folder.resolve()
        return _OnNodes(here, self._cluster.place(AbacusOfNode, where, here.model))

    def close(self) -> None:
        """Give up what is under way."""
        self._items.close()

    async def _advance(self, jobs: Sequence[ItemJob]) -> Sequence[Reached]:
        reached: Sequence[Reached] = _check(await self._cluster.run(advance_items, jobs))
        return reached

    def _plugins(self, runtime: Runtime) -> Shipped:
        blocks = runtime.blocks
        if id(blocks) not in self._shipped:
            self._shipped[id(blocks)] = (blocks, ship(blocks))  # with the table, so that its id stays its own
        return self._shipped[id(blocks)][1]

    def _train(self, runtime: Runtime) -> Train:
        if runtime.train not in self._trains:
            self._trains[runtime.train] = self._cluster.put(tuple(runtime.train()))
        return self._trains[runtime.train]


class Outbox(Generic[J, R]):
    """Jobs that wait until the event loop comes round, and then go out together."""

    def __init__(self) -> None:
        self._waiting: list[tuple[J, asyncio.Future[R]]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def had(self, job: J) -> R:
        """The job's result. Raises what its sending raised."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[R] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)  # after every task that is ready has had its turn
        self._waiting.append((job, result))
        return await result

    def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()

    def _flush(self) -> None:
        """Send what waits, or a part of it, by `_begin`."""
        raise NotImplementedError

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


class _OnNodes(Wrapper, Outbox[Request, Completion | LMError]):
    """The wrapped model, computed on nodes: draws of one prompt together, where there is least to do.

    What a lost node had goes to another one.
    """

    def __init__(self, inner: LM, nodes: Sequence[Placed]) -> None:
        Wrapper.__init__(self, inner)
        Outbox.__init__(self)
        self._calls = dict.fromkeys(nodes, 0)
        """Calls under way on each node that is there."""

    async def complete(self, request: Request) -> Completion:
        """Have one completion."""
        outcome = await self.had(request)
        if isinstance(outcome, LMError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Give up what is under way."""
        self.close()
        await super().aclose()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        groups: dict[object, list[tuple[Request, asyncio.Future[Completion | LMError]]]] = defaultdict(list)
        for request, result in waiting:
            groups[request.messages].append((request, result))
        for group in groups.values():
            for start in range(0, len(group), SHARE):
                requests, results = zip(*group[start : start + SHARE], strict=True)
                self._begin(deliver(self._compute(requests), results))

    async def _compute(self, requests: Sequence[Request]) -> Sequence[Completion | LMError]:
        while self._calls:
            node = min(self._calls, key=lambda node: self._calls[node] / node.cores)
            self._calls[node] += len(requests)
            try:
                replies: Sequence[Completion | LMError] = _check(await node.call("complete", requests))
                return replies
            except ProviderError:
                self._calls.pop(node, None)
            finally:
                if node in self._calls:
                    self._calls[node] -= len(requests)
        raise ProviderError("the cluster has lost all the nodes that computed abacus", kind="connection")


def _check(reply: Any) -> Any:
    if isinstance(reply, MasdesignError):
        raise reply
    return reply


async def _make(
    models: Sequence[LM], gate: Gate | None, ask: Ask
) -> Completion | Observation | MasdesignError:
    """What a call comes to, made in order of issue."""
    number, call = ask
    try:
        if isinstance(call, Request):
            return await completed(models[number], call)
        assert gate is not None  # an item without one does not act
        return await gate.act(call)
    except MasdesignError as error:
        return error


class Chunks(Outbox[J, R]):
    """Sends jobs by ``send``, which gives their results aligned with them.

    A job goes at once where a place is free; otherwise it waits, and goes with all that wait then, shared
    out evenly over the places that are free. So chunks grow with the load, without a clock.

    Parameters: ``places`` is the number of chunks under way at once, ``most`` that of jobs in a chunk.
    """

    def __init__(
        self, send: Callable[[Sequence[J]], Awaitable[Sequence[R]]], *, places: int, most: int
    ) -> None:
        super().__init__()
        self._send, self._free, self._most = send, places, most

    def _flush(self) -> None:
        waiting = [entry for entry in self._waiting if not entry[1].done()]  # some were given up
        while waiting and self._free:
            size = min(self._most, -(-len(waiting) // self._free))
            chunk, waiting = waiting[:size], waiting[size:]
            self._free -= 1
            self._begin(self._carry(chunk))
        self._waiting = waiting

    async def _carry(self, chunk: Sequence[tuple[J, asyncio.Future[R]]]) -> None:
        await deliver(self._send([job for job, _ in chunk]), [result for _, result in chunk])
        self._free += 1
        self._flush()


async def deliver(work: Awaitable[Sequence[R]], results: Sequence[asyncio.Future[R]]) -> None:
    """Give each future its part of what ``work`` gives, or what it raises; none is left waiting."""
    try:
        values = await work
    except Exception as error:  # noqa: BLE001  (it is raised where the results are awaited)
        for result in results:
            if not result.done():
                result.set_exception(error)
    except asyncio.CancelledError:
        for result in results:
            result.cancel()
        raise
    else:
        for result, value in zip(results, values, strict=True):
            if not result.done():
                result.set_result(value)
