"""The one text of a trace: what was asked, shown, answered, checked, decided, in the order of dependence.

Prompts ask for it, demonstrations show it, data sets hold it, training learns it. Each piece ends in a
line with its label and number, below the steps that lead to it; the last line is the answer:

    Question 1: What are the orders of Larch in Q4?
    Evidence 1: Larch, Q4: gains 73, orders 53, costs 79, debts 82.
    Larch Q4 orders = 53
    Finding 1: 53
    53 - 34 = 19
    Answer: 19
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from masdesign.building_blocks._step import solution
from masdesign.building_blocks.read import read_answer, read_field
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow.trace import Node, Trace

LABELS = (
    "Question", "Evidence", "Solution", "Finding", "Verdict", "Score", "Kind", "Note", "Choice", "Decision"
)  # fmt: skip
"""How lines begin. What belongs to one part, or to one solution, bears its number."""
_LINE = re.compile(rf"^({'|'.join(LABELS)})(?: (\d+))?: ?(.*)$")
_STATED = re.compile(r"^[ \t*_`]*Answer[ \t*_`]*:[ \t]*", re.IGNORECASE | re.MULTILINE)
_LAST_FIELD = re.compile(r"\n?[ \t*_`]*(?:Verdict|Choice|Score|Kind)[ \t*_`]*:[^\n]*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A labelled line, and the steps above it."""

    label: str
    number: int
    """0: the line has none."""
    text: str
    work: str = ""

    def __str__(self) -> str:
        number = f" {self.number}" if self.number else ""
        line = f"{self.label}{number}: {self.text}".rstrip()
        return f"{self.work}\n{line}" if self.work else line


def serialise(trace: Trace) -> str:
    """The trace as one reply to its question, as it would be written by one who did all of it.

    What a step made of nothing but other steps' answers stands after them; evidence is told where a part was
    shown fewer passages than the problem has. A plain step-by-step design gives its reply as it is.
    """
    final = trace.root.output if isinstance(trace.root.output, Answer) else Answer("")
    return _Writer(trace.question, final).text(list(_steps(trace.root)))


def read_pieces(text: str) -> list[Piece]:
    r"""The labelled lines of a serialised trace, in order; what stands above a line is its work.

    >>> [str(p) for p in read_pieces("Question 1: How many?\n3 + 4 = 7\nFinding 1: 7\nAnswer: 7")]
    ['Question 1: How many?', '3 + 4 = 7\nFinding 1: 7']
    """
    pieces: list[Piece] = []
    work: list[str] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            work.append(line)
            continue
        pieces.append(Piece(match[1], int(match[2] or 0), match[3].strip(), "\n".join(work)))
        work = []
    return pieces


def work_of(answer: Answer) -> str:
    r"""How an answer was found, without the line that states it.

    >>> work_of(Answer("7", "3 + 4 = 7\nAnswer: 7"))
    '3 + 4 = 7'
    """
    lines = solution(answer).strip().splitlines()
    while lines and read_answer(lines[-1]).text in (answer.text, "") and _states(lines[-1]):
        lines.pop()
    return "\n".join(lines).strip()


def _states(line: str) -> bool:
    return not line.strip() or "answer" in line.lower()


def _steps(node: Node) -> Iterator[Node]:
    """The blocks that asked a model themselves, in the order of issue."""
    for child in node.children:
        if child.kind != "block":
            continue
        if any(inner.kind == "model" for inner in child.children):
            yield child
        else:
            yield from _steps(child)


@dataclass
class _Part:
    """A sub-question, what it was shown, and its answers, in order."""

    question: str
    evidence: tuple[str, ...] = ()
    answers: list[Answer] = field(default_factory=list)


class _Writer:
    """Writes the steps of one item."""

    def __init__(self, question: Question, final: Answer) -> None:
        self.question, self.final = question, final
        self.parts: dict[str, _Part] = {}
        self.solutions: list[Answer] = []
        self.notes = 0
        self.written: list[str] = []

    def text(self, steps: Sequence[Node]) -> str:
        last = _last_of(steps, self.final)
        order: list[Node | _Part] = []
        for step in steps:
            if step is last:
                continue
            part = self._part(step)
            if part is None:
                order.append(step)
            elif part not in order:
                order.append(part)
        for entry in order:
            self._write_part(entry) if isinstance(entry, _Part) else self._write(entry)
        if last is not None and _chooses(last):
            self._choose(last)
        elif last is None and self.solutions:
            self.written.append(self._decision())
        whole = last is not None and not _chooses(last)
        ending = solution(self.final) if whole else solution(Answer(self.final.text))
        return "\n".join([*self.written, ending]).strip()

    def _part(self, step: Node) -> _Part | None:
        """The part of the problem that a step is about; ``None`` where it is about the whole."""
        if isinstance(step.output, list):
            for text in step.output:
                self.parts.setdefault(str(text), _Part(str(text)))
            return _Part("")  # a split says nothing that its parts do not
        given = next((value for _, value in step.inputs if isinstance(value, Question)), None)
        if given is None:
            return None
        key = given.question if given.question != self.question.question else self._named(step)
        if not key:
            return None
        part = self.parts.setdefault(key, _Part(key))
        shown = step.output if isinstance(step.output, Question) else given
        if 0 < len(shown.context) < len(self.question.context):
            part.evidence = shown.context
        if isinstance(step.output, Answer) and step.output.text:
            part.answers.append(step.output)
        return part

    def _named(self, step: Node) -> str:
        """Of the questions of a split, the one that a step's instruction quotes."""
        instruction = str(dict(step.inputs).get("instruction", ""))
        return next((text for text in self.parts if text and text in instruction), "")

    def _write_part(self, part: _Part) -> None:
        if not part.question:
            return
        number = [*self.parts].index(part.question) + 1
        self._add("Question", number, part.question)
        if part.evidence:
            self._add("Evidence", number, " ".join(part.evidence))
        for answer in part.answers[-1:]:
            self._add("Finding", number, answer.text, work_of(answer))

    def _write(self, step: Node) -> None:
        output, number = step.output, self._judged(step)
        if isinstance(output, Verdict):
            self._add("Verdict", number, "right" if output.ok else "wrong", _reply_of(step))
        elif isinstance(output, int | float):
            self._add(
                "Score",
                number,
                read_field(_whole_reply(step), "score").text or f"{output:g}",
                _reply_of(step),
            )
        elif _chooses(step):
            self._choose(step)
        elif (label := _own_label(step)) and isinstance(output, Answer):
            self._add(label, 0, output.text, _reply_of(step, label))
        elif isinstance(output, Answer) and output.text and output.text != output.reasoning.strip():
            self.solutions.append(output)
            number = len(self.parts) + len(self.solutions)
            self._add("Solution", number, "")
            self._add("Finding", number, output.text, work_of(output))
        elif isinstance(output, str) and output:
            self._add("Kind", 0, output, _reply_of(step))
        elif reply := _reply_of(step):
            self.notes += 1
            self._add("Note", self.notes, reply)

    def _choose(self, step: Node) -> None:
        place = self.solutions.index(step.output) + 1 if step.output in self.solutions else 0
        self._add("Choice", 0, str(len(self.parts) + place), _reply_of(step))

    def _judged(self, step: Node) -> int:
        for _, value in step.inputs:
            if isinstance(value, Answer) and value in self.solutions:
                return len(self.parts) + self.solutions.index(value) + 1
        return 0

    def _decision(self) -> str:
        texts = [answer.text for answer in self.solutions]
        often = texts.count(self.final.text) == max(map(texts.count, texts)) > 1
        return str(Piece("Decision", 0, f"{self.final.text}{' is given most often' if often else ''}"))

    def _add(self, label: str, number: int, text: str, work: str = "") -> None:
        self.written.append(str(Piece(label, number, text, work)))


def _last_of(steps: Sequence[Node], final: Answer) -> Node | None:
    """The last step, where the answer is its reply; ``None`` where it is one of several draws."""
    if not steps or steps[-1].output != final:
        return None
    drawn = [[call.request.messages for call in step.children if call.request is not None] for step in steps]
    return steps[-1] if not drawn[-1] or drawn.count(drawn[-1]) == 1 else None


def _own_label(step: Node) -> str:
    """The label of a step that asks for something else than an answer (`ask` with an ``output``)."""
    label = str(dict(step.inputs).get("output", "answer")).replace("_", " ")
    return "" if label.lower() == "answer" else label.capitalize()


def _chooses(step: Node) -> bool:
    """Whether a step gives back one of several answers that it was shown, for a reply of its own."""
    shown = [value for _, value in step.inputs if isinstance(value, list)]
    return (
        isinstance(step.output, Answer)
        and any(step.output in values for values in shown)
        and _whole_reply(step) != step.output.reasoning
    )


def _whole_reply(step: Node) -> str:
    replies = [node.completion.text for node in step.children if node.completion is not None]
    return replies[-1] if replies else ""


def _reply_of(step: Node, label: str = "") -> str:
    """What the model replied in a step, without lines that state a field or an answer."""
    text = _LAST_FIELD.sub("", _whole_reply(step).strip()).strip()
    if label:
        text = re.sub(rf"(?im)^[ \t*_`]*{re.escape(label)}[ \t*_`]*:[^\n]*$\n?", "", text)
    return _STATED.sub("", text).strip()
