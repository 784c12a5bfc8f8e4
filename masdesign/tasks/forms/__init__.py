"""Answer forms: how an answer is asked for, read from a reply, and compared. One module each."""

from __future__ import annotations

import difflib

from masdesign.errors import InputError
from masdesign.protocols import AnswerForm
from masdesign.tasks.forms.line import Line

LINE = Line()
_FORMS: dict[str, AnswerForm] = {"line": LINE}


def form_named(what: AnswerForm | str) -> AnswerForm:
    """The answer form of that name; an object is passed through.

    Raises:
        InputError: there is no such form.

    >>> form_named("line").equal("4.", "4")
    True
    """
    if not isinstance(what, str):
        return what
    if what in _FORMS:
        return _FORMS[what]
    close = difflib.get_close_matches(what, _FORMS, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise InputError(f"unknown answer form {what!r}; {meant}the forms are {', '.join(_FORMS)}")
