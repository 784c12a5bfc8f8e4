"""What an agent's reply says in each of its output fields.

As with `masdesign.workflow.helpers`, the same source runs on the host (in tests) and in the sandbox, as
part of the dialect's prelude: it keeps to what the sandboxed interpreter has.
"""

from __future__ import annotations

import json
import re


def main_field(names: list[str]) -> str:
    """The field that a reply is to end with: the last that holds an answer, else the last; empty of none.

    >>> main_field(["thinking", "answer", "confidence"]), main_field(["feedback", "correct"])
    ('answer', 'correct')
    """
    answers = [name for name in names if "answer" in name.lower()]
    return (answers or names or [""])[-1]


def further_fields(names: list[str]) -> str:
    """What is said of the other fields to an agent that has more than one beside its main field.

    >>> further_fields(["thinking", "answer"])
    ''
    >>> further_fields(["thinking", "answer", "confidence"])
    '\\nBefore that, give on lines of their own: Thinking: ... Confidence: ...'
    """
    others = [name for name in names if name != main_field(names)]
    if len(others) < 2:
        return ""
    shown = " ".join([name.replace("_", " ").capitalize() + ": ..." for name in others])
    return "\nBefore that, give on lines of their own: " + shown


def fields_of(reply: str, names: list[str], read: str) -> list[str]:
    """The text of each field, in the order of ``names``.

    A JSON object is taken at its word. Else a field is what follows its name and a colon at the
    beginning of a line, and ``read``, where it is not empty, is what the reply gives as its main field; a
    reply that ends with its ``Answer:`` instead has given that. The first field that is still missing
    is the text before all of these: the reasoning; a missing answer is never made up of it. What a
    reply does not say is empty.

    >>> fields_of("2 + 2 = 4\\nConfidence: 0.9\\nAnswer: 4", ["thinking", "answer", "confidence"], "4")
    ['2 + 2 = 4', '4', '0.9']
    >>> fields_of('Sure: {"Answer": 4, "thinking": "easy"}', ["thinking", "answer"], "")
    ['easy', '4']
    """
    values = _in_json(reply, names)
    if values:
        return [values.get(name, "") for name in names]
    values, before = _on_lines(reply, names)
    main = main_field(names)
    if main:
        values[main] = read or values.get(main) or values.get("answer", "")
    for name in names:
        if not values.get(name) and "answer" not in name.lower():
            values[name] = before
            break
    return [values.get(name, "") for name in names]


def _in_json(reply: str, names: list[str]) -> dict[str, str]:
    """The fields of the JSON object in a reply; empty where there is none."""
    start, end = reply.find("{"), reply.rfind("}")
    if start < 0 or end < start:
        return {}
    try:
        value = json.loads(reply[start : end + 1])
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    values = {_plain(str(key)): _text(part) for key, part in value.items()}
    return {name: values[_plain(name)] for name in names if _plain(name) in values}


def _on_lines(reply: str, names: list[str]) -> tuple[dict[str, str], str]:
    """The fields that stand after their names, the last of each; and the text before the first of them."""
    wanted = {_plain(name): name for name in [*names, "answer"]}
    values: dict[str, str] = {}
    before: list[str] = []
    current, lines = "", before
    for line in reply.strip().split("\n"):
        label, colon, rest = line.partition(":")
        name = wanted.get(_plain(label), "") if colon and len(label) < 60 else ""
        if name:
            current, lines = name, [rest]
        else:
            lines.append(line)
        if current:
            values[current] = "\n".join(lines).strip(" *_`\n")
    return values, "\n".join(before).strip() or reply.strip()


def _plain(name: str) -> str:
    """A name as names are compared: letters and digits alone, in small letters."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)
