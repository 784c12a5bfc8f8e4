"""What the agents' own words say of a plan: is each part solvable, do the parts suffice?

MAS-Zero asks a large model to judge this. Here it is read from what the agents really answered: a part
on which independent drafts disagree, that gives nothing readable, or whose answer is judged wrong in its own
context, is too hard as it stands; a plan whose merged answer the judge rejects, or which gives none, does not
hold all that is needed. Where nothing was said on a matter it is unknown, which asks for no change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from masdesign.types import Answer, Question, Request
from masdesign.workflow import Node, Trace, agreement, normalise

AGREED = 0.6
"""A part is solved where at least this share of its drafts gives one answer."""
TOGETHER = 0.3
"""Weight of a plan whose parts were shown the whole question. Measured on 30 train items of each embedded
family: 1 lets plans outvote better answers on arithmetic and navigate, 0.15 gains nothing more."""
APPROVED = 0.5
"""Share of the judge's verdicts from which an answer counts as confirmed."""

UNKNOWN = frozenset({"", "unknown", "not given", "not known", "not stated", "none", "n/a"})
"""Normalised answers that say that the context does not hold what was asked for."""


@dataclass(frozen=True, slots=True)
class PartFindings:
    """What the agents said of one part."""

    question: str
    answers: tuple[Answer, ...]
    """Of each draft, in order; after a debate, those that came last."""
    approval: float | None = None
    """Share of the verdicts, in the part's own context, that call its answer right; ``None``: unknown."""

    @property
    def agreement(self) -> float:
        """The share of the largest group, 0 to 1; 0 where nothing was said, or that it is unknown."""
        return agreement(self.answers) if self.answers and not self.unknown else 0.0

    @property
    def unknown(self) -> bool:
        """Whether at least half of the drafts say that what they were shown does not tell."""
        silent = sum(normalise(answer.text) in UNKNOWN for answer in self.answers)
        return 2 * silent >= len(self.answers) > 0

    @property
    def solvable(self) -> bool | None:
        """Whether the drafts agree and no verdict speaks against them; ``None`` where nobody can say."""
        if self.unknown:
            return False
        if self.approval is not None and self.approval < APPROVED:
            return False
        return self.agreement >= AGREED if len(self.answers) > 1 else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run of a plan showed."""

    parts: tuple[PartFindings, ...]
    complete: bool | None
    """Whether the parts suffice for the whole; ``None`` where nobody could say."""
    apart: bool = False
    """Whether no part was shown all the passages of the question."""

    @property
    def settled(self) -> bool:
        """Whether nothing asks for a change."""
        return self.complete is not False and self.hardest is None

    @property
    def hardest(self) -> int | None:
        """The place of the part that its agents agree on least, of those that are not solvable."""
        hard = [i for i, part in enumerate(self.parts) if part.solvable is False]
        return min(hard, key=lambda i: self.parts[i].agreement, default=None)

    @property
    def reliability(self) -> float:
        """How likely all parts are right, by the agreement on each, 0 to 1; 1 where it has no parts.

        Parts that were shown the whole question err together, so their agreement says less (`TOGETHER`).
        """
        return prod(confidence(part.agreement) for part in self.parts) * (1.0 if self.apart else TOGETHER)

    def render(self) -> str:
        """Return the findings in words, a line each."""
        lines = [f"part {i} ({part.question}): {_render(part)}" for i, part in enumerate(self.parts, 1)]
        whole = {True: "the parts suffice", False: "the parts do not suffice", None: "not known"}
        return "\n".join([*lines, f"completeness: {whole[self.complete]}"])


def confidence(share: float) -> float:
    """Return how likely the leading answer is right, by its share of the drafts, without any label.

    The odds of the leader against the rest, squared: drafts that err, err in different ways.

    >>> confidence(1.0), confidence(0.5), round(confidence(0.3), 3)
    (1.0, 0.5, 0.155)
    """
    return share**2 / (share**2 + (1 - share) ** 2)


def findings(
    trace: Trace,
    complete: bool | None,
    questions: Sequence[str] | None = None,
    approvals: Mapping[str, float | None] | None = None,
) -> Findings:
    """Return what the trace of a workflow says of its parts.

    Parameters:
        complete: the judge's word on the whole answer.
        questions: the parts; where not given, whatever was asked beside the question itself.
        approvals: of a part's answer, by its question.
    """
    parts = _questions(trace) if questions is None else questions
    known = approvals or {}
    reflected = (PartFindings(q, tuple(drafts(trace.root, q)), known.get(q)) for q in parts)
    return Findings(tuple(reflected), complete, _is_apart(trace, parts))


def _is_apart(trace: Trace, parts: Sequence[str]) -> bool:
    """Whether the question has several passages, and no step on a part was shown them all."""
    whole = set(trace.question.context)
    steps = [step for part in parts for step in _steps(trace.root, part)]
    shown = [question.context for step in steps if (question := _question(step)) is not None]
    return len(whole) > 1 and bool(shown) and not any(whole <= set(context) for context in shown)


def whole_drafts(traces: Iterable[Trace]) -> list[Answer]:
    """Return the answers to the whole question that were drafted; one that several designs share, once."""
    answers: dict[Request, Answer] = {}
    for trace in traces:
        for step in _steps(trace.root, trace.question.question):
            requests = [child.request for child in step.children if child.request is not None]
            if requests and isinstance(step.output, Answer):
                answers.setdefault(requests[-1], step.output)
    return list(answers.values())


def drafts(node: Node, question: str) -> list[Answer]:
    """Return the answers of the steps that were asked exactly this question and asked no other step; of steps
    with different names, only those of the last name (a debate's last round, not its first drafts)."""
    steps = [(step.name, step.output) for step in _steps(node, question) if isinstance(step.output, Answer)]
    last = steps[-1][0] if steps else ""
    return [answer for name, answer in steps if name == last]


def _questions(trace: Trace) -> list[str]:
    """The different questions that steps were asked, in order, but for the whole one."""
    values = (value for node in trace.root.walk() if node.kind == "block" for _, value in node.inputs)
    questions = dict.fromkeys(value.question for value in values if isinstance(value, Question))
    return [question for question in questions if question != trace.question.question]


def _steps(node: Node, question: str) -> Iterator[Node]:
    blocks = [child for child in node.children if child.kind == "block"]
    given = _question(node)
    if not blocks and given is not None and given.question == question:
        yield node
    for child in blocks:
        yield from _steps(child, question)


def _question(step: Node) -> Question | None:
    return next((value for _, value in step.inputs if isinstance(value, Question)), None)


def _render(part: PartFindings) -> str:
    if not part.answers:
        return "nothing readable"
    answers = [answer.text or "?" for answer in part.answers]
    verdict = {True: "solvable", False: "too hard as it stands", None: "not known"}[part.solvable]
    return f"answers {', '.join(answers)}; {verdict}"
