"""One conversation with the designing model."""

from __future__ import annotations

from masdesign.errors import BilledError, ContextOverflow, NotPlayable
from masdesign.lm import LM
from masdesign.types import Message, Request


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
