"""Replies as JSON that keeps to a schema, where a model's profile has it, read as the text form is read.

A shape says which members a reply has, and writes them down as the template's own words would have had them:
one reader serves both. Values are kept as the model wrote them; a number's digits, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.building_blocks._asking import ending_of
from masdesign.tasks.forms import form_named
from masdesign.tasks.forms._options import option_letters
from masdesign.types import Message, Question
from masdesign.workflow.answers import answer_options

TEXT = {"type": "string"}
SOLVERS = frozenset(
    {
        *("direct", "chain_of_thought", "few_shot", "analogical", "solve_differently"),
        *("merge_answers", "revise", "debate_round"),
    }
)
"""Templates whose reply ends with the answer."""


@dataclass(frozen=True)
class Shape:
    """The members of a reply, in order, and how a text would say them."""

    members: Mapping[str, Any]
    say: Callable[[Mapping[str, Any]], str]

    @property
    def schema(self) -> str:
        """Canonical JSON text, strict as vendors want it."""
        whole = {"type": "object", "properties": dict(self.members), "required": list(self.members)}
        return json.dumps({**whole, "additionalProperties": False}, separators=(",", ":"))

    def asked(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """The prompt, which says at its end what is wanted."""
        *others, last = messages
        names = " and ".join(f'"{name}"' for name in self.members)
        ending = f"Reply with a JSON object that has {names}."
        return (*others, Message(last.role, f"{last.content}\n\n{ending}", last.parts))

    def read(self, reply: str, *, cut: bool) -> str:
        """The reply as text; one that is no such object stays as it is, or says nothing where it was cut."""
        start = reply.find("{")
        try:
            decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
            value = decoder.raw_decode(reply, start)[0] if start >= 0 else None
        except (ValueError, RecursionError):
            return "" if cut else reply
        if not isinstance(value, dict) or any(name not in value for name in self.members):
            return reply
        return self.say(value).strip()


def shape_of(template: str, values: Mapping[str, Any]) -> Shape | None:
    """The shape of a template's reply; ``None`` where text serves as well.

    >>> shape = shape_of("verify", {})
    >>> shape.read('{"critique": "2 + 2 is 4.", "verdict": "right"}', cut=False)
    '2 + 2 is 4.\\nVerdict: right'
    """
    match template:
        case "verify":
            return _judged("critique", "verdict", {"type": "string", "enum": ["right", "wrong"]})
        case "rate":
            return _judged("critique", "score", {"type": "number"})
        case "choose":
            numbers = list(range(1, len(values["solutions"]) + 1))
            return _judged("comparison", "choice", {"type": "integer", "enum": numbers})
        case "classify":
            names = [label.partition(":")[0].strip() for label in values["labels"]]
            return _judged("thought", "kind", {"type": "string", "enum": list(dict.fromkeys(names))})
        case "split_question":
            return Shape({"questions": {"type": "array", "items": TEXT}}, _numbered)
    task = values.get("task")
    return _answer(task, template) if template in SOLVERS and isinstance(task, Question) else None


def _judged(why: str, what: str, kind: Mapping[str, Any]) -> Shape:
    """Words first, so that the judgement follows from them."""
    return Shape({why: TEXT, what: kind}, lambda v: f"{v[why]}\n{what.capitalize()}: {_word(v[what])}")


def _numbered(value: Mapping[str, Any]) -> str:
    questions = value["questions"] if isinstance(value["questions"], list) else []
    return "\n".join(f"Question {n}: {' '.join(str(q).split())}" for n, q in enumerate(questions, 1))


def _answer(task: Question, template: str) -> Shape | None:
    """The answer in the task's form, where that has a type of its own or a list of options."""
    form = form_named(task.form)
    schema = form.schema() if ending_of(task) else None
    if schema is None:
        return None
    kind = dict(schema["properties"]["answer"])
    options = list(answer_options(task)) if task.form in ("choice", "label") else []
    if options:
        kind["enum"] = [n for n in option_letters(options) if n] if task.form == "choice" else options
    elif kind == TEXT:
        return None
    steps = {} if template == "direct" else {"steps": TEXT}
    return Shape({**steps, "answer": kind}, lambda v: f"{v.get('steps', '')}\nAnswer: {_word(v['answer'])}")


def _word(value: Any) -> str:
    """A value as a reply has it: text as it is, rows a line each, other lists as JSON."""
    if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return "\n" + "\n".join(" ".join(map(str, row)) for row in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
