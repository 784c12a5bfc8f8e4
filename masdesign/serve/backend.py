"""Who answers a request: a design, in its sandbox, or a model as it is."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

from masdesign.errors import (
    BudgetExhausted,
    ContextOverflow,
    CredentialsError,
    LMError,
    NotPlayable,
    NotRecorded,
    ProviderError,
)
from masdesign.evaluation.episodes import places_of, run_episode
from masdesign.evaluation.executors.local import Local
from masdesign.lm import LM
from masdesign.lm.profile import profile_of
from masdesign.records.keys import cache_key
from masdesign.serve.wire import ChatChoice, ChatRequest, Refusal
from masdesign.tasks.formats import split_options
from masdesign.types import Failure, Item, Message, Question, Request, Usage
from masdesign.workflow import Checked, ItemOutcome, Runtime, run_item

_MOST_CHOICES = 1_000
_REMEMBERED = 10_000
"""Prompts whose number of draws is remembered."""


class Backend(Protocol):
    """Answers requests.

    **Contract.** `answer` may be called any number of times at once, and raises only `Refusal`.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which it may be asked for, the one that it is listed by first."""
        ...

    async def answer(self, query: ChatRequest) -> tuple[list[ChatChoice], Usage]:
        """The choices of the answer, and all that they took."""
        ...


class DesignBackend:
    """A design as a model: the last user message is its question, all before it are passages.

    Its calls, temperatures and models are the design's own: what a request says of these does not
    count. ``seed`` selects an independent replicate.
    """

    def __init__(self, names: tuple[str, ...], checked: Checked, runtime: Runtime) -> None:
        self.names, self._checked, self._runtime = names, checked, runtime

    async def answer(self, query: ChatRequest) -> tuple[list[ChatChoice], Usage]:
        """One choice: the answer, and the whole reply that it was read from."""
        if query.n > 1:
            raise Refusal(400, "a design gives one answer: n must be 1", param="n")
        world = self._runtime.world if query.seed is None else abs(query.seed) % 2**31
        runtime = replace(self._runtime, world=world)
        try:
            outcome = await self._run(question_of(query.messages), runtime)
        except (BudgetExhausted, LMError) as error:
            raise _refused(error) from None
        if outcome.failure is not None:
            raise _make_refusal(outcome.failure)
        assert outcome.answer is not None  # there is one, or a failure
        return [ChatChoice(outcome.answer.text, "stop", outcome.answer.reasoning)], outcome.usage

    async def _run(self, question: Question, runtime: Runtime) -> ItemOutcome:
        """The design on a question; where it may act, each request is an episode of its own."""
        if runtime.acting is None:
            return await run_item(self._checked, question, runtime)
        name = f"request-{uuid4().hex}"  # nothing that was done for another request is recalled
        item = Item(name, question.question, (), question.context, question.choices)
        ticket = places_of(runtime.acting).ticket()
        try:
            return await run_episode(self._checked, item, runtime, Local(), ticket)
        finally:
            ticket.give_back()


class ModelBackend:
    """A model as it is. Asked the same again it draws again; with a ``seed`` the same draws each time."""

    def __init__(self, names: tuple[str, ...], lm: LM) -> None:
        self.names, self._lm = names, lm
        self._drawn: OrderedDict[str, int] = OrderedDict()

    async def answer(self, query: ChatRequest) -> tuple[list[ChatChoice], Usage]:
        """``n`` choices, each a draw of its own."""
        world = 0 if query.seed is None else abs(query.seed) % 2**31
        most = query.max_tokens or profile_of(self._lm).length
        request = Request(query.messages, "", query.temperature, most, query.stop, 0, world)
        first = 0 if query.seed is not None else self._next(request, query.n)
        draws = [self._lm.complete(replace(request, sample=first + i)) for i in range(query.n)]
        replies = await asyncio.gather(*draws, return_exceptions=True)
        for completion in replies:
            if isinstance(completion, (BudgetExhausted, LMError)):
                raise _refused(completion) from None
            if isinstance(completion, BaseException):
                raise completion
        done = [c for c in replies if not isinstance(c, BaseException)]
        return [ChatChoice(c.text, "length" if c.finish == "length" else "stop") for c in done], sum(
            (c.usage for c in done), Usage()
        )

    def _next(self, request: Request, n: int) -> int:
        """The number of the next draw of a prompt."""
        key = cache_key(request)
        first = self._drawn.pop(key, 0)
        self._drawn[key] = first + n
        while len(self._drawn) > _REMEMBERED:
            self._drawn.popitem(last=False)
        return first


def question_of(messages: Iterable[Message]) -> Question:
    """The question of a conversation: its last user message; what stands before it are passages.

    >>> asked = [Message("system", "Be brief."), Message("user", "Which?\\nOptions:\\n- red\\n- blue")]
    >>> question_of(asked) == Question("Which?", ("system: Be brief.",), ("red", "blue"))
    True

    Raises:
        Refusal: the last message is not a user's, or is empty.
    """
    *before, last = messages
    if last.role != "user" or not last.content.strip():
        raise Refusal(400, "the last message must be a user's question", param="messages")
    question, choices = split_options(last.content.strip())
    if len(choices) > _MOST_CHOICES:
        raise Refusal(400, f"the question has more than {_MOST_CHOICES} options", param="messages")
    return Question(question, tuple(f"{m.role}: {m.content}" for m in before), choices)


def _make_refusal(failure: Failure) -> Refusal:
    """A failure of the design, which asking again would not cure, or of its provider, which it may."""
    if failure.kind == "provider":
        return Refusal(503, failure.message, kind="server_error", code="provider_failure")
    where = f"line {failure.line}: " if failure.line else ""
    cure = f"; {failure.cure}" if failure.cure else ""
    code = "no_answer" if failure.kind == "parse" else "design_failure"
    return Refusal(422, f"{where}{failure.message}{cure}", code=code)


def _refused(error: Exception) -> Refusal:
    match error:
        case BudgetExhausted():
            return Refusal(429, str(error), kind="insufficient_quota", code="insufficient_quota")
        case ContextOverflow():
            return Refusal(400, str(error), code="context_length_exceeded", param="messages")
        case CredentialsError():
            return Refusal(502, str(error), kind="server_error", code="provider_refused_key")
        case NotPlayable() | NotRecorded():
            return Refusal(422, str(error), code="not_playable")
        case ProviderError(retry_after=retry_after):
            return Refusal(
                503, str(error), kind="server_error", code="provider_failure", retry_after=retry_after
            )
    return Refusal(503, str(error), kind="server_error", code="provider_failure")
