"""Limit the number of calls in flight; fewer while a server reports too many requests."""

from __future__ import annotations

from masdesign.errors import ProviderError
from masdesign.lm.lane import Lane
from masdesign.lm.protocol import LM, Wrapper
from masdesign.types import Completion, Request


class Limited(Wrapper):
    """Sends each call on a lane, which other models of the same server may share.

    It belongs inside `Cached` and `Retrying`, so that only what is really sent takes a place.

    Parameters:
        lane: a `Lane`, or the number of calls at a time.
    """

    def __init__(self, inner: LM, lane: Lane | int) -> None:
        super().__init__(inner)
        self.lane = lane if isinstance(lane, Lane) else Lane(lane)

    @property
    def places(self) -> float:
        """Calls that the server takes at once, now."""
        return self.lane.places

    async def complete(self, request: Request) -> Completion:
        """Ask when a place is free."""
        sent = await self.lane.enter(request)
        try:
            completion = await self.inner.complete(request)
        except ProviderError as error:
            if error.kind == "rate_limit":
                self.lane.turned_away(error, sent)
            raise
        else:
            self.lane.went_through(completion.usage.tokens)
            return completion
        finally:
            self.lane.leave()
