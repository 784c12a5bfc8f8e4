"""Whether a prompt can fit at all, told before it is rendered: rendering costs the host time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from masdesign.errors import ContextOverflow
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow.run import current_run

_CHARACTERS = 256
"""Characters of one token, at most: tokenizers merge long runs of blanks."""
_LARGE = 100_000
"""Characters from which a rendered prompt is not kept for the next design."""


def check_window(values: Mapping[str, Any]) -> bool:
    """Return whether the values of a prompt are many or long; raise where no model of the run takes them.

    Every value that is shown, an empty passage too, is at least one token.

    Raises:
        ContextOverflow: the least that they can take is beyond the widest window of the run's models.
    """
    count, characters = _measure(values.values())
    run = current_run.get()
    if run is not None:
        window = max(model.window for model in run.runtime.models.values())
        least = count + characters // _CHARACTERS
        if least > window:
            raise ContextOverflow(
                f"the prompt has at least {least} tokens, and the widest window is of {window}"
            )
    return characters + count * 32 > _LARGE


def _measure(values: Iterable[Any]) -> tuple[int, int]:
    """How many texts are shown, and their characters."""
    count = characters = 0
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            count, characters = count + bool(value), characters + len(value)
        elif isinstance(value, Question):
            stack += [value.question, *value.context, *value.choices]
            count += sum(not text for text in (*value.context, *value.choices))  # each has its label
        elif isinstance(value, Answer):
            stack += [value.text, value.reasoning]
        elif isinstance(value, Verdict):
            stack.append(value.critique)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return count, characters
