"""`Designer`: has designs written by a language model, reads them tolerantly, has them repaired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from masdesign.lm import LM, Ledger
from masdesign.search.designer.brief import Brief, Written
from masdesign.tasks import Task
from masdesign.workflow import Runtime


class Designer:
    """A language model that writes designs for one task.

    **Contract.** A reply is never trusted: it is text until the checks and the sandbox have had it. What
    a reply gets wrong is a value (`Written.failure`), never an exception. Calls are charged to the run's
    ledger, in the order in which designs were asked for, and go through the run's cache, so that a run
    that goes on has the same replies for nothing. Equal prompts asked for again are new draws.
    """

    def __init__(
        self,
        lm: LM,
        runtime: Runtime,
        ledger: Ledger,
        task: Task | None = None,
        *,
        temperature: float = 0.8,
        max_tokens: int = 4096,
    ) -> None:
        """``lm`` charges ``ledger``; ``task`` gives the description and a few `train` items to show."""
        raise NotImplementedError

    @property
    def common(self) -> Mapping[str, Any]:
        """What every template may show: ``description``, ``examples`` (of `train`), ``catalogue``, ``tools``,
        ``models``, ``calls`` (the most an item may make)."""
        raise NotImplementedError

    async def write(self, brief: Brief, known: Collection[str] = ()) -> Written:
        """One design: asked for, reflected on, checked, tried on a train item, repaired at most three times.

        ``known`` are ids of designs that are of no use, since they were tried before: one of these is
        sent back, too.

        Raises:
            BudgetExhausted: the ledger does not cover the next call.
            ProviderError, CredentialsError: the model could not be asked.
        """
        raise NotImplementedError

    async def write_all(self, briefs: Sequence[Brief], known: Collection[str] = ()) -> list[Written]:
        """The same for several at once, in the order of ``briefs``, no design id twice.

        What the provider or the budget denied is left out, and so is what only repeats a known design.

        Raises:
            BudgetExhausted: the budget ended before the first was written.
            ProviderError: the provider failed them all.
            CredentialsError: a key was refused.
        """
        raise NotImplementedError

    async def ask(
        self, template: str, values: Mapping[str, Any], fields: Sequence[str]
    ) -> Mapping[str, str] | None:
        """A structured reply that is no design (an insight, a judgement): each field's text.

        Asked for again, at most three times, where a field is missing; ``None`` where it stays missing.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `write`.
        """
        raise NotImplementedError
