"""Answers to be scored: our own rows, samples of Inspect's logs, samples of lm-eval."""

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import AnswerForm, Scorer
from masdesign.tasks.formats import GSM8K
from masdesign.tasks.forms import form_named, takes_lists
from masdesign.tasks.readers import Record
from masdesign.tasks.readers.csv import Header
from masdesign.tasks.scorers import form_of
from masdesign.types import Answer, Item
from masdesign.utf8 import utf8


@dataclass(frozen=True, slots=True)
class Given:
    """An answer at hand; ``answer`` is ``None`` where none could be read from its reply."""

    item: Item
    answer: Answer | None
    key: str = ""
    """What rows of the same item have in common: their id, else the question."""


def form_for(scorer: Scorer, answer: AnswerForm | str | None) -> AnswerForm:
    """The form that replies are read under: the one named, the scorer's own, or one line."""
    return form_named(answer or form_of(scorer) or str(getattr(scorer, "under", "") or "line"))


def answers_of(records: Iterable[Record], scorer: Scorer, form: AnswerForm) -> Iterator[Given]:
    """The answers of rows.

    A row has ``answer`` (scored as it stands) or ``reply`` (a whole reply, which ``form`` reads); ``target``
    or ``targets``; and where the scorer wants them ``question``, ``context``, ``choices``, ``record``. A
    sample of Inspect's or lm-eval's logs will do as well.

    Raises:
        InputError: a row without an answer, or without a target that the scorer needs.
    """
    kept_filter: Any = None
    for number, record in enumerate(records, start=1):
        if isinstance(record.fields, Header):
            continue
        if "resps" in record.fields:  # lm-eval writes every sample once for each of its filters
            kept_filter = record.fields.get("filter") if kept_filter is None else kept_filter
            if record.fields.get("filter") != kept_filter:
                continue
        fields = _from_inspect(_from_lm_eval(record.fields))
        yield _read_answer_row(Record(record.where, fields), str(number), scorer, form)


def _read_answer_row(record: Record, name: str, scorer: Scorer, form: AnswerForm) -> Given:
    fields = record.fields
    choices = tuple(map(str, _read_list(record, "choices")))
    if "targets" not in fields and takes_lists(form) and isinstance(fields.get("target"), (list, dict)):
        targets: tuple[str, ...] = (_text(fields["target"]),)
    else:
        several = _read_list(record, "targets" if "targets" in fields else "target")
        targets = tuple(map(_text, several))
    if not targets and getattr(scorer, "needs_target", True):
        raise record.wrong(f'no "target" for the scorer {scorer.name}', "give target or targets")
    inner = fields.get("record")
    row = (
        inner
        if isinstance(inner, Mapping)
        else {k: v for k, v in fields.items() if k not in ("answer", "reply")}
    )
    question = _text(fields.get("question") or fields.get("input") or row.get("prompt") or "")
    item = Item(name, question, targets, tuple(map(str, _read_list(record, "context"))), choices, row)
    known = fields.get("id") if fields.get("id") not in (None, "") else question
    return Given(item, _answer(record, form, choices), _text(known) or name)


def _answer(record: Record, form: AnswerForm, choices: Sequence[str]) -> Answer | None:
    fields = record.fields
    if "answer" in fields:
        answer = fields["answer"]
        return None if answer is None else Answer(utf8(_text(answer)))
    if "reply" not in fields:
        names = ", ".join(map(str, fields)) or "none"
        raise record.wrong(f'no "answer" and no "reply" (found: {names})', "give one of them")
    reply = utf8(_text(fields["reply"])) if fields["reply"] is not None else ""
    text = form.read(reply, choices)
    return None if text is None else Answer(text, reply)


def _read_list(record: Record, name: str) -> list[Any]:
    value = record.fields.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        raise record.wrong(f'"{name}" is an object', "make it a text or a list of texts")
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _from_lm_eval(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A line of lm-eval's ``samples_*.jsonl``: its first response is the reply, or its likeliest option."""
    doc, responses = fields.get("doc"), fields.get("resps")
    if not isinstance(doc, Mapping) or not isinstance(responses, list):
        return fields
    target = fields.get("target")
    common = {"id": fields.get("doc_id"), "record": doc}
    likelihoods = [_likelihood(response) for response in responses]
    if likelihoods and None not in likelihoods:
        best = max(range(len(likelihoods)), key=lambda n: likelihoods[n] or 0.0)
        options = doc.get("choices") or doc.get("options") or ()
        options = options.get("text", ()) if isinstance(options, Mapping) else options
        right = _letter(int(str(target))) if str(target).isdigit() else target
        return {**common, "answer": _letter(best), "target": right, "choices": options}
    reply: Any = responses
    while isinstance(reply, list):
        reply = reply[0] if reply else ""
    worked = GSM8K.search(target) if isinstance(target, str) else None
    return {**common, "reply": reply, "target": worked["target"] if worked else target}


def _likelihood(response: Any) -> float | None:
    """The log-likelihood of an option: of ``[["-3.0", "False"]]``, with whether it is the greedy one.

    ``None`` for a text, also where that is a number.
    """
    while isinstance(response, list) and response and isinstance(response[0], list):
        response = response[0]
    if not isinstance(response, list) or len(response) != 2 or str(response[1]) not in ("True", "False"):
        return None
    try:
        return float(response[0])
    except (TypeError, ValueError):
        return None


def _letter(number: int) -> str:
    return string.ascii_uppercase[number % 26]


def _from_inspect(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A sample of an Inspect log: the model's completion is the reply."""
    output = fields.get("output")
    if not isinstance(output, Mapping) or "choices" not in output:
        return fields
    reply = output.get("completion")
    if reply is None:
        messages = [choice.get("message", {}) for choice in output["choices"]]
        reply = _content(messages[0]) if messages else ""
    kept = {name: fields.get(name) for name in ("id", "target", "choices")}
    asked = fields.get("input", "")
    if isinstance(asked, list):
        asked = "\n".join(_content(message) for message in asked if message.get("role") == "user")
    return {**kept, "reply": reply, "question": _text(asked), "record": fields.get("metadata")}


def _content(message: Mapping[str, Any]) -> str:
    """The text of a chat message, which may come in parts."""
    content = message.get("content", "")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content)


def check_some(given: Sequence[Given], source: str) -> None:
    """Raise `InputError` where there is nothing to score."""
    if not given:
        raise InputError(f"{source} has no row; give lines of answer and target")
