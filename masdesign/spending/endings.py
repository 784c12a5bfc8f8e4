"""How the replies of a model ended: how many were cut or refused, and what cures it."""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.types import Finish, Usage


@dataclass
class Endings:
    """Counts over the distinct calls that a run was charged for.

    >>> endings = Endings(8192)
    >>> for finish in ("stop", "length"): endings.add(finish, Usage(20, 256))
    >>> endings.note()
    '1 of 2 replies was cut at 256 tokens; set max_tokens higher'
    """

    window: int
    """Of the model, in tokens."""
    replies: int = 0
    cut: int = 0
    """By ``max_tokens``."""
    filled: int = 0
    """The whole window: no length cures that."""
    refused: int = 0
    length: int = 0
    """Tokens of the longest reply that was cut."""

    def add(self, finish: Finish, usage: Usage) -> None:
        """Count one reply."""
        self.replies += 1
        self.refused += finish == "refused"
        if finish == "length" and usage.tokens >= self.window:
            self.filled += 1
        elif finish == "length":
            self.cut += 1
            self.length = max(self.length, usage.completion_tokens)

    def note(self) -> str:
        """What a reader of the scores must know, with the cure; empty where there is nothing.

        Replies that fill a small window are told of where they are most: some small models often run on.
        """
        parts = []
        if self.cut:
            cure = "set max_tokens higher"
            parts.append(f"{self._share(self.cut)} cut at {self.length} tokens; {cure}")
        if 2 * self.filled > self.replies:
            cure = "shorten the prompts, or take a model with a larger window"
            parts.append(f"{self._share(self.filled)} cut by the window of {self.window} tokens; {cure}")
        if self.refused:
            parts.append(f"{self._share(self.refused)} refused; reword the prompts, or take another model")
        return "; ".join(parts)

    def _share(self, count: int) -> str:
        return f"{count} of {self.replies} replies {'was' if count == 1 else 'were'}"
