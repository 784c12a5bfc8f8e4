"""A trace as the page shows it: a tree of steps with what was asked and what came back."""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.types import Answer, Completion, Question, Verdict
from masdesign.workflow.trace import Node

MOST_CHARACTERS = 4000
"""Of a prompt or a reply; the rest is counted, not shown."""


@dataclass(frozen=True, slots=True)
class StepText:
    """One step, in words."""

    name: str
    kind: str
    arguments: str
    output: str
    tokens: int
    prompt: tuple[tuple[str, str], ...]
    """Of a completion: (role, text) of each message."""
    reply: str
    setting: str
    """Of a completion: model, temperature, sample."""
    children: tuple[StepText, ...]


def shown(node: Node) -> StepText:
    """The step and all below it; a block that asks the model once, and does nothing else, is one step."""
    only = node.children[0] if len(node.children) == 1 else None
    if node.kind == "block" and only is not None and only.kind == "model" and only.request is not None:
        inner = shown(only)
        return StepText(
            node.name, node.kind, node.arguments(), in_words(node.output), node.usage.tokens,
            inner.prompt, inner.reply, inner.setting, (),
        )  # fmt: skip
    request, completion = node.request, node.completion
    return StepText(
        name=node.name,
        kind=node.kind,
        arguments=node.arguments(),
        output=in_words(node.output),
        tokens=node.usage.tokens,
        prompt=() if request is None else tuple((m.role, cut(m.content)) for m in request.messages),
        reply="" if completion is None else cut(completion.text),
        setting="" if request is None else _setting(node),
        children=tuple(shown(child) for child in node.children),
    )


def _setting(node: Node) -> str:
    request, completion = node.request, node.completion
    assert request is not None
    parts = [node.model, f"temperature {request.temperature:g}", f"draw {request.sample + 1}"]
    if completion is not None and completion.finish == "length":
        parts.append(f"cut at {request.max_tokens} tokens")
    return ", ".join(part for part in parts if part)


def in_words(value: object) -> str:
    """A step's result in one line."""
    match value:
        case Answer(text):
            return _line(text) or "(no answer)"
        case Verdict(ok, critique):
            return _line(("right" if ok else "wrong") + (f": {critique}" if critique else ""))
        case Completion(text):
            return _line(text)
        case Question(question):
            return _line(question)
        case list() | tuple():
            return _line("[" + ", ".join(in_words(part) for part in value) + "]")
        case None:
            return "(nothing)"
    return _line(str(value))


def _line(text: str, width: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def cut(text: str) -> str:
    """The text, or as much of it as is shown.

    >>> cut("x" * 4002)[-23:]
    'x … (2 more characters)'
    """
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]} … ({len(text) - MOST_CHARACTERS:,} more characters)"
