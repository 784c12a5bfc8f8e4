"""The values that flow through masdesign: frozen, plain, and free of behaviour.

Item.question → workflow → Request → Completion → Answer → metric → Result
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
FailureKind = Literal["provider", "design", "parse"]
Split = Literal["train", "val", "test"]

SAMPLING_TEMPERATURE = 0.8
"""The temperature of a *draw*, wherever several are taken of one prompt (votes, debates)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its answer."""

    id: str
    question: str
    target: str
    """The right answer. It never leaves the evaluator: a workflow is given a `Question`."""
    context: tuple[str, ...] = ()
    """Passages that belong to the question, in order."""
    choices: tuple[str, ...] = ()
    """The options to choose from; empty where the answer is free."""
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What a workflow sees of an item: all but the target, the id and the meta data."""

    question: str
    context: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A question of the `train` split with its answer, for prompts that show how it is done."""

    question: Question
    answer: str
    solution: str = ""
    """How the answer is found; empty where the task's data does not say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a workflow returns. An empty ``text`` means that no answer could be read."""

    text: str
    reasoning: str = ""
    """The whole reply that the answer was read from."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of a solution."""

    ok: bool
    critique: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One completion to be had.

    ``model`` is empty until an `LM` fills in its own id. ``sample`` numbers the draws of one
    prompt within one item's run (0, 1, 2 …); ``world`` selects an independent replicate.
    """

    messages: tuple[Message, ...]
    model: str = ""
    temperature: float = 0.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    sample: int = 0
    world: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money; adds up."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt plus completion."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.usd + other.usd,
        )


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one of several models was asked for; adds up."""

    calls: int = 0
    usage: Usage = Usage()

    def __add__(self, other: ModelUse) -> ModelUse:
        return ModelUse(self.calls + other.calls, self.usage + other.usage)


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's reply. ``finish`` is ``"length"`` where it was cut at ``max_tokens``."""

    text: str
    usage: Usage = Usage()
    finish: Literal["stop", "length"] = "stop"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no scored answer, as a value.

    - ``provider``: a retry could cure it. The item is unscored, never wrong.
    - ``design``: the workflow's own fault. Score 0.
    - ``parse``: a reply came, but no answer could be read from it. Score 0, counted apart.
    """

    kind: FailureKind
    message: str
    line: int | None = None
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item."""

    item_id: str
    answer: Answer | None
    score: float | None
    """Between 0 and 1; ``None`` where the item is unscored (a provider's failure)."""
    usage: Usage = Usage()
    """Deployment cost: what the design would use on a fresh item, cache hits in full."""
    calls: int = 0
    """Completions had, cache hits included."""
    seconds: float = 0.0
    failure: Failure | None = None
    by_model: Mapping[str, ModelUse] = field(default_factory=dict, compare=False)
    """``usage`` and ``calls`` by the name of the model; empty where the run has one model only, and in
    an archive."""
