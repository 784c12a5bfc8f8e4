"""A model that is a function, for tests."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from masdesign.lm.profile import RECORDED, ModelProfile
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, Usage

Script = Callable[[Request], "str | Completion | Exception"]


class Scripted:
    """Answers with what ``function`` returns; an exception that it *returns* is raised.

    A text is given a usage by its words, so that costs are never zero. ``requests`` lists what
    was asked, in order.

    >>> from masdesign.types import Message
    >>> lm = Scripted(lambda request: request.messages[-1].content.upper())
    >>> asyncio.run(lm.complete(Request((Message("user", "hello"),)))).text
    'HELLO'
    """

    def __init__(
        self,
        function: Script,
        model: str = "scripted",
        *,
        window: int = 4096,
        price: Price | None = None,
        profile: ModelProfile | None = None,
    ) -> None:
        self.model, self.window, self.price = model, window, price
        self.profile = profile or replace(RECORDED, window=window)
        self.requests: list[Request] = []
        self._function = function

    async def complete(self, request: Request) -> Completion:
        """Ask the function; lets other tasks run first, as a real model would."""
        self.requests.append(request)
        await asyncio.sleep(0)
        reply = self._function(request)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Completion) else self._completion(request, reply)

    def _completion(self, request: Request, text: str) -> Completion:
        prompt = sum(len(message.content.split()) for message in request.messages)
        usage = Usage(prompt, len(text.split()))
        usd = self.price.usd(usage) if self.price else 0.0
        return Completion(text, Usage(usage.prompt_tokens, usage.completion_tokens, usd))

    async def aclose(self) -> None:
        """Nothing to close."""
