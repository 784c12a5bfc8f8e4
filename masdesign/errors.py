"""The errors of masdesign, one tree.

    MasdesignError
    ├── InputError            the user's input was wrong: what, which value, the cure (exit 2)
    │   ├── SourceError       a design's source is not well-formed (line, reason, cure)
    │   └── UnknownModel      the provider has no such model (also a CredentialsError)
    ├── BudgetExhausted       the budget does not cover the next call (exit 3 before a first result)
    ├── UnusableReplies       most replies are cut, unreadable or refused: ends the run early (exit 4)
    ├── InternalFault         cache, ledger, archive or a block failed: ends the run, nothing is scored
    └── LMError               a completion failed
        ├── ProviderError     network, 429, 5xx, time-out: a retry could cure it; never a wrong answer
        │   └── BilledError   a reply came and was billed, but cannot be used
        ├── Refused           a content filter, a refusal, a permanent 4xx: never a wrong answer
        ├── CredentialsError  a key was refused: ends the run with one line
        │   └── AccountEmpty  the account has no credit
        ├── ContextOverflow   the prompt does not fit the model: the design's own failure
        ├── NotPlayable       the model does not answer such a call: the design's own failure
        └── NotRecorded       a replayed run asked for a call that is not in its record

A message says what happened, with which value, and what to do about it, in one line.
"""

from __future__ import annotations

from masdesign.types import Usage


class MasdesignError(Exception):
    """Root of every error that masdesign raises on purpose."""


class InputError(MasdesignError):
    """The user's input was wrong. The message is one line: what, which value, the cure."""


class SourceError(InputError):
    """A design's source cannot be used: ``line`` (1-based, or ``None``), the reason, the cure."""

    def __init__(self, reason: str, *, line: int | None = None, cure: str = "") -> None:
        where = f"line {line}: " if line is not None else ""
        super().__init__(f"{where}{reason}" + (f"; {cure}" if cure else ""))
        self.reason, self.line, self.cure = reason, line, cure


class BudgetExhausted(MasdesignError):
    """The budget does not cover the next call. Work that was finished is kept."""


class UnusableReplies(MasdesignError):
    """Most replies are cut, unreadable or refused. Work that was finished is kept."""


class InternalFault(MasdesignError):
    """What a run stands on has failed: its cache, ledger or archive, or a block's own code.

    It is neither the design's fault nor the provider's, so it ends the run with one line and no item is
    scored by it.
    """


class LMError(MasdesignError):
    """A completion failed."""


class ProviderError(LMError):
    """A fault that a retry could cure. ``retry_after`` is in seconds, where the provider said so."""

    def __init__(self, message: str, *, kind: str = "server", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.retry_after = kind, retry_after


class BilledError(ProviderError):
    """A reply came and was billed, but cannot be used. It is not asked for again within the call,
    since only one reply's price was reserved."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message, kind="billed")
        self.usage = usage

    def __reduce__(self) -> tuple[type[BilledError], tuple[str, Usage]]:
        return BilledError, (str(self), self.usage)  # an error crosses processes by what it was made of


class CredentialsError(LMError):
    """The provider refused the key; asking again would not help."""


class AccountEmpty(CredentialsError):
    """The provider's account has no credit; asking again would not help."""


class OptionRefused(CredentialsError, InputError):
    """The server refuses an option that the user chose, which ends the run with one line."""


class Refused(LMError):
    """The provider will not answer: a content filter, a refusal, a request that would fail again."""

    usage = Usage()
    """What the refusal was billed."""


class UnknownModel(CredentialsError, InputError):
    """The provider has no such model: the user's input was wrong, which ends the run with one line."""


class ContextOverflow(LMError):
    """The prompt does not fit into the model's context window."""


class NotPlayable(LMError):
    """The model answers some calls only, and this is none of them; a retry would not help."""


class NotRecorded(LMError):
    """A replayed run asked for a call that its record does not hold.

    ``design`` and ``block`` say who asked, as far as it is known where the error is seen.
    """

    design = ""
    block = ""

    def __str__(self) -> str:
        models = ", ".join(
            f"{kind} {name}" for kind, name in (("design", self.design), ("block", self.block)) if name
        )
        return f"{models}: {super().__str__()}" if models else super().__str__()


def describe(error: BaseException) -> str:
    """An exception on one line: its type and its words.

    >>> describe(ValueError("two\\nlines"))
    'ValueError: two lines'
    """
    words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
