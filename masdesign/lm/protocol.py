"""The one protocol of every language model, what a model can be asked for, and what wrappers share."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from masdesign.errors import MasdesignError, ProviderError
from masdesign.lm.profile import ModelProfile, profile_of
from masdesign.spending.price import Price
from masdesign.types import Completion, Request


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


async def completed(lm: LM, request: Request) -> Completion:
    """A completion of a model; whatever it raises against its contract is a `ProviderError`.

    Raises:
        LMError, BudgetExhausted, InternalFault: as the model and its wrappers raise them.
    """
    try:
        return await lm.complete(request)
    except MasdesignError:
        raise
    except Exception as error:  # a model is a plug-in, and may raise anything
        words = " ".join(str(error).split())[:300]
        message = f"model {lm.model!r} failed ({type(error).__name__}: {words})"
        raise ProviderError(message, kind="unexpected") from error


def price_of(lm: LM) -> Price | None:
    """The price of ``lm``, or ``None`` where it is not known."""
    price = getattr(lm, "price", None)
    return price if isinstance(price, Price) else None


class Wrapper:
    """An `LM` around another: the same model, window and price, and closes what it wraps."""

    def __init__(self, inner: LM) -> None:
        self.inner = inner

    @cached_property
    def model(self) -> str:
        """The wrapped model's id."""
        return self.inner.model

    @cached_property
    def window(self) -> int:
        """The wrapped model's window, in tokens."""
        return self.inner.window

    @property
    def price(self) -> Price | None:
        """The wrapped model's price, where it is known."""
        return price_of(self.inner)

    @cached_property
    def profile(self) -> ModelProfile:
        """What the wrapped model can do; what shapes prompts is frozen when a run opens."""
        return profile_of(self.inner)

    @property
    def places(self) -> float:
        """Calls that the wrapped model's server takes at once, now; infinite where nothing says."""
        return float(getattr(self.inner, "places", float("inf")))

    @property
    def repertoire(self) -> object:
        """The wrapped model's `Repertoire`, where it answers some calls only."""
        return getattr(self.inner, "repertoire", None)

    @property
    def record(self) -> str:
        """The file that the wrapped model replays; empty for most."""
        return str(getattr(self.inner, "record", ""))

    @property
    def note(self) -> str:
        """What the wrapped model's scores must be read with; empty for most."""
        return str(getattr(self.inner, "note", ""))

    async def aclose(self) -> None:
        """Close the wrapped model."""
        await self.inner.aclose()


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The prompts that a model can answer; an `LM` that knows only some has one as ``repertoire``.

    Any other request it refuses with `NotPlayable`. A designer that reads this first proposes no
    design that must fail.
    """

    templates: frozenset[str]
    """Names of the prompt templates that it answers."""
    draws: int
    """Most different answers to one question; with 1, nothing can be voted on or asked again."""


def repertoire_of(lm: LM) -> Repertoire | None:
    """What ``lm`` answers; ``None`` where it answers everything."""
    repertoire = getattr(lm, "repertoire", None)
    return repertoire if isinstance(repertoire, Repertoire) else None


def note_of(lm: LM) -> str:
    """What whoever reads a score of ``lm`` must know of it, in one line; empty for most."""
    return str(getattr(lm, "note", ""))
