"""What tokens of a model cost."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from masdesign.errors import InputError
from masdesign.types import Usage

_FORM = "in USD per million tokens; write it as 0.15/0.60, or 0.15/0.60/0.075 with that of cached prompts"
_TIER = re.compile(r">(\d+):")


@dataclass(frozen=True, slots=True)
class Rates:
    """USD **per million** tokens of prompt, completion and cached prompt, in calls whose prompt is longer."""

    above: int
    """Prompt tokens beyond which these rates hold for the whole call."""
    prompt: float
    completion: float
    cached: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, in USD **per million**. An `LM` may have one as its attribute ``price``.

    >>> Price.parse("0.15/0.60").usd(Usage(1_000_000, 500_000))
    0.45
    >>> Price.parse("1/2/0.1>200000:2/3").usd(Usage(1_000_000, 0), cached=500_000)
    2.0
    >>> Price.parse("1/2/0.1").usd(Usage(1_000_000, 0), cached=500_000)
    0.55
    """

    prompt: float
    completion: float
    cached: float | None = None
    """Of prompt tokens that the provider had cached; ``None``: as other prompt tokens."""
    tiers: tuple[Rates, ...] = ()
    """Rates of longer prompts, by ``above``, ascending."""

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read ``"IN/OUT"``, ``"IN/OUT/CACHED"``, each followed by tiers ``">TOKENS:IN/OUT"``.

        Raises:
            InputError: it is no price.
        """
        first, *rest = _TIER.split(text)
        pairs = zip(rest[::2], rest[1::2], strict=True)
        tiers = (Rates(int(above), *_rates(part, text)) for above, part in pairs)
        return cls(*_rates(first, text), tuple(sorted(tiers, key=lambda tier: tier.above)))

    def __str__(self) -> str:
        tiers = (f">{tier.above}:{_written(tier)}" for tier in self.tiers)
        return _written(self) + "".join(tiers)

    @property
    def costliest(self) -> float:
        """USD per million of the most expensive kind of token."""
        rates = [(self.prompt, self.completion), *((tier.prompt, tier.completion) for tier in self.tiers)]
        return max(max(pair) for pair in rates)

    def usd(self, usage: Usage, *, cached: int = 0) -> float:
        """The price of these tokens (``usage.usd`` is not read), of whose prompt ``cached`` were cached."""
        rates: Price | Rates = self
        for tier in self.tiers:
            if usage.prompt_tokens > tier.above:
                rates = tier
        cached = min(cached, usage.prompt_tokens) if rates.cached is not None else 0
        prompt = (usage.prompt_tokens - cached) * rates.prompt + cached * (rates.cached or 0.0)
        return (prompt + usage.completion_tokens * rates.completion) / 1e6

    def priced(self, usage: Usage, *, cached: int = 0) -> Usage:
        """The same tokens at this price."""
        return replace(usage, usd=self.usd(usage, cached=cached))


def _rates(part: str, whole: str) -> tuple[float, float, float | None]:
    try:
        numbers = [float(number) for number in part.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(0 <= number < float("inf") for number in numbers):
        raise InputError(f"price {whole!r} is not IN/OUT {_FORM}")
    return numbers[0], numbers[1], numbers[2] if len(numbers) == 3 else None


def _written(rates: Price | Rates) -> str:
    cached = "" if rates.cached is None else f"/{rates.cached!r}"
    return f"{rates.prompt!r}/{rates.completion!r}{cached}"


def known_usd(usd: float, tokens: float, models: str) -> float | None:
    """An amount of USD, or ``None`` where it is 0 for want of a price.

    Parameters:
        tokens: what it was paid for.
        models: ids of the models that were asked, as an evaluation names them; the embedded one is free.

    >>> known_usd(0.0, 120, "openai/qwen@127.0.0.1:8000/v1"), known_usd(0.0, 120, "abacus-1@3f2a91c0")
    (None, 0.0)
    """
    ids = [entry.rpartition("=")[2] if number else entry for number, entry in enumerate(models.split(" "))]
    free = all(model.startswith("abacus") for model in ids)
    return usd if usd or free or not tokens else None


def usd_words(usd: float | None, digits: int = 6) -> str:
    """An amount as a person reads it.

    >>> usd_words(0.25, 2), usd_words(None)
    ('0.25 USD', 'USD unknown')
    """
    return "USD unknown" if usd is None else f"{usd:.{digits}f} USD"
