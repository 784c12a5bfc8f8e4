"""What a model can do, found by a few calls: what its replies show counts, not their status."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from masdesign.errors import CredentialsError, LMError
from masdesign.lm.profile import profile_of
from masdesign.lm.protocol import LM, Wrapper, price_of
from masdesign.lm.retrying import Retrying
from masdesign.types import Completion, Message, Request, Tool

_SUM = "What is 17 + 25? Write the number alone."
_SCHEMA = json.dumps(
    {
        "additionalProperties": False,
        "properties": {"sum": {"type": "integer"}},
        "required": ["sum"],
        "type": "object",
    }
)
_ADD = Tool(
    "add",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)


@dataclass
class Examination:
    """What was seen of a model."""

    model: str
    calls: int = 0
    answers: bool = False
    reasons: bool = False
    takes: dict[str, bool] = field(default_factory=dict)
    """``temperature``, ``stop``, ``schema``, ``tools``: whether they worked."""
    counts_tokens: bool = False
    price: str = ""
    window: int = 0
    longest: int = 0
    length: int = 0
    rate_limits: dict[str, str] = field(default_factory=dict)
    """Headers that say how many requests and tokens are allowed."""
    tokens_a_second: float = 0.0
    usage: str = ""
    """What the calls cost, in words."""
    notes: list[str] = field(default_factory=list)
    """What the server refused, and what failed."""

    def lines(self) -> list[str]:
        """The findings for a person, one a line."""
        yes = {True: "yes", False: "no"}
        reads = ", ".join(f"{name} {yes[works]}" for name, works in self.takes.items())
        speed = f"{self.tokens_a_second:.0f} tokens a second" if self.tokens_a_second else "not measured"
        short = {name.removeprefix("x-ratelimit-limit-"): value for name, value in self.rate_limits.items()}
        limits = ", ".join(f"{value} {name}" for name, value in short.items())
        if not self.takes:
            return [f"answers         no: {note}" for note in self.notes]
        return [
            f"answers         {yes[self.answers]} ({self.calls} calls, {self.usage})",
            f"reasons first   {yes[self.reasons]}",
            f"takes           {reads}",
            f"counts tokens   {yes[self.counts_tokens]}",
            f"price           {self.price or 'unknown; give one to see costs in USD'}",
            f"window          {self.window} tokens, longest reply {self.longest}, asked for {self.length}",
            f"rate limits     {limits or 'not in the headers'}",
            f"speed           {speed}",
            *(f"note            {note}" for note in self.notes),
        ]

    def config(self) -> dict[str, Any]:
        """Options that differ from what is known of the model without asking it, as JSON.

        Empty where it gave no completion at all.
        """
        if not self.takes:
            return {}
        native = [name for name in ("schema", "tools") if self.takes.get(name)]
        refuses = [name for name in ("temperature", "stop") if not self.takes.get(name, True)]
        options: dict[str, Any] = {"reasons": self.reasons, "native": native}
        if refuses:
            options["refuses"] = refuses
        return options


async def examine(lm: LM, *, clock: Callable[[], float] = time.monotonic) -> Examination:
    """Ask a model five short questions, and say what it can do; only one where that gives no completion.

    Raises:
        CredentialsError: the key is refused, or there is no such model.
    """
    profile = profile_of(lm)
    bare, lm = _bare(lm), Retrying(lm, rng=Random(0))
    seen = Examination(lm.model, window=profile.window, longest=profile.longest, length=profile.length)
    seen.price = str(price_of(lm) or "")
    base = Request((Message("user", _SUM),), max_tokens=profile.length)
    start = clock()
    first = await _ask(lm, base, seen)
    if first is None:  # nothing follows for its parameters
        return seen
    seen.answers = "42" in first.text
    seen.tokens_a_second = first.usage.completion_tokens / max(clock() - start, 1e-6)
    await _vary(lm, base, seen)
    seen.counts_tokens = getattr(bare, "counted", True)
    seen.rate_limits = dict(getattr(bare, "rate_limits", {}))
    seen.notes += [part for part in str(getattr(lm, "note", "")).split("; ") if part]
    return seen


async def _vary(lm: LM, base: Request, seen: Examination) -> None:
    """Each parameter alone, so that one which is refused hides no other."""
    warm = await _ask(lm, replace(base, temperature=1.0, sample=1), seen)
    seen.takes["temperature"] = warm is not None and "refuses temperature" not in _note(lm)
    counted = Message("user", "Count from 1 to 9, separated by commas.")
    stopped = await _ask(lm, replace(base, messages=(counted,), stop=("6",)), seen)
    seen.takes["stop"] = stopped is not None and "6" not in stopped.text and "refuses stop" not in _note(lm)
    shaped = await _ask(lm, replace(base, schema=_SCHEMA), seen)
    seen.takes["schema"] = shaped is not None and _is_shaped(shaped.text)
    message = Message("user", "Use the tool to add 17 and 25.")
    tooled = await _ask(lm, replace(base, messages=(message,), tools=(_ADD,)), seen)
    seen.takes["tools"] = tooled is not None and any(call.name == "add" for call in tooled.tool_calls)


def _bare(lm: LM) -> LM:
    """The model within its wrappers."""
    while isinstance(lm, Wrapper):
        lm = lm.inner
    return lm


def _note(lm: LM) -> str:
    return str(getattr(lm, "note", ""))


async def _ask(lm: LM, request: Request, seen: Examination) -> Completion | None:
    seen.calls += 1
    try:
        completion = await lm.complete(request)
    except CredentialsError:
        raise
    except LMError as error:
        seen.notes.append(str(error))
        return None
    seen.reasons = seen.reasons or bool(completion.reasoning)
    tokens = completion.usage.completion_tokens
    seen.usage = f"the last took {completion.usage.prompt_tokens} + {tokens} tokens"
    return completion


def _is_shaped(text: str) -> bool:
    """Whether a text keeps to the schema, right or wrong: nobody told the model of JSON.

    >>> _is_shaped('{"sum": 41}'), _is_shaped("42"), _is_shaped('{"sum": "42"}')
    (True, False, False)
    """
    try:
        reply = json.loads(text)
    except ValueError:
        return False
    return isinstance(reply, dict) and [*reply] == ["sum"] and type(reply["sum"]) is int
