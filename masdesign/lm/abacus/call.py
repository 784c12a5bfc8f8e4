"""One request on its way through the engine, and the rules by which its reply ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.sampling import uniforms
from masdesign.lm.abacus.tokenizer import SPECIALS, Tokenizer


@dataclass(slots=True, eq=False)
class AbacusCall:
    """A prompt, how to sample, and the reply so far."""

    key: int
    """Names the call to whoever made it."""
    prompt: tuple[int, ...]
    limit: int
    """Tokens that the reply may have, its end token included."""
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    sample: int = 0
    world: int = 0
    reply: list[int] = field(default_factory=list)
    draws: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        count = self.limit if self.temperature > 0 else 0
        self.draws = uniforms(self.world, self.sample, self.temperature, self.prompt, count)

    @property
    def draw(self) -> float:
        """The random number for the next token; 0 where none is needed."""
        return float(self.draws[len(self.reply)]) if self.temperature > 0 else 0.0

    @property
    def position(self) -> int:
        """Where the newest token of the reply stands; the tokens before it are in the arena."""
        return len(self.prompt) + len(self.reply) - 1


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """A finished call."""

    key: int
    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: Literal["stop", "length"]


def finished(call: AbacusCall, tokenizer: Tokenizer) -> FinishedCall | None:
    """The reply, if its newest token ends it: by a special token, a stop string, or the limit."""
    newest = call.reply[-1]
    if newest < len(SPECIALS):
        return _reply(call, tokenizer.decode(call.reply), "stop")
    if call.stop:
        text = tokenizer.decode(call.reply)
        ends = [at for at in map(text.find, call.stop) if at >= 0]
        if ends:
            return _reply(call, text[: min(ends)], "stop")
    if len(call.reply) >= call.limit:
        return _reply(call, tokenizer.decode(call.reply), "length")
    return None


def _reply(call: AbacusCall, text: str, finish: Literal["stop", "length"]) -> FinishedCall:
    return FinishedCall(call.key, text, len(call.prompt), len(call.reply), finish)
