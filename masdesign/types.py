"""The values that flow through masdesign: frozen, plain, and free of behaviour.

Item.question → workflow → Request → Completion → Answer → metric → Result
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
FailureKind = Literal["design", "parse", "cut", "provider", "refused", "scorer", "environment"]
Finish = Literal["stop", "length", "tool", "refused", "error"]
Effect = Literal["pure", "episode", "world"]
Split = Literal["train", "val", "test"]
ChoosingSplit = Literal["train", "val"]
"""Splits that may decide something. `test` is scored through a recorded opening only."""

SAMPLING_TEMPERATURE = 0.8
"""The temperature of a *draw*, wherever several are taken of one prompt (votes, debates)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its right answers.

    >>> Item("a", "1 + 1 =", "2").targets, Item("b", "The capital?", ("Rome", "Roma")).target
    (('2',), 'Rome')
    """

    id: str
    question: str
    targets: Sequence[str]
    """The right answers, any of which will do; a single text becomes a tuple of one. They never leave
    the evaluator: a workflow is given a `Question`."""
    context: tuple[str, ...] = ()
    """Passages that belong to the question, in order."""
    choices: tuple[str, ...] = ()
    """The options to choose from; empty where the answer is free."""
    record: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The whole row of the source, for the scorer alone."""
    solution: str = ""
    """How the answer is found; shown for `train` items, where a prompt shows examples."""

    def __post_init__(self) -> None:
        targets = (self.targets,) if isinstance(self.targets, str) else tuple(self.targets)
        object.__setattr__(self, "targets", targets)

    @property
    def target(self) -> str:
        """The first of the right answers; empty where there is none."""
        return self.targets[0] if self.targets else ""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a task asks its questions: the same for all its items."""

    instruction: str = ""
    """What is to be done, in words; every prompt says it."""
    labels: tuple[str, ...] = ()
    """The answers there are, where they are the same for all items."""
    form: str = "line"
    """The name of the answer form (`masdesign.tasks.forms`)."""

    def settings(self) -> dict[str, Any]:
        """What is not at its default, as JSON values for a record.

        The form ``number`` alone is not said: it asks as ``line`` does, and the task's scorer implies it.

        >>> Asking("Classify.", ("a", "b")).settings()
        {'instruction': 'Classify.', 'labels': ['a', 'b']}
        """
        if self == Asking(form="number"):
            return {}
        form = {"form": self.form} if self.form != "line" else {}
        labels = {"labels": list(self.labels)} if self.labels else {}
        return ({"instruction": self.instruction} if self.instruction else {}) | labels | form

    @classmethod
    def recorded(cls, settings: Mapping[str, Any]) -> Asking:
        """What a record's settings say; what is not there, or is not as it should be, is at its default."""
        instruction, labels, form = (settings.get(name) for name in ("instruction", "labels", "form"))
        return cls(
            instruction if isinstance(instruction, str) else "",
            tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else (),
            form if isinstance(form, str) and form else "line",
        )


PLAIN = Asking()
"""No instruction, no labels, and an answer on one line."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a workflow sees of an item: its question, and how the task asks it.

    Targets, record and id are not in it.
    """

    question: str
    context: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    instruction: str = ""
    labels: tuple[str, ...] = ()
    form: str = "line"

    @property
    def asking(self) -> Asking:
        """How it is asked, apart from the question itself."""
        return Asking(self.instruction, self.labels, self.form)

    @property
    def wording(self) -> str:
        """The question with its options, without passages: what tells problems apart, and finds similar ones.

        >>> Question("Which is warm?", ("Ice is cold.",), ("(A) ice", "(B) tea")).wording
        'Which is warm?\\nOptions:\\n(A) ice\\n(B) tea'
        """
        if not self.choices:
            return self.question
        options = (choice if choice.startswith("(") else f"- {choice}" for choice in self.choices)
        return "\n".join((self.question, "Options:", *options))

    def asked(self, asking: Asking) -> Question:
        """The same question asked in a task's way, where it says none of its own."""
        if asking == PLAIN or self.asking != PLAIN:
            return self
        return replace(self, instruction=asking.instruction, labels=asking.labels, form=asking.form)

    @classmethod
    def of(cls, item: Item, asking: Asking = PLAIN) -> Question:
        """The question of an item.

        >>> Question.of(Item("a", "Good?", "yes"), Asking("Judge the review.", ("yes", "no"), "label")).form
        'label'
        """
        how = (asking.instruction, asking.labels, asking.form)
        return cls(item.question, item.context, item.choices, *how)


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
    group: str = field(default="", compare=False)
    """Class of equal answers within the item, by its first; empty of a guest's own. Never archived."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of a solution."""

    ok: bool
    critique: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a model is shown it.

    ``schema`` is the JSON Schema of its arguments (an object). ``effect`` says what a call changes:
    nothing (``pure``: one result serves all items), its own episode, or the outside ``world``.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(hash=False)
    effect: Effect = "episode"
    price: float = 0.0
    """USD a call: part of the item's cost, of budgets and of reports; in no key."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model asks for. ``arguments`` is the JSON text as the model wrote it, unchecked."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call as the model is shown it; ``id`` is the call's."""

    id: str
    text: str


Part = ToolCall | ToolResult
"""What a message may hold beside text. (Images will be another kind of part.)"""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message: its text, and what it holds beside text."""

    role: Role
    content: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Which prompt a request is: a template that shows one question and nothing else, and that question.

    Options and passages are the question's own, as the item has them.
    """

    block: str
    question: str
    choices: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


class Prompt(tuple[Message, ...]):
    """The messages of a rendered template, with an `Origin` where they show a question and nothing else."""

    origin: Origin | None = None


@dataclass(frozen=True)  # without slots: its key is kept on it (`masdesign.records.keys`)
class Request:
    """A completion to be asked of a model: one of the two kinds of call that leave an item (see `Action`).

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
    tools: tuple[Tool, ...] = ()
    """Offered natively; only where the model's profile says that it takes tools."""
    schema: str = ""
    """JSON Schema (as canonical JSON text) that the reply must keep to; only where the profile has it."""
    origin: Origin | None = field(default=None, compare=False)
    """For providers that look replies up by item and prompt. Not part of the key."""

    def of_model(self, model: str) -> Request:
        """The same request of that model."""
        return self if self.model == model else replace(self, model=model)


@dataclass(frozen=True, slots=True)
class Action:
    """A tool call to be made in an item's episode: the other kind of call that leaves an item."""

    tool: str
    arguments: Mapping[str, Any] = field(hash=False)
    id: str = ""
    branch: int = 0
    """The branch of the episode that it is made in (`masdesign.workflow.branches`); 0: the episode itself."""
    control: Literal["", "fork", "reset", "keep"] = ""
    """What is done with the branch, where it is no tool call."""


Call = Request | Action


@dataclass(frozen=True, slots=True)
class Observation:
    """What an environment answers to an action."""

    text: str
    done: bool = False
    """Whether the episode has ended."""
    error: bool = False
    """Whether the call was wrong (unknown tool, bad arguments, a tool that raised, a time-out)."""
    usd: float = field(default=0.0, compare=False)
    """What the call cost, by the tool's price; in no record of the environment."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money; adds up."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    reasoning_tokens: int = 0
    """Of the completion: thought before the answer."""

    @property
    def tokens(self) -> int:
        """Prompt plus completion."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.usd + other.usd,
            self.reasoning_tokens + other.reasoning_tokens,
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
    """A model's reply.

    ``finish``: ``stop``, ``length`` (cut at ``max_tokens``), ``tool`` (it asks for ``tool_calls``),
    ``refused`` (a content filter or a refusal), ``error`` (the provider broke off: never cached, retried).
    """

    text: str
    usage: Usage = Usage()
    finish: Finish = "stop"
    reasoning: str = ""
    """What a reasoning model wrote before its answer, where the provider shows it; never read as answer."""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no scored answer, as a value.

    Score 0:

    - ``design``: the workflow's own fault.
    - ``parse``: a whole reply came, but no answer could be read from it. Counted apart.
    - ``cut``: a reply ended at the length that the design or the user chose. Counted apart.

    Unscored, never wrong:

    - ``provider``: network, rate limit, server error; a retry could cure it.
    - ``refused``: a content filter, a refusal, or a request that would fail again.
    - ``scorer``: the scorer raised, or its judge was refused or unreadable.
    - ``environment``: the environment crashed, or refused to open.
    """

    kind: FailureKind
    message: str
    line: int | None = None
    cure: str = ""


SCORED_FAILURES: frozenset[FailureKind] = frozenset({"design", "parse", "cut"})
"""Failures that score 0; an item with any other is unscored."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer says of an answer."""

    value: float
    """Between 0 and 1."""
    feedback: str = ""
    """Why, in words. A designer is told it for ``train`` items only."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Scores of single aspects, by name."""


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What running a program came to."""

    stdout: str
    stderr: str
    status: Literal["ok", "error", "timeout", "limit"]
    value: str = ""
    """The text of its last expression's value, where it has one."""


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
    feedback: str = ""
    """What the scorer said of the answer; kept for ``train`` items only."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """The scorer's scores of single aspects."""
    overhead: Usage = Usage()
    """What scoring and the environment used (judges, simulated users): not a cost of the design."""
    cluster: str = ""
    """Names the passages that the item shares with others of its split; empty where it shares none."""

    @property
    def provider_failed(self) -> bool:
        """Whether the provider failed the item, which is unscored and asked again when a run goes on."""
        return self.failure is not None and self.failure.kind == "provider"
