"""The one protocol of every language model, and what wrappers share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from masdesign.errors import CredentialsError, InputError, ProviderError
from masdesign.types import Completion, Request, Usage


@runtime_checkable
class LM(Protocol):
    """A language model that completes chat messages.

    **Contract.** `complete` may be called any number of times at once, from one event loop. It
    raises only `LMError` and `BudgetExhausted`, and fills in ``Completion.usage``. It ignores
    ``request.model``: an LM is one model. `aclose` may be called twice.
    """

    @property
    def model(self) -> str:
        """Id with revision, e.g. ``"abacus-1@3f2a91c0"``. It is a part of the cache key."""
        ...

    @property
    def window(self) -> int:
        """Tokens of prompt and completion together that one call can use at most."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Have one completion."""
        ...

    async def aclose(self) -> None:
        """Give connections and processes back."""
        ...


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


def price_of(lm: LM) -> Price | None:
    """The price of ``lm``, or ``None`` where it is not known."""
    price = getattr(lm, "price", None)
    return price if isinstance(price, Price) else None


class BilledError(ProviderError):
    """A reply came and was billed, but cannot be used. It is not asked for again within the call,
    since only one reply's price was reserved."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message, kind="billed")
        self.usage = usage

    def __reduce__(self) -> tuple[type[BilledError], tuple[str, Usage]]:
        return BilledError, (str(self), self.usage)  # an error crosses processes by what it was made of


class UnknownModel(CredentialsError, InputError):
    """The provider has no such model: the user's input was wrong, which ends the run with one line."""


class Wrapper:
    """An `LM` around another: the same model, window and price, and closes what it wraps."""

    def __init__(self, inner: LM) -> None:
        self.inner = inner

    @property
    def model(self) -> str:
        """The wrapped model's id."""
        return self.inner.model

    @property
    def window(self) -> int:
        """The wrapped model's window, in tokens."""
        return self.inner.window

    @property
    def price(self) -> Price | None:
        """The wrapped model's price, where it is known."""
        return price_of(self.inner)

    @property
    def repertoire(self) -> object:
        """The wrapped model's `Repertoire`, where it answers some calls only."""
        return getattr(self.inner, "repertoire", None)

    @property
    def note(self) -> str:
        """What the wrapped model's scores must be read with; empty for most."""
        return str(getattr(self.inner, "note", ""))

    async def aclose(self) -> None:
        """Close the wrapped model."""
        await self.inner.aclose()
