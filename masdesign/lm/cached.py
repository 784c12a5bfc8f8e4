"""Cache completions, so that each distinct request is sent once."""

import asyncio
from dataclasses import replace

from masdesign.errors import BilledError, InternalFault, MasdesignError, Refused
from masdesign.lm.protocol import LM, Wrapper, completed
from masdesign.records.cache import Cache
from masdesign.records.keys import cache_key
from masdesign.spending.spend import record_sent
from masdesign.types import Completion, Request, Usage
from masdesign.utf8 import utf8

Outcome = Completion | MasdesignError | None


class Cached(Wrapper):
    """Looks into ``cache`` first; identical calls in flight are made once (single-flight).

    Those who wait for the same call share its completion, and its failure too. Failures are not
    remembered. The cache is not closed by `aclose`: several models share one.
    """

    def __init__(self, inner: LM, cache: Cache) -> None:
        super().__init__(inner)
        self.cache = cache
        cache.note_model(inner.model, inner.window, self.price, self.profile.noted())
        self._flights: dict[str, asyncio.Future[Outcome]] = {}

    async def complete(self, request: Request) -> Completion:
        """Remembered, shared with a call in flight, or newly had, in this order.

        Raises:
            InternalFault: the cache failed.
        """
        try:
            return await self._had(request)
        except MasdesignError:
            raise
        except Exception as error:  # the model's own are `LMError`s: this is the cache's
            raise InternalFault(f"the cache failed ({type(error).__name__}: {error})") from error

    async def _had(self, request: Request) -> Completion:
        request = request.of_model(self.model)
        key = cache_key(request)
        while True:
            completion = self.cache.get(key)
            if completion is not None:
                return completion
            if key not in self._flights:
                return await self._fly(key, request)
            outcome = await asyncio.shield(self._flights[key])
            if isinstance(outcome, BilledError):  # paid for by who sent it
                raise BilledError(str(outcome), Usage())
            if isinstance(outcome, MasdesignError):
                raise outcome.with_traceback(None)  # it is raised by each that waited

    async def _fly(self, key: str, request: Request) -> Completion:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        outcome: Outcome = None  # stays so where this call is cancelled: then another takes over
        try:
            outcome = await completed(self.inner, request)
            text = utf8(outcome.text)  # the same text now as later from the cache
            outcome = outcome if text == outcome.text else replace(outcome, text=text)
            self.cache.put(key, request, outcome)
            record_sent(outcome.usage)
            return outcome
        except MasdesignError as error:
            outcome = error
            if isinstance(error, BilledError):
                record_sent(error.usage, calls=0)
            elif isinstance(error, Refused) and error.usage.tokens:
                record_sent(error.usage)
            raise
        finally:
            del self._flights[key]
            flight.set_result(outcome)
