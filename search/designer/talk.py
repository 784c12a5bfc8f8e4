"""One conversation with the designing model, and its prompts: Jinja2 templates beside this file.

Each template has a version in its first line. Whatever is shown (a question, a design's source, a reply) is a
value of a template, never part of one.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from masdesign.errors import BilledError, ContextOverflow, NotPlayable
from masdesign.lm import LM
from masdesign.types import Message, Request

_VERSION = re.compile(r"\A\{#\s*version:\s*(\d+)\s*#\}")


def render(name: str, values: Mapping[str, Any]) -> str:
    """The text of the template ``name`` (without ``.j2``); every value that it uses must be given.

    >>> "line 3" in render("repair", {"failure": "line 3: no such block", "left": 2, "fields": ()})
    True
    """
    return _environment().get_template(f"{name}.j2").render(values).strip()


@cache
def versions(*, acting: bool = False) -> dict[str, str]:
    """``version:hash`` of every template that a run may use, by name: a part of its record.

    >>> versions()["repair"].partition(":")[0]
    '1'
    """
    names = sorted(f.name.removesuffix(".j2") for f in files(__package__).iterdir() if f.name.endswith(".j2"))
    return {name: _version(name) for name in names if acting or name != "acting"}


def _version(name: str) -> str:
    source = _source(name)
    declared = _VERSION.match(source)
    if declared is None:
        raise ValueError(f"template {name}.j2 must begin with {{# version: N #}}")
    return f"{declared[1]}:{hashlib.sha256(source.encode()).hexdigest()[:8]}"


@cache
def _source(name: str) -> str:
    return (files(__package__) / f"{name}.j2").read_text(encoding="utf-8")


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FunctionLoader(lambda name: _source(name.removesuffix(".j2"))),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class DesignerTalk:
    """Says one thing after the other, all of it part of the next prompt; draws are of one number.

    What the model cannot be asked (a conversation beyond its window), and a reply that holds no message,
    is an empty reply.
    """

    def __init__(
        self,
        lm: LM,
        messages: tuple[Message, ...],
        draw: int,
        world: int,
        temperature: float,
        max_tokens: int,
    ) -> None:
        self.messages, self.replies, self.cut = messages, 0, False
        self._lm, self._draw, self._world = lm, draw, world
        self._temperature, self._max_tokens = temperature, max_tokens

    async def open(self) -> str:
        """The reply to the messages that it began with."""
        request = Request(
            self.messages,
            temperature=self._temperature,
            max_tokens=self._max_tokens,
            sample=self._draw,
            world=self._world,
        )
        self.replies += 1
        try:
            completion = await self._lm.complete(request)
        except (ContextOverflow, NotPlayable, BilledError):
            self.cut = False
            return ""
        self.cut = completion.finish == "length"
        self.messages = (*self.messages, Message("assistant", completion.text or "(nothing)"))
        return completion.text

    async def say(self, text: str) -> str:
        """The reply to one message more."""
        self.messages = (*self.messages, Message("user", text))
        return await self.open()
