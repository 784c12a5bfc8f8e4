"""`Method`: how a design becomes a prompt. One method a file, in `masdesign/distill/methods/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from masdesign.distill.job import Job
from masdesign.distill.prompt import Prompt


@dataclass(frozen=True)
class Draft:
    """A prompt that a method offers. The best on `val` becomes the distillate."""

    prompt: Prompt
    how: str
    """How it was made, in a few words."""
    model: str = ""
    """The name of a model of its own that answers it; empty: the run's default model."""
    forecast: float | None = None
    """The share of the design's gain that it was expected to keep, where that was forecast."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What is saved beside or instead of the prompt: texts by the ending of their names (``.jsonl``)."""


class Method(ABC):
    """Makes prompts from a design.

    **Contract.** `drafts` is asked once. What it makes depends on the job alone: the same job gives
    the same drafts. It sees of the task's items only those of `train`; it calls models through the
    job, which charges them; it neither scores on `val` nor writes to an archive. At least one
    draft is given, or `InputError` says why there is none. `BudgetExhausted` may leave it, where nothing
    was made before.
    """

    name: ClassVar[str]
    """What the user calls it."""
    summary: ClassVar[str]
    """One line for a list."""
    reference: ClassVar[str] = ""
    """The paper, as ``arXiv:…``."""
    needs_meta_model: ClassVar[bool] = False
    """Whether it asks a second model to write."""

    train_items: ClassVar[int] = 100
    """So many train items it is given at most, where the user does not say."""

    @abstractmethod
    async def drafts(self, job: Job) -> Sequence[Draft]:
        """The prompts to choose from, in the order in which ties are broken."""
