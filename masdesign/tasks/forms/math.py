r"""The form ``math``: a mathematical expression, often in LaTeX."""

import re
from collections.abc import Sequence

from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.forms.number import same_number
from masdesign.tasks.replies import find_statement

_DROPPED = re.compile(r"\\[!,;: ]|\\(?:left|right|displaystyle|limits)(?![A-Za-z])|\\[()\[\]]|\$|\s+")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mbox)\{([^{}]*)\}")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac(?![A-Za-z])(\{[^{}]*\}|[\dA-Za-z])(\{[^{}]*\}|[\dA-Za-z])")
_SLASHED = re.compile(r"(?<![\w)}])(\d{1,100})/(\d{1,100})(?![\w({])")
_SHORT_ROOT = re.compile(r"\\sqrt(?:\s*)([\dA-Za-z])(?![\w{])")
_DEGREES = re.compile(r"\^\{?\\circ\}?|°")
_POINT = re.compile(r"(?<!\d)\.(?=\d)")


class Math(TextForm):
    r"""A formula or a number; compared as numbers where both are, else as LaTeX whose dress does not count.

    >>> Math().read(r"So we get $\boxed{\frac{1}{2}}$.", ()), Math().equal(r"\dfrac12", r"\frac{1}{2}")
    ('\\frac{1}{2}', True)
    """

    name = "math"

    def instruction(self, labels: Sequence[str]) -> str:
        return r"Give the answer at the end, as \boxed{...}."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated = find_statement(reply)
        return (stated.line or None) if stated is not None else None

    def equal(self, a: str, b: str) -> bool:
        left, right = canonical_latex(a), canonical_latex(b)
        return bool(left) and (left == right or same_number(a, b))


MATH = Math()


def canonical_latex(text: str) -> str:
    r"""A formula without its dress: spacing, ``\left``, dollars, ways to write a fraction or a root.

    >>> canonical_latex(r"\left( \dfrac 12 ,\; \sqrt3 \right)")
    '(\\frac{1}{2},\\sqrt{3})'
    """
    text = _TEXT.sub(r"\1", _DEGREES.sub("", text.strip()))
    text = _DROPPED.sub("", text.replace("{,}", "").replace(r"\%", "").replace("%", ""))
    text = _SHORT_FRACTION.sub(lambda m: rf"\frac{_add_braces(m[1])}{_add_braces(m[2])}", text)
    text = _SHORT_ROOT.sub(r"\\sqrt{\1}", _SLASHED.sub(r"\\frac{\1}{\2}", text))
    text = _POINT.sub("0.", text).removesuffix(".")
    head, sign, rest = text.partition("=")
    return rest if sign and len(head) <= 2 and rest else text


def _add_braces(part: str) -> str:
    return part if part.startswith("{") else "{" + part + "}"
