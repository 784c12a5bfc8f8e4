"""The trace of one item: the tree of block calls, with prompts, completions, tokens, seconds."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from masdesign.types import (
    Answer,
    Call,
    Completion,
    ModelUse,
    Observation,
    Question,
    Request,
    Usage,
    Verdict,
)

R = TypeVar("R")
Kind = Literal["workflow", "block", "model", "tool"]


@dataclass(eq=False, slots=True)
class Node:
    """One step: a block call, a completion or a tool call; the root is the workflow itself."""

    name: str
    kind: Kind
    inputs: tuple[tuple[str, object], ...] = ()
    """What went in, by name; positional arguments have the empty name."""
    output: object = None
    children: list[Node] = field(default_factory=list)
    request: Request | None = None
    completion: Completion | None = None
    model: str = ""
    """Of a completion: the run's name of the model that gave it; empty where the run has one only."""
    seconds: float = 0.0
    usd: float = 0.0
    """Of a tool's call: its price."""
    clock: Callable[[], float] | None = field(default=None, repr=False)

    def child(self, name: str, kind: Kind, inputs: tuple[tuple[str, object], ...] = ()) -> Node:
        """A new last child, on the same clock."""
        node = Node(name, kind, inputs, clock=self.clock)
        self.children.append(node)
        return node

    def note(self, call: Call, model: str) -> None:
        """Keep what was asked, and the run's name of the model that was asked."""
        if isinstance(call, Request):
            self.request, self.model = call, model

    def had(self, reply: Completion | Observation, seconds: float) -> None:
        """Keep what a call came to."""
        self.seconds = seconds
        if isinstance(reply, Completion):
            self.completion = self.output = reply
        else:
            self.output, self.usd = reply.text, reply.usd

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order of issue."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def usage(self) -> Usage:
        """Of all completions and priced tools at and below this node, cache hits in full."""
        nodes = [n for n in self.walk() if n.completion is not None or n.usd]
        return sum((n.completion.usage if n.completion else Usage(usd=n.usd) for n in nodes), Usage())

    @property
    def calls(self) -> int:
        """Completions had at and below this node."""
        return sum(n.completion is not None for n in self.walk())

    def arguments(self, width: int = 40) -> str:
        """What went in, in short; the question itself is left out, and what was passed on empty."""
        parts = []
        for name, value in self.inputs:
            if not isinstance(value, Question) and (value != "" or not name):
                text = _short(value, width)
                parts.append(f"{name}={text}" if name else text)
        return ", ".join(parts)


current_node: ContextVar[Node | None] = ContextVar("current_node", default=None)


async def traced(
    name: str,
    function: Callable[..., Coroutine[Any, Any, R]],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> R:
    """Awaits the function as a child of the node now current; without one, just awaits it."""
    parent = current_node.get()
    if parent is None:
        return await function(*args, **kwargs)
    given = [*(("", a) for a in args), *kwargs.items()]
    node = parent.child(name, "block", tuple((key, _as_now(value)) for key, value in given))
    start = node.clock() if node.clock else 0.0
    token = current_node.set(node)
    try:
        result = await function(*args, **kwargs)
        node.output = _as_now(result)
        return result
    finally:
        current_node.reset(token)
        node.seconds = node.clock() - start if node.clock else 0.0


def _as_now(value: object) -> object:
    """A copy of a list, which whoever holds it may go on to change."""
    return [*value] if isinstance(value, list) else value


@dataclass(eq=False, slots=True)
class Trace:
    """What happened while one item was answered."""

    question: Question
    root: Node
    bound: int = 64
    """The most completions that the design could have asked for."""

    @property
    def usage(self) -> Usage:
        """Deployment cost: every completion in full, from the cache or not."""
        return self.root.usage

    @property
    def calls(self) -> int:
        """Completions had."""
        return self.root.calls

    def render(self) -> str:
        """The tree as text, a line a step.

        workflow: 14
        ├─ chain_of_thought(temperature=0.8): 14  (68 tokens)
        └─ verify(14): right  (40 tokens)
        """
        lines = [
            f"workflow: {_short(self.root.output, 60)}  ({self.usage.tokens} tokens, {self.calls} calls)"
        ]
        _render(self.root, "", lines)
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The trace as plain JSON values, prompts and completions included."""
        return {"question": plain(self.question), "bound": self.bound, "root": _json(self.root)}


def by_model(nodes: Iterable[Node]) -> dict[str, ModelUse]:
    """What the completions at and below the nodes used, by the name of the model; sorted."""
    uses: dict[str, ModelUse] = {}
    for node in (inner for outer in nodes for inner in outer.walk()):
        if node.completion is not None and node.model:
            uses[node.model] = uses.get(node.model, ModelUse()) + ModelUse(1, node.completion.usage)
    return dict(sorted(uses.items()))


def _render(node: Node, indent: str, lines: list[str]) -> None:
    shown = [c for c in node.children if c.kind != "model" or node.kind == "workflow"]
    for i, child in enumerate(shown):
        last = i == len(shown) - 1
        arguments = child.arguments()
        tokens = f"  ({child.usage.tokens} tokens)" if child.calls else ""
        call = f"{child.name}({arguments})" if arguments else child.name
        lines.append(f"{indent}{'└─' if last else '├─'} {call}: {_short(child.output, 60)}{tokens}")
        _render(child, indent + ("   " if last else "│  "), lines)


def _json(node: Node) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": node.name, "kind": node.kind, "seconds": round(node.seconds, 6)}
    if node.inputs:
        entry["inputs"] = [[name, plain(value)] for name, value in node.inputs]
    entry["output"] = plain(node.output)
    if node.usd:
        entry["usd"] = node.usd
    if node.request is not None:
        entry["request"] = plain(node.request)
    if node.completion is not None:
        entry["completion"] = plain(node.completion)
    if node.children:
        entry["children"] = [_json(child) for child in node.children]
    return entry


def plain(value: object) -> Any:
    """A value of a trace as plain JSON values."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}  # type: ignore[arg-type]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _short(value: object, width: int) -> str:
    if isinstance(value, Answer):
        value = value.text or "(no answer)"
    elif isinstance(value, Verdict):
        value = "right" if value.ok else f"wrong, {value.critique}" if value.critique else "wrong"
    elif isinstance(value, Completion):
        value = value.text
    elif isinstance(value, (list, tuple)):
        value = "[" + ", ".join(_short(v, width) for v in value) + "]"
    text = " ".join(str(value).split())
    return text if len(text) <= width else text[: width - 1] + "…"
