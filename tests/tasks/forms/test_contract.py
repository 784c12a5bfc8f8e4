"""The contract that a plug-in's form is tested with holds for those that ship."""

from __future__ import annotations

from masdesign.tasks.forms import FORMS, form_named
from masdesign.testing import AnswerFormContract

ANSWERS = {
    "line": ("light blue", "(B)", "CO", "Co", "5!", "5", "] )"),
    "text": ("Roses are red,\nviolets are blue.", "red", "Red"),
    "number": ("3.5", "-2", "1/3", "10^3"),
    "choice": ("A", "B"),
    "label": ("billing", "technical"),
    "code": ("def f(x):\n    return x + 1", "x = 1", "    return 2"),
    "json": ('{"a": [1, 2]}', '{"a": [2, 1]}', "[]", "true"),
    "grid": ("0 1\n2 3", "2 3\n0 1", "1 1 1"),
    "list": ('["a", "b"]', '["b", "a"]', '["a, b"]'),
    "math": (r"\frac{1}{2}", r"\sqrt{3}", "(0,1)", "[0,1]"),
}
OPTIONS = {"choice": ("red", "light blue"), "label": ("billing", "technical")}


def test_every_form_is_tested_here():
    assert sorted(ANSWERS) == sorted(FORMS.names())


def contract(name: str) -> type:
    members = {"form": form_named(name), "answers": ANSWERS[name], "options": OPTIONS.get(name, ())}
    return type(f"Test{name.capitalize()}", (AnswerFormContract,), members)


globals().update({f"Test{name.capitalize()}": contract(name) for name in ANSWERS})
