"""`ModelContract`: what every language model keeps (`masdesign.lm.LM`)."""

import asyncio
from dataclasses import replace

from masdesign.aio import run_sync
from masdesign.errors import BudgetExhausted, LMError
from masdesign.lm import LM
from masdesign.types import Completion, Message, Request

REQUEST = Request((Message("user", "Problem: 2 + 2 =\n\nAnswer: ..."),))


class ModelContract:
    """Inherit it in a test class, and write ``make``, which opens the model.

    A model has an id and a window, completes any number of requests at once, counts tokens, raises nothing
    but `LMError`, and can be closed twice.
    """

    def make(self) -> LM:
        """A new one."""
        raise NotImplementedError("write make(), which returns the model")

    def complete(self, *requests: Request) -> list[Completion | BaseException]:
        """The completions, all asked for at once; what one raised stands in its place."""
        return run_sync(_complete, self.make(), requests)

    def test_it_is_a_model_with_an_id_and_a_window(self) -> None:
        model = self.make()
        assert isinstance(model, LM), "a model has model, window, complete and aclose"
        assert isinstance(model.model, str)
        assert model.model.strip(), "the id is a part of every cache key"
        assert model.window > 0
        assert self.make().model == model.model
        run_sync(model.aclose)

    def test_a_completion_has_a_text_and_counts_its_tokens(self) -> None:
        (completion,) = self.complete(REQUEST)
        assert isinstance(completion, Completion), completion
        assert isinstance(completion.text, str)
        assert completion.usage.prompt_tokens > 0, "count the tokens of the prompt: budgets rest on them"
        assert completion.usage.completion_tokens >= 0

    def test_many_requests_are_answered_at_once(self) -> None:
        requests = [replace(REQUEST, sample=number, temperature=0.8) for number in range(16)]
        assert all(isinstance(completion, Completion) for completion in self.complete(*requests))

    def test_it_does_not_look_at_the_name_by_which_a_design_asked(self) -> None:
        (completion,) = self.complete(replace(REQUEST, model="large"))
        assert isinstance(completion, Completion), completion

    def test_an_odd_request_raises_nothing_but_a_model_error(self) -> None:
        texts = ("", "\x00", "\ud800", "long " * 50_000)
        odd = [replace(REQUEST, messages=(Message("user", text),)) for text in texts]
        for outcome in self.complete(*odd):
            assert isinstance(outcome, Completion | LMError | BudgetExhausted), repr(outcome)

    def test_it_can_be_closed_twice(self) -> None:
        run_sync(_close_twice, self.make())


async def _complete(model: LM, requests: tuple[Request, ...]) -> list[Completion | BaseException]:
    try:
        return await asyncio.gather(*map(model.complete, requests), return_exceptions=True)
    finally:
        await model.aclose()


async def _close_twice(model: LM) -> None:
    await model.aclose()
    await model.aclose()
