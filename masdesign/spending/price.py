"""What tokens of a model cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from masdesign.errors import InputError
from masdesign.types import Usage


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, in USD **per million**. An `LM` may bear one as its attribute ``price``.

    >>> Price.parse("0.15/0.60").usd(Usage(1_000_000, 500_000))
    0.45
    """

    prompt: float
    completion: float

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read ``"IN/OUT"``; raises `InputError`."""
        try:
            prompt, completion = (float(part) for part in text.split("/"))
        except ValueError:
            prompt = completion = -1.0
        if not (0 <= prompt < float("inf") and 0 <= completion < float("inf")):
            raise InputError(f"price {text!r} is not IN/OUT in USD per million tokens; write it as 0.15/0.60")
        return cls(prompt, completion)

    def usd(self, usage: Usage) -> float:
        """The price of these tokens (``usage.usd`` is not read)."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1e6

    def priced(self, usage: Usage) -> Usage:
        """The same tokens at this price."""
        return replace(usage, usd=self.usd(usage))
