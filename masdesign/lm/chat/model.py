"""A chat model behind an `Endpoint`, as an `LM`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from masdesign.errors import BilledError, OptionRefused, Refused
from masdesign.lm.chat.faults import Endpoint, ServerAnswer, fault
from masdesign.lm.chat.reply import CHARACTERS, ServerReply, read_reply
from masdesign.lm.chat.wire import Wire, payload_of, refused_option
from masdesign.lm.profile import THINKING_LENGTH, ModelProfile
from masdesign.spending.price import Price
from masdesign.spending.spend import record_sent
from masdesign.types import Completion, Request, Usage

CORRECTIONS = 6
"""Most times one call is sent again because a server complained of its parameters."""
MOST_TOKENS = 20_000_000
"""Tokens of one call beyond which no usage is believed, where the window is not known."""


class ChatModel:
    """A chat model on a server.

    A parameter that the server refuses is left out, renamed or lowered once, and so for every later call
    (`Wire`). Where nothing is known of the model, and a reply of the usual length is cut while it thinks, the
    call is made again at `THINKING_LENGTH` tokens, and so is every later one: a completion depends on its
    request alone, whenever that was learnt.

    Parameters:
        endpoint: where it is asked; closed with the model.
        name: the model's name there.
        options: the user's own, sent with every call.
        known: whether window and length are the model's own, and not guesses.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        name: str,
        profile: ModelProfile,
        *,
        price: Price | None = None,
        options: Mapping[str, Any] | None = None,
        known: bool = False,
        renamed: bool = False,
    ) -> None:
        self.endpoint, self.model, self.price = endpoint, endpoint.source.model, price
        self.profile, self.window = profile, profile.window
        self._name, self._options = name, dict(options or {})
        self._most = profile.window + profile.longest if known else MOST_TOKENS
        self._wire = Wire(profile.refuses, renamed=renamed)
        self._may_raise = not known and not profile.max_tokens
        self._raised = 0
        self.counted = True
        """Whether the latest reply came with a usage that could be believed."""
        self._miscounted = False
        self.rate_limits: dict[str, str] = {}
        """The latest headers that say how many requests and tokens are allowed."""

    @property
    def note(self) -> str:
        """What was learnt of the server while it was asked; empty where it takes everything."""
        lessons = list(self._wire.lessons)
        if self._raised:
            lessons.append(f"thinks before it answers: asked for up to {self._raised} tokens")
        if self._miscounted:
            lessons.append(f"counts no tokens, or too few: a token for {CHARACTERS} characters is charged")
        return f"{self.model} {'; '.join(lessons)}" if lessons else ""

    async def complete(self, request: Request) -> Completion:
        """One completion. Sent again only where the server named a parameter, or the length was raised."""
        sent = self._lengthened(request).max_tokens
        reply = await self._read(request)
        if sent < THINKING_LENGTH and self._is_cut_thinking(reply, request):
            record_sent(self._priced(reply).usage)
            self._raised = THINKING_LENGTH
            reply = await self._read(request)
        return self._priced(reply)

    def options_of(self, request: Request) -> Mapping[str, Any]:
        """What is sent with a request beside what it says itself: the user's options."""
        return self._options

    async def aclose(self) -> None:
        """Close the endpoint."""
        await self.endpoint.aclose()

    async def _read(self, request: Request) -> ServerReply:
        answer = await self._sent(self._lengthened(request))
        if answer.status >= 300:
            raise fault(answer, self.endpoint.source)
        if isinstance(answer.data, dict) and answer.data.get("error") and not answer.data.get("choices"):
            raise fault(_as_error(answer), self.endpoint.source)
        self.rate_limits = {k: v for k, v in answer.headers.items() if k.startswith("x-ratelimit-limit")}
        try:
            reply = read_reply(answer.data, request, self.endpoint.source, self._most)
        except (BilledError, Refused) as error:
            error.usage = self._with_price(error.usage, 0)
            raise
        self.counted = reply.count.counted
        self._miscounted |= not self.counted
        return replace(reply, completion=self._stopped(reply.completion, request))

    async def _sent(self, request: Request) -> ServerAnswer:
        payload = payload_of(self._name, request, self.options_of(request))
        room: int | None = None
        for _ in range(CORRECTIONS):
            body = self._wire.sent(payload, room)
            answer = await self.endpoint.chat(body)
            left = self._wire.room(answer, body)
            if left is not None:
                room = left
            elif not self._wire.learn(answer, body) and self._wire.sent(payload, room) == body:
                break
        option = refused_option(answer, self._options)
        if option:
            raise OptionRefused(f"model {self.model!r}: its server refuses the option {option}; leave it out")
        return answer

    def _lengthened(self, request: Request) -> Request:
        default = request.max_tokens == self.profile.length
        return replace(request, max_tokens=self._raised) if self._raised and default else request

    def _is_cut_thinking(self, reply: ServerReply, request: Request) -> bool:
        """Whether a reply of the usual length says that the model thinks, and was cut at it."""
        longest, completion = self._wire.longest, reply.completion
        if not self._may_raise or request.max_tokens != self.profile.length:
            return False
        if completion.finish != "length" or (longest is not None and longest <= request.max_tokens):
            return False
        return bool(completion.reasoning or reply.count.reasoning or not completion.text.strip())

    def _stopped(self, completion: Completion, request: Request) -> Completion:
        """The completion up to the first stop sequence, where the server does not take them."""
        if not request.stop or "stop" not in self._wire.refuses:
            return completion
        ends = [place for stop in request.stop if (place := completion.text.find(stop)) >= 0]
        return replace(completion, text=completion.text[: min(ends)], finish="stop") if ends else completion

    def _priced(self, reply: ServerReply) -> Completion:
        completion = reply.completion
        return replace(completion, usage=self._with_price(completion.usage, reply.count.cached))

    def _with_price(self, usage: Usage, cached: int) -> Usage:
        return usage if self.price is None else self.price.priced(usage, cached=cached)


def _as_error(answer: ServerAnswer) -> ServerAnswer:
    """An answer of status 200 that is an error, with the status that its code says, else 500."""
    error = answer.data["error"]
    code: Any = error.get("code") if isinstance(error, dict) else None
    number = int(code) if isinstance(code, int) or str(code).isdigit() else 0
    return replace(answer, status=number if 400 <= number < 600 else 500)
