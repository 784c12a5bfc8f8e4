"""Numerals in text: the number that a line leads with, as an exact fraction.

A numeral may be whole, decimal, a fraction (``1/2``, ``\\frac{1}{2}``, ``½``), mixed (``3 1/2``), a
power (``10^3``, ``10³``), in scientific notation, grouped in thousands, in the digits of any script, with
a currency, a percent sign or a word of size (``$1.5M``, ``3 million``), or in words (``forty-two``). What
offers several numbers, a range, a bound or a denial names none.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from masdesign.tasks.forms._number_words import in_digits

_DASHES = str.maketrans(dict.fromkeys("−–‐‑－﹣", "-"))
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPTS = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]{1,9}")
_LATEX = (
    (re.compile(r"\\[dtc]?frac\s?\{\s?(-?\d{1,400})\s?\}\s?\{\s?(\d{1,400})\s?\}"), r" \1/\2 "),
    (re.compile(r"\\[dtc]?frac\s?(\d)\s?(\d)(?!\d)"), r" \1/\2 "),
    (re.compile(r"(\d)\{,\}(?=\d)"), r"\1,"),
    (re.compile(r"(\d),?\\[,!;: ]{1,2}(?=\d{3})"), r"\1,"),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),
    (re.compile(r"\\(?:text|mathrm|mbox|textbf|mathbf)\s?\{([^{}]{0,80})\}"), r" \1 "),
    (re.compile(r"\\(?:dollar|\$)"), "$"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\\(?:left|right|displaystyle)\b|\\[,!;:() \[\]]"), " "),
    (re.compile(r"\^\s?\{\s?([-+]?\d{1,9})\s?\}"), r"^\1"),
    (re.compile(r"\^\s?\{?\\circ\}?|°"), " degrees "),
)
_CURRENCY = "$€£¥₹₩₽₺₴₦฿₫₱¢"
_WHOLE = r"(?:\d{1,3}(?:[,\u00a0\u2009\u202f'’]\d{3})+(?!\d)|\d{1,3}(?: \d{3})+(?![\d/.])|\d+)"
_NUMERAL = re.compile(
    rf"(?:(?P<sign>[-+]|minus |negative )[ ]?)?(?:(?P<currency>[{_CURRENCY}]|US\$|Rs\.?|USD|EUR|GBP)[ ]?)?"
    rf"(?P<inner>[-+]?)(?:(?P<whole>\d+)[ -](?P<top>\d+)/(?P<bottom>\d+)"
    rf"|(?P<over>\d+)[ ]?/[ ]?(?P<under>\d+)"
    rf"|(?P<decimal>{_WHOLE}(?:\.\d+)?|\.\d+)(?P<exponent>[eE][-+]?\d{{1,6}})?)"
    rf"(?:[ ]?[×x*·][ ]?(?P<ten>10)[ ]?(?:\^|\*\*)[ ]?\(?(?P<shift>[-+]?\d{{1,6}})\)?"
    rf"|[ ]?(?:\^|\*\*)[ ]?\(?(?P<power>[-+]?\d{{1,9}})\)?)?",
    re.IGNORECASE,
)
_SIZES = {
    "hundred": 100, "thousand": 1000, "k": 1000, "million": 10**6, "mn": 10**6, "m": 10**6,
    "billion": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12, "tn": 10**12, "t": 10**12, "dozen": 12,
}  # fmt: skip
_SIZE_WORD = re.compile(r"[ ]?(hundred|thousand|million|billion|trillion|dozen)s?\b", re.IGNORECASE)
_SIZE_LETTER = re.compile(r"(?:k|K|M|B|T)(?![\w²³^])|(?:bn|mn|tn)\b")
_SIZE_AFTER_CURRENCY = re.compile(r"[ ]?(?:[kKmMbBtT]|[bB][nN]|[mM][nN])\b")
_PARENTHESIS = re.compile(r"[ ]?[(\[][^()\[\]]{0,120}[)\]]")
_BOUND = re.compile(
    r"(?:[<>≤≥≠]|\\[lg]eq?\b|\\neq?\b|\b(?:at least|at most|more than|less than|fewer than|greater than|"
    r"no more than|no less than|up to|over|under|above|below|between|from|either|neither|nor|minimum|maximum|"
    r"not|never|no|isn't|isn’t|aren't|cannot|can't|within|±))[ ]?\Z",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|never|rather than|instead of|neither|nor|isn't|isn’t|unlikely)\b", re.IGNORECASE
)
_OTHER = re.compile(
    r"[ ]?(?:[-~/:^!±√π∞]|\.\.|\bor\b|\band\b|\bto\b|\bthrough\b|\bversus\b|\bvs\b|"
    r",|;|\+|\*|×|÷|[<>≤≥≠]|\\)",
    re.IGNORECASE,
)
_AND_MORE = re.compile(r"[ ]?(?:or|and) (?:more|less|fewer|greater|higher|lower|above|below|under|over|up)\b")
_ATTACHED = re.compile(r"[ ]?[A-Za-z]?[*!√π]|\w*\d|\.\d|[ ]?[xyz](?![a-z])")
"""What makes a numeral part of a larger expression: an operator, a variable, more digits."""
_COMPOUND = re.compile(
    r"['’′]\d|[ ]?(?:h|hrs?|hours?|m|mins?|minutes?|secs?|seconds?|days?|weeks?|months?|years?|feet|foot|ft|"
    r"lbs?|pounds?|stone|dollars?|euros?|kg|km|meters?|metres?|yards?|miles?|degrees?)[ ](?:and )?\d",
    re.IGNORECASE,
)
"""One quantity in two units, such as ``4 hours 30 minutes``: no single number."""
_JOINED = re.compile(r"\b(?:or|and|to|through|versus|vs)\b", re.IGNORECASE)
_LEADS_IN = re.compile(
    r"(?:[=:≈~]|\b(?:is|are|was|were|be|equals?|totals?|makes?|approximately|about|roughly|around|exactly|"
    r"only|just|nearly|almost|of|costs?))[ ]?\Z",
    re.IGNORECASE,
)
_MOST_DIGITS = 20_000
_MOST_POWER = 20_000


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it stands in a text."""

    text: str
    """As written, from sign or currency to unit of size."""
    value: Fraction
    percent: bool = False


def leading_numeral(line: str) -> Numeral | None:
    """The number that a line states: the one that it leads with, or the only one in it.

    >>> lines = ("3 1/2", "$1.5M", "10^3", "18 dollars a day, 7 days", "x = -4")
    >>> [str(leading_numeral(line).value) for line in lines]
    ['7/2', '1500000', '1000', '18', '-4']
    >>> [leading_numeral(t) for t in ("5 or 6", "5, not 42", "between 3 and 8", "6!", "5, 6")]
    [None, None, None, None, None]
    """
    text = in_digits(plain_signs(line))
    if "=" in text and (equated := text.rpartition("=")[2].strip()) and not re.search(r"[<>!≠]=", text):
        text = equated
    matches = list(_NUMERAL.finditer(text))
    if not matches or len(text) > 10 * _MOST_DIGITS:
        return None
    first = matches[0]
    before, after = text[: first.start()], text[first.end() :]
    if "\\" in before:  # inside a formula
        return None
    if before[-1:].isalnum() or before[-1:] in ("_", ".") or _BOUND.search(before) or _DENIAL.search(before):
        return None
    numeral, after = _evaluate(first, after)
    if numeral is None or not _stands_alone(after):
        return None
    if before.strip(" ~≈:-*(") and not _LEADS_IN.search(before) and len(matches) > 1:
        return None
    return numeral


def plain_signs(line: str) -> str:
    """A line in plain signs: ASCII digits, ``-`` for every minus, LaTeX's fractions and groups as text.

    >>> plain_signs("৩২"), plain_signs("10,\\\\!080"), plain_signs("10²"), plain_signs("3½")
    ('32', '10,080', '10^2', '3 1/2')
    """
    text = _SUPERSCRIPTS.sub(lambda match: "^" + match.group().translate(_SUPERSCRIPT), line)
    text = "".join(map(_plain_sign, text)).translate(_DASHES)
    for pattern, plain in _LATEX:
        text = pattern.sub(plain, text)
    return " ".join(text.replace("⁄", "/").split())


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(sign) == "No" and (value := unicodedata.numeric(sign, None)) is not None:
        fraction = Fraction(value).limit_denominator(1000)
        return f" {fraction.numerator}/{fraction.denominator} " if fraction.denominator > 1 else sign
    return {"٫": ".", "٬": ",", "％": "%", "．": ".", "，": ",", "＝": "=", "＋": "+"}.get(sign, sign)


def _evaluate(match: re.Match[str], after: str) -> tuple[Numeral | None, str]:
    """The numeral of a match with the size or the percent sign after it, and what follows that."""
    value = _value(match)
    if value is None:
        return None, after
    sizes = _SIZE_AFTER_CURRENCY if match["currency"] else _SIZE_LETTER
    size = _SIZE_WORD.match(after) or sizes.match(after)
    text = match.group().strip()
    if size is not None:
        name = size.group().strip().lower()
        value *= _SIZES.get(name, 0) or _SIZES[name.removesuffix("s")]
        text, after = text + size.group().rstrip(), after[size.end() :]
    percent = re.match(r"[ ]?(?:%|percent\b|per cent\b)", after, re.IGNORECASE)
    if percent is not None:
        text, after = text + percent.group(), after[percent.end() :]
    return Numeral(text, value, percent is not None), after


def _value(match: re.Match[str]) -> Fraction | None:
    negative = (match["sign"] or "").strip().lower() in ("-", "minus", "negative") or match["inner"] == "-"
    try:
        if match["bottom"]:
            size = Fraction(_whole(match["whole"])) + Fraction(_whole(match["top"]), _whole(match["bottom"]))
        elif match["under"]:
            size = Fraction(_whole(match["over"]), _whole(match["under"]))
        else:
            size = _decimal(re.sub(r"[^\d.]", "", match["decimal"]), match["exponent"] or "")
        if match["ten"]:
            size *= _raise_power(Fraction(10), int(match["shift"]))
        elif match["power"]:
            size = _raise_power(size, int(match["power"]))
    except (ArithmeticError, ValueError, InvalidOperation):
        return None
    return -size if negative else size


def _whole(digits: str) -> int:
    return int(Decimal(digits))  # of any length: int() takes 4,300 digits at most


def _decimal(digits: str, exponent: str) -> Fraction:
    if len(digits) > _MOST_DIGITS or (exponent and abs(int(exponent[1:])) > _MOST_POWER):
        raise ValueError
    return Fraction(Decimal(digits + exponent))


def _raise_power(base: Fraction, power: int) -> Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(power) * bits > 4 * _MOST_POWER:
        raise ValueError
    return base**power


def _stands_alone(after: str) -> bool:
    """Whether what follows a numeral leaves it the only number that is stated."""
    while (aside := _PARENTHESIS.match(after)) is not None:
        after = after[aside.end() :]
    if not after.strip(" .)]}*_`\"'$"):
        return True
    if _DENIAL.search(after) or _COMPOUND.match(after):
        return False
    other = _OTHER.match(after)
    if other is not None:
        rest = after[other.end() :]
        sign = other.group().strip().lower()
        if sign in (",", ";"):
            return not re.match(r"[ ]?(?:(?:and|or)[ ])?[-+$€£]?\d", rest)
        if sign not in ("-", "~", "or", "and", "to", "through", "versus", "vs"):
            return False
        if _AND_MORE.match(after):
            return False
        return not re.match(rf"[ ]?[-+{_CURRENCY}]?[\d.]", rest) and not (sign == "or" and _says_number(rest))
    for joined in _JOINED.finditer(after):
        if re.match(rf"[ ](?:\w+[ ])?[-+{_CURRENCY}]?\d", after[joined.end() :]):
            return False
    return _ATTACHED.match(after) is None


def _says_number(text: str) -> bool:
    return re.search(r"\d", text) is not None
