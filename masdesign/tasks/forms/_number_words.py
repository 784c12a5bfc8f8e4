"""Numbers in words, as numerals: English (``forty-two``), Chinese (``四十二``), Roman signs (``Ⅳ``)."""

import re
import unicodedata

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENTHS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: n for n, word in enumerate(_UNITS.split())}
_VALUES |= {word: 10 * n for n, word in enumerate(_TENTHS.split(), start=2)}
_WORD_SIZES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {"half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5}
_WORD = "|".join(sorted([*_VALUES, *_WORD_SIZES, "dozen"], key=len, reverse=True))
_PHRASE = re.compile(
    rf"\b(?:(?:an?[ -])?(?:{_WORD})(?:(?:[ -]|[ ]and[ ])(?:{_WORD}))*)\b(?![ ]of\b|-)", re.IGNORECASE
)
_NAMES = "|".join(sorted(_PARTS, key=len, reverse=True))
_SHARE = re.compile(rf"\b(?:(an?|one|two|three|four)[ -])?({_NAMES})\b", re.IGNORECASE)
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿萬億]{1,30}")
_DIGITS = {sign: n for n, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}


def in_digits(text: str) -> str:
    """The text with its numbers in words as numerals, where it has no digit at all.

    >>> [in_digits(text) for text in ("Forty-two apples", "one hundred and twenty", "two thirds", "五百零七")]
    ['42 apples', '120', '2/3', '507']
    """
    if any(sign.isdecimal() for sign in text):
        return text
    if not text.isascii():
        text = _CHINESE.sub(lambda match: str(_chinese(match.group())), "".join(map(_roman, text)))
    text = _SHARE.sub(lambda m: f"{_VALUES.get((m[1] or '').lower(), 1)}/{_PARTS[m[2].lower()]}", text)
    return _PHRASE.sub(lambda match: _english(match.group()), text)


def _english(phrase: str) -> str:
    """A phrase's value; the phrase itself where its words are no one number (``five six``)."""
    total = current = 0
    last = 100
    for word in re.split(r"[ -]+", phrase.lower()):
        if word in ("a", "an", "and"):
            continue
        if word in _WORD_SIZES and word != "hundred":
            total, current, last = total + (current or 1) * _WORD_SIZES[word], 0, 100
        elif word in ("hundred", "dozen"):
            current, last = (current or 1) * (100 if word == "hundred" else 12), 100
        elif last == 100 or (last >= 20 and 0 < _VALUES[word] < 10):
            current, last = current + _VALUES[word], _VALUES[word]
        else:
            return phrase
    return str(total + current)


def _chinese(signs: str) -> int:
    if not any(sign in _TENS or sign in _MYRIADS for sign in signs):
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    total = section = digit = 0
    for sign in signs:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _TENS:
            section, digit = section + (digit or 1) * _TENS[sign], 0
        else:
            total, section, digit = (total + section + digit or 1) * _MYRIADS[sign], 0, 0
    return total + section + digit


def _roman(sign: str) -> str:
    """``Ⅳ`` as ``4``."""
    known = "\u2160" <= sign <= "\u217f"
    return str(int(unicodedata.numeric(sign))) if known else sign
