"""A trace as text: the tree of calls, then every prompt and reply in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from masdesign.workflow import Node, Trace


def render_trace(trace: Trace) -> str:
    """The tree that `Trace.render` gives, and below it each call with its messages and its reply."""
    calls = [node for node in trace.root.walk() if node.request is not None or node.kind == "tool"]
    parts = [trace.render()]
    for number, node in enumerate(calls, 1):
        parts.append("\n".join(_call(node, number, len(calls))))
    return "\n\n".join(parts)


def _call(node: Node, number: int, count: int) -> Iterator[str]:
    model = f" by {node.model}" if node.model else ""
    tokens = f", {node.completion.usage.tokens} tokens" if node.completion is not None else ""
    what = f"tool {node.name}({node.arguments(200)})" if node.kind == "tool" else f"call{model}"
    yield f"{number} of {count}: {what}{tokens}, {node.seconds:.2f} s"
    for message in node.request.messages if node.request is not None else ():
        yield from _text(message.role, message.content)
    if node.completion is not None:
        if reasoning := getattr(node.completion, "reasoning", ""):
            yield from _text("reasoning", reasoning)
        yield from _text("reply", node.completion.text)
    elif node.output is not None:
        yield from _text("result", str(node.output))


def _text(head: str, text: object) -> Iterator[str]:
    yield f"  {head}:"
    yield from (f"    {line}".rstrip() for line in str(text).splitlines())
