"""Whose fault is it? The one place that says what an exception makes of an item, and of the run.

| raised | outcome |
|---|---|
| `ItemFailed` (out of the guest, or a block's refusal of the guest's arguments) | the failure it carries |
| `SourceError`, `ContextOverflow`, `NotPlayable` | ``design``: scores 0 |
| `ProviderError` | ``provider``: unscored, asked again on resume |
| any other `LMError`, a completion that the model refused | ``refused``: unscored; it would fail again |
| `BudgetExhausted`, `CredentialsError`, `NotRecorded`, `InputError` | the run ends: the user's to cure |
| `InternalFault`, and everything else | the run ends with one line; nothing is scored |

So nothing but the guest's own fault can score 0. What a model raises beside `LMError` was made a
`ProviderError` where the model was asked (`masdesign.lm.protocol.completed`).
"""

from traceback import walk_tb

from masdesign.errors import (
    BudgetExhausted,
    ContextOverflow,
    CredentialsError,
    InputError,
    InternalFault,
    LMError,
    NotPlayable,
    NotRecorded,
    ProviderError,
    SourceError,
    describe,
)
from masdesign.types import Completion, Failure
from masdesign.workflow import helpers
from masdesign.workflow.limits import ItemFailed

ENDS_THE_RUN = (BudgetExhausted, CredentialsError, NotRecorded, InputError, InternalFault)
"""Errors that are no item's own: they leave `run_item`."""


def failure_of(error: BaseException) -> Failure | None:
    """The item's failure that an exception stands for; ``None`` where it ends the run.

    >>> failure_of(ProviderError("no reply")).kind, failure_of(KeyError("x")) is None
    ('provider', True)
    """
    match error:
        case ItemFailed():
            return error.failure
        case SourceError():
            return Failure("design", error.reason, error.line, error.cure)
        case ContextOverflow():
            return Failure("design", str(error), cure="pass less text on")
        case NotPlayable():
            return Failure("design", str(error), cure="ask what it answers, or another model")
        case CredentialsError() | NotRecorded():
            return None
        case ProviderError(kind=kind):
            return Failure("refused" if kind == "request" else "provider", str(error))
        case LMError():
            return Failure("refused", str(error))
    return None


def ending(error: BaseException, where: str = "") -> BaseException:
    """The error with which a run ends: one that says what to do, or an `InternalFault` that says where.

    >>> ending(KeyError("x"), "block 'vote'")
    InternalFault("block 'vote' failed (KeyError: 'x'); nothing of this item was scored")
    """
    if isinstance(error, (*ENDS_THE_RUN, ItemFailed, LMError)) or not isinstance(error, Exception):
        return error
    return InternalFault(
        f"{where or 'masdesign'} failed ({describe(error)}); nothing of this item was scored"
    )


def is_refusal(error: BaseException) -> bool:
    """Whether a helper of the design language has refused its arguments, as it does in the guest itself.

    >>> try:
    ...     helpers.majority([])
    ... except ValueError as error:
    ...     is_refusal(error), is_refusal(ValueError("a bug of a block"))
    (True, False)
    """
    if not isinstance(error, ValueError) or error.__traceback__ is None:
        return False
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return frames[-1].f_code.co_filename == helpers.__file__


def usable(completion: Completion) -> Completion:
    """A completion that can be used: one that was refused, or that broke off, is none.

    Raises:
        ItemFailed: the provider refused (a content filter, a refusal).
        ProviderError: it broke off without saying why.
    """
    if completion.finish == "refused":
        words = " ".join(completion.text.split())[:200]
        raise ItemFailed(Failure("refused", f"the model refused{f': {words}' if words else ''}"))
    if completion.finish == "error":
        raise ProviderError("the provider broke the reply off", kind="server")
    return completion
