"""One request on its way through the engine, and the rules by which its reply ends.

Which token comes next: the likeliest, or a draw that depends on the request alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.tokenizer import SPECIALS, Tokenizer
from masdesign.lm.abacus.weights import Array


def uniforms(
    world: int, sample: int, temperature: float, prompt: Sequence[int], count: int
) -> NDArray[np.float64]:
    """The random numbers of one reply, in [0, 1): its t-th token uses the t-th.

    They are a stream of SHAKE-256 over the arguments, so a longer reply begins as a shorter one.

    >>> a, b = uniforms(0, 0, 0.8, [1, 2], 2), uniforms(0, 0, 0.8, [1, 2], 3)
    >>> bool((a == b[:2]).all()), bool((a == uniforms(0, 1, 0.8, [1, 2], 2)).any())
    (True, False)
    """
    key = repr((world, sample, float(temperature), list(prompt))).encode()
    bits = np.frombuffer(hashlib.shake_256(key).digest(8 * count), dtype="<u8")
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(logits: Array, temperatures: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.intp]:
    """One token a row: the likeliest where the temperature is 0, else the draw's quantile.

    All arguments are aligned by row; a row's token depends on that row alone.

    >>> pick(np.array([[0, 3, 1], [0, 0, 0]], np.float32), np.array([0.0, 1.0]), np.array([0.0, 0.99]))
    array([1, 2])
    """
    tokens: NDArray[np.intp] = logits.argmax(axis=1)
    warm = np.flatnonzero(temperatures > 0)
    if len(warm):
        scores = logits[warm].astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        scores /= temperatures[warm, None]
        reached = np.cumsum(np.exp(scores), axis=1)
        tokens[warm] = (reached <= draws[warm, None] * reached[:, -1:]).sum(axis=1)
    return tokens


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
