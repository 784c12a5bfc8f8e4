"""A model whose calls are charged to a run."""

import asyncio

from masdesign.errors import BilledError, ContextOverflow, InputError, InternalFault, MasdesignError
from masdesign.lm.protocol import LM, Wrapper, completed
from masdesign.records.keys import cache_key
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import PICO, Cost
from masdesign.types import Completion, Request, Usage

MESSAGE_TOKENS = 16
"""Tokens that a chat template may put around a message."""
TEMPLATE_TOKENS = 64
"""Tokens that a chat template may put around the whole (a default system prompt, say)."""

BILLED_TRIES = 4
"""Tries of a call whose replies are billed but cannot be used."""
BILLED_WAIT = 0.1
"""Seconds before the second of them; each further wait doubles."""


class Budgeted(Wrapper):
    """Reserves before each call and settles after it, in the order of the current accounts.

    A call is reserved at the bytes of its prompt (a token is at least a byte) and ``max_tokens``,
    and at most at the model's window: a function of the request alone, so that a replay cuts
    where the recorded run did.

    A model ``apart`` is asked in accounts that were opened for it (`Ledger.account`, ``most``) and in no
    other: so a dear one with a large window does not keep the cheap calls of all other accounts waiting.

    Raises `InputError` where the budget is in USD and the model's price is not known.
    """

    def __init__(self, inner: LM, ledger: Ledger, *, apart: bool = False) -> None:
        super().__init__(inner)
        if ledger.budget.unit == "usd" and self.price is None:
            raise InputError(
                f"a budget in usd needs a price, and none is known of model {inner.model!r}; "
                "give its price (USD per million tokens), or a budget in calls or tokens"
            )
        self.ledger = ledger
        self._over = 0  # tokens by which a reply was longer than it may be
        self._most_tokens = min(inner.window, ledger.call_tokens or inner.window)
        is_free = self.price is not None and not self.price.costliest
        ledger.enter(inner.model, inner.window, lambda: self.places, is_free=is_free)
        if not apart:
            ledger.expect(self.most)

    @property
    def most(self) -> Cost:
        """The most that one call can cost."""
        return self._bound(self._most_tokens, self._most_tokens)

    async def complete(self, request: Request) -> Completion:
        """Free where the run was charged for the same request before."""
        request = request.of_model(self.model)
        for tried in range(BILLED_TRIES - 1):
            try:
                return self._noted(request, await self._charge(request))
            except BilledError:  # its price is charged, so the next try reserves anew
                await asyncio.sleep(BILLED_WAIT * 2**tried)
        return self._noted(request, await self._charge(request))

    async def _charge(self, request: Request) -> Completion:
        try:
            key, bound = cache_key(request), self.cost(request)
            return await self.ledger.charge(key, bound, lambda: self._send(request), model=self.model)
        except MasdesignError:
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            raise InternalFault(f"the ledger failed ({words}); this is a bug") from error

    def _noted(self, request: Request, completion: Completion) -> Completion:
        """Note a reply that is longer than it may be: what is in flight can then overspend a budget."""
        over = completion.usage.completion_tokens - request.max_tokens
        self._over = max(self._over, over)
        return completion

    @property
    def note(self) -> str:
        """What the model's scores and costs must be read with."""
        over = f"a reply was {self._over} tokens longer: max_tokens is not kept to" if self._over else ""
        notes = [note for note in (self.ledger.endings[self.model].note(), over) if note]
        own = f"{self.model}: {'; '.join(notes)}" if notes else ""
        return "; ".join(note for note in (super().note, own) if note)

    async def aclose(self) -> None:
        """End what is in flight, and close the model."""
        await self.ledger.aclose()
        await super().aclose()

    def cost(self, request: Request) -> Cost:
        """The most that ``request`` can cost."""
        return self._bound(_prompt_bound(request), request.max_tokens)

    async def _send(self, request: Request) -> Completion:
        bound = self.ledger.call_tokens
        if bound is not None and _prompt_bound(request) + request.max_tokens > bound:
            raise ContextOverflow(
                f"the call may use {_prompt_bound(request) + request.max_tokens} tokens, and this run "
                f"allows {bound} a call; shorten the prompt or lower max_tokens"
            )
        return await completed(self.inner, request)

    def _bound(self, prompt: int, completion: int) -> Cost:
        most = self._most_tokens
        tokens = min(prompt + completion, most)
        if self.price is None:
            return Cost(1, tokens)
        usd = min(self.price.usd(Usage(prompt, completion)), most * self.price.costliest / 1e6)
        return Cost(1, tokens, round(usd * PICO) + 1)  # a settled price is rounded, too


def _prompt_bound(request: Request) -> int:
    sizes = (len(message.content.encode("utf-8", "replace")) for message in request.messages)
    return sum(size + MESSAGE_TOKENS for size in sizes) + TEMPLATE_TOKENS
