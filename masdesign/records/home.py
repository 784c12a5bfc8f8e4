"""Where recorded completions are kept: in a file, or on a server."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[str, str, str, str, int, int, float, str, str]
"""Key, model, request (JSON), text, prompt tokens, completion tokens, USD, finish, and what else a completion
holds (JSON; empty where that is nothing)."""


class Home(Protocol):
    """A place for completions.

    **Contract.** `keep` keeps all rows or none, whatever happens to the process; of two rows of one key
    the first stays. Reading does not wait for writing. Each method may be called from any thread; `find`,
    `models` and `count` are called one at a time, and so are `keep` and `note_model`. What goes wrong
    raises one of ``errors``. Nothing but what a row holds is written: no key, no address, no password.
    """

    shown: str
    """The place as messages name it, without a password."""
    cure: str
    """What to do where it cannot be opened."""
    errors: tuple[type[Exception], ...]

    def open(self) -> None:
        """Connect, and make what is missing."""
        ...

    def find(self, key: str) -> tuple[Any, ...] | None:
        """A row's text, tokens, USD, finish and what else it holds, by its key."""
        ...

    def keep(self, rows: Sequence[Row]) -> None:
        """Write rows that are not there yet."""
        ...

    def note_model(self, model: str, window: int, price: str | None, profile: str) -> None:
        """Write down a model's window, price and profile (JSON; empty: 0.1's), over what was noted before."""
        ...

    def models(self) -> list[tuple[str, int, str | None, str]]:
        """Model, window, price and profile, sorted."""
        ...

    def count(self) -> int:
        """How many rows there are."""
        ...

    def close(self) -> None:
        """Let the place go."""
        ...
