"""How the page writes figures, dates, other people's texts, and the steps of a trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jinja2 import Undefined

from masdesign.types import Answer, Completion, Question, Verdict
from masdesign.workflow.trace import Node


def score(value: float | None) -> str:
    """A score in 0..1, or a dash.

    >>> score(0.71249), score(None)
    ('0.712', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def signed(value: float) -> str:
    """With a true minus sign.

    >>> signed(-0.0371), signed(0.0001)
    ('−0.037', '+0.000')
    """
    return f"{value:+.3f}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number with its thousands apart, or with one decimal where it is small and not whole.

    >>> count(1045771), count(4.06), count(4.0)
    ('1,045,771', '4.1', '4')
    """
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 20 or value == round(value) else f"{value:.1f}"


def money(value: float) -> str:
    """USD, to the hundredth of a cent.

    >>> money(1234.5)
    '1,234.5000'
    """
    return f"{value:,.4f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(12.4), duration(141), duration(7380)
    ('12 s', '2 min 21 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def date(seconds: float | None) -> str:
    """Seconds since 1970 as a date; a dash where an import says what is none.

    >>> date(1.7e9), date(1e20)
    ('14 November 2023, 22:13 UTC', '–')
    """
    try:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "–"


def brief(text: str, most: int = 400) -> str:
    """The text in one line, cut at ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plain(value: object) -> str:
    """Whatever lies in a run's settings, as short text."""
    if value is None or isinstance(value, Undefined):
        return "–"
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return brief(text, 200)


WRITERS = (score, signed, count, money, duration, date, brief, plain)
"""The filters of the page's templates, by their names."""


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


_LINE = 160
"""Characters of a step's result."""


def in_words(value: object) -> str:
    """A step's result in one line."""
    match value:
        case Answer(text):
            return brief(text, _LINE) or "(no answer)"
        case Verdict(ok, critique):
            return brief(("right" if ok else "wrong") + (f": {critique}" if critique else ""), _LINE)
        case Completion(text):
            return brief(text, _LINE)
        case Question(question):
            return brief(question, _LINE)
        case list() | tuple():
            return brief("[" + ", ".join(in_words(part) for part in value) + "]", _LINE)
        case None:
            return "(nothing)"
    return brief(str(value), _LINE)


def cut(text: str) -> str:
    """The text, or as much of it as is shown.

    >>> cut("x" * 4002)[-23:]
    'x … (2 more characters)'
    """
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]} … ({len(text) - MOST_CHARACTERS:,} more characters)"
