"""Continuous batching: one batch over all waiting calls; finished ones leave, new ones join.

A call's text depends on the call alone. What else is in the batch, the order of arrival and the
number of slots change the time it takes, and nothing else.
"""

from collections.abc import Sequence

import numpy as np

from masdesign.lm.abacus.arena import Arena
from masdesign.lm.abacus.call import AbacusCall, FinishedCall, finished, pick
from masdesign.lm.abacus.model import AbacusModel, arena_length
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.lm.abacus.weights import Array

SLOTS = 48
"""Sequences in flight at once, at most."""
PREFILL = 512
"""Tokens of prompts that are read in one pass, about."""
KEPT = 96 * 2**20
"""Bytes of empty arenas that are kept for the calls to come: fresh memory costs more than a pass over it."""

TokenIds = tuple[int, ...]


class Engine:
    """Writes replies, one token for every call in flight at each `step`.

    >>> from masdesign.lm.abacus.weights import layout, random_arrays
    >>> arrays = random_arrays(np.random.default_rng(0), vocabulary=261, width=64, layers=1)
    >>> engine = Engine(AbacusModel(layout(arrays)), Tokenizer([]))
    >>> engine.add(AbacusCall(key=7, prompt=(0, 2, 70, 4, 3), limit=3))
    >>> [reply.key for reply in engine.run()]
    [7]
    """

    def __init__(self, model: AbacusModel, tokenizer: Tokenizer, *, slots: int = SLOTS) -> None:
        self.model, self.tokenizer, self.slots = model, tokenizer, slots
        self._waiting: dict[TokenIds, list[AbacusCall]] = {}
        self._arenas: dict[int, Arena] = {}
        self._flying: dict[int, list[AbacusCall]] = {}
        """The calls in each arena, aligned with its slots."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._waiting and not self._flying

    def add(self, call: AbacusCall) -> None:
        """Let a call wait for a slot. Its limit is at least 1, and prompt and limit fit the window."""
        self._waiting.setdefault(call.prompt, []).append(call)

    def cancel(self, key: int) -> None:
        """Forget a call. Unknown and finished ones are ignored."""
        for prompt, calls in list(self._waiting.items()):
            kept = [call for call in calls if call.key != key]
            if kept:
                self._waiting[prompt] = kept
            else:
                del self._waiting[prompt]
        for length, calls in list(self._flying.items()):
            for slot, call in enumerate(calls):
                if call.key == key:
                    self._leave(length, slot)
                    break

    def run(self) -> list[FinishedCall]:
        """Step until idle; all replies in the order in which they were finished."""
        replies: list[FinishedCall] = []
        while not self.idle:
            replies += self.step()
        return replies

    def step(self) -> list[FinishedCall]:
        """Read waiting prompts while there are slots, then write one token for every call in flight."""
        replies = self._admit()
        if self._flying:
            self._make_room()
            lengths = sorted(self._flying)
            calls = [call for length in lengths for call in self._flying[length]]
            logits = self.model.advance(
                [self._arenas[length] for length in lengths],
                [call.reply[-1] for call in calls],
                [call.position for call in calls],
            )
            done = self._extend(calls, logits)
            if done:
                replies += done
                self._sweep({reply.key for reply in done})
        return replies

    def _extend(self, calls: Sequence[AbacusCall], logits: Array) -> list[FinishedCall]:
        """Append a token to each call's reply; the replies that this ends."""
        temperatures = np.array([call.temperature for call in calls])
        tokens = pick(logits, temperatures, np.array([call.draw for call in calls])).tolist()
        done = []
        for call, token in zip(calls, tokens, strict=True):
            call.reply.append(token)
            if reply := finished(call, self.tokenizer):
                done.append(reply)
        return done

    def _admit(self) -> list[FinishedCall]:
        """Read waiting prompts, those of one arena together; replies that end with their first token."""
        done: list[FinishedCall] = []
        while self._waiting:
            length = arena_length(len(next(iter(self._waiting))) + 1)
            chosen = self._choose(length)
            if not chosen:
                break
            done += self._read(length, chosen)
        return done

    def _choose(self, length: int) -> list[list[AbacusCall]]:
        """Take waiting calls for one arena, grouped by prompt, those that came first first.

        All calls of a prompt enter together, so that it is read once; if need be they wait for slots.
        """
        free = self.slots - sum(map(len, self._flying.values()))
        chosen: list[list[AbacusCall]] = []
        tokens = 0
        for prompt, calls in self._waiting.items():
            if arena_length(len(prompt) + 1) == length:
                group = calls[: self.slots]
                if len(group) > free or (chosen and tokens + len(prompt) > PREFILL):
                    break
                chosen.append(group)
                free -= len(group)
                tokens += len(prompt)
        for group in chosen:
            left = self._waiting[group[0].prompt][len(group) :]
            if left:
                self._waiting[group[0].prompt] = left
            else:
                del self._waiting[group[0].prompt]
        return chosen

    def _read(self, length: int, groups: Sequence[Sequence[AbacusCall]]) -> list[FinishedCall]:
        """Read the prompt of each group once; its calls share what was read."""
        arena = self._arenas.setdefault(length, self.model.arena(length))
        first = arena.count
        logits = self.model.prefill(arena, [group[0].prompt for group in groups])
        calls = [group[0] for group in groups]
        rows = list(range(len(groups)))
        for index, group in enumerate(groups):
            for call in group[1:]:
                arena.copy(arena, first + index, arena.extend(1), len(call.prompt))
                calls.append(call)
                rows.append(index)
        self._flying.setdefault(length, []).extend(calls)
        done = self._extend(calls, logits[rows])
        self._sweep({reply.key for reply in done})
        return done

    def _make_room(self) -> None:
        """Move every call whose newest token no longer fits into its arena to the next."""
        for length in sorted(self._flying, reverse=True):
            calls = self._flying[length]
            for slot in range(len(calls) - 1, -1, -1):
                call = calls[slot]
                if call.position >= length:
                    longer = arena_length(call.position + 1)
                    arena = self._arenas.setdefault(longer, self.model.arena(longer))
                    arena.copy(self._arenas[length], slot, arena.extend(1), call.position)
                    self._flying.setdefault(longer, []).append(call)
                    self._leave(length, slot)

    def _sweep(self, keys: set[int]) -> None:
        for length, calls in list(self._flying.items()):
            for slot in range(len(calls) - 1, -1, -1):
                if calls[slot].key in keys:
                    self._leave(length, slot)
        if self.idle:
            self._let_go()

    def _let_go(self) -> None:
        """Drop the largest arenas until the rest may be kept."""
        while sum(arena.size for arena in self._arenas.values()) > KEPT:
            del self._arenas[max(self._arenas, key=lambda length: self._arenas[length].size)]

    def _leave(self, length: int, slot: int) -> None:
        """Free a slot, as `Arena.drop` does: the last call takes its place."""
        calls = self._flying[length]
        self._arenas[length].drop(slot)
        last = calls.pop()
        if slot < len(calls):
            calls[slot] = last
        if not calls:
            del self._flying[length]
