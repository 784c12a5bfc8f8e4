"""Waves: the order in which the completions of one item are asked for, free of timing.

Completions issued together are sent when every coroutine of the item waits, and all of them are
resumed together, in order of issue. So the number of a draw never depends on which completion came
back first. The coroutines of an item are counted: `Wave.join` and `Wave.fork` keep the count.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

R = TypeVar("R")
Gate = asyncio.Future[int]
"""Opened with the place of who waits for it, in order of issue."""


class Wave:
    """The coroutines of one item, and what they wait for.

    A coroutine sends its own call, without a task for it: it waits for its turn, which comes when all
    others wait too, and after its call until all calls of the wave are back.
    """

    def __init__(self) -> None:
        self._runnable = 1
        self._turns: list[Gate] = []
        self._left = 0
        """Calls in flight that are not back."""
        self._back: list[Gate] = []
        """Of each call in flight; none where there is one call only, which has nothing to wait for."""
        self._closed = False

    async def join(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """What ``work`` gives, sent with the next wave and had when the whole wave is back."""
        turn: Gate = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        self.leave()
        place = await turn
        back, error = self._back, None
        try:
            result = await work()
        except Exception as raised:  # noqa: BLE001 (it is raised in its turn)
            error = raised
        self._left -= 1
        if self._left == 0:
            self._runnable += len(back) or 1
            _open(back)
        if back:
            await back[place]
        if error is not None:
            raise error
        return result

    def fork(self, children: int) -> None:
        """One coroutine waits for ``children`` new ones."""
        self._runnable += children - 1

    def leave(self) -> None:
        """One coroutine waits, or has ended."""
        self._runnable -= 1
        if self._runnable <= 0:
            self._send()

    def close(self) -> None:
        """Send nothing more: the item has ended, or all of it is cancelled."""
        self._closed = True

    def _send(self) -> None:
        turns, self._turns = [turn for turn in self._turns if not turn.done()], []
        if self._closed or not turns:
            return
        self._left = len(turns)
        if len(turns) == 1:
            self._back = []
            return _open(turns)
        loop = asyncio.get_running_loop()
        self._back = [loop.create_future() for _ in turns]
        loop.call_soon(_open, turns)  # later, so that the last to come is not the first to go


def _open(gates: list[Gate]) -> None:
    for place, gate in enumerate(gates):
        if not gate.done():  # its coroutine was cancelled with the whole item
            gate.set_result(place)
