"""Lettered options: how a prompt shows them, and which one a text names."""

import re
import string
import unicodedata
from collections.abc import Sequence

from masdesign.tasks.replies import undressed, without_repeats

_OWN_LETTER = re.compile(r"\s*(?:\(([A-Za-z])\)|([A-Za-z])[.):])\s*(.*)", re.DOTALL)
_LETTER = re.compile(r"[(\[]?\s?([A-Za-z])\s?[)\].:]?")
_LED_BY = re.compile(
    r"(?:(?:the )?(?:correct |right |best |final )?(?:answer|option|choice)(?: is)?:? )?"
    r"(?:[(\[]([A-Za-z])[)\]][.:,;]?|([A-Za-z])(?:[.):,;]|\s[-–—=:(\[]|(?=\s(?:because|since|as)\b)))"
    r"(?:\s|\Z|(?<=\())(.*)",
    re.IGNORECASE | re.DOTALL,
)
_NAMES_LETTER = re.compile(r"\b(?:options?|choices?|answers?)(?: is| are)? \(?([A-Z])\b\)?", re.IGNORECASE)
_BRACKETED = re.compile(r"\(([A-Z])\)")
_DENIES_LETTER = re.compile(
    r"\b(?:not|neither|nor|wrong|incorrect|except|isn't|isn’t|rather than)\b", re.IGNORECASE
)
_SEVERAL = re.compile(
    r"\(?\b([A-Z])\b\)?\s*(?:,|/|&|\bor\b|\band\b)\s*(?:\band\b |\bor\b )?\(?\b([A-Z])\b\)?"
)
_WORDS_BEFORE = re.compile(
    r"(?:(?:the )?(?:correct |right |best |final )?(?:answer|option|choice)(?: is)?|letter|it is|"
    r"it's|this is):?\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)


def option_letters(choices: Sequence[str]) -> tuple[str, ...]:
    """The letter of each option: its own where every option has one of its own, else A, B, C … in order.

    >>> option_letters(("red", "blue")), option_letters(("(B) red", "(C) blue"))
    (('A', 'B'), ('B', 'C'))
    >>> option_letters(("I. Newton", "V. Arnold"))
    ('A', 'B')
    """
    if own := _own_letters(choices):
        return own
    return tuple(string.ascii_uppercase[: len(choices)]) + ("",) * max(0, len(choices) - 26)


def _own_letters(choices: Sequence[str]) -> tuple[str, ...]:
    """The letters that the options have themselves; none where they are initials or Roman numerals.

    In brackets they may leave some out; with a mark after them (``A. red``) they follow each other.
    """
    own = [match for choice in choices if (match := _OWN_LETTER.fullmatch(choice))]
    named = tuple((match[1] or match[2]).upper() for match in own)
    if not choices or len(named) != len(choices) or list(named) != sorted(set(named)):
        return ()
    bracketed = all(match[1] for match in own)
    return named if bracketed or "".join(named) in string.ascii_uppercase else ()


def with_letters(choices: Sequence[str]) -> tuple[str, ...]:
    """The options as a prompt shows them, each with its letter.

    >>> with_letters(("red", "blue")), with_letters(("A. red", "B. blue"))
    (('(A) red', '(B) blue'), ('(A) red', '(B) blue'))
    """
    return tuple(
        f"({letter}) {text}" if letter else text
        for letter, text in zip(option_letters(choices), option_wordings(choices), strict=True)
    )


def option_wordings(choices: Sequence[str]) -> tuple[str, ...]:
    """The options without letters of their own, where all have one."""
    if not _own_letters(choices):
        return tuple(choices)
    return tuple(match[3] for choice in choices if (match := _OWN_LETTER.fullmatch(choice)))


def option_letter(text: str, choices: Sequence[str]) -> str | None:
    """The letter of the one option that a text names: by letter, by wording, or by both.

    >>> colours = ("red", "light blue")
    >>> [option_letter(t, colours) for t in ("B", "(b) Light blue", "light blue", "Option B", "(A) or (B)")]
    ['B', 'B', 'B', 'B', None]
    """
    value = undressed(text)
    letters, wordings = option_letters(choices), option_wordings(choices)
    alone = _LETTER.fullmatch(value) or _LETTER.fullmatch(unicodedata.normalize("NFKC", value))
    if alone is not None:
        letter = alone[1].upper()
        return letter if letter in letters or not choices else _match_wording(value, letters, wordings)
    worded = _match_wording(value, letters, (*wordings,)) or _match_wording(value, letters, choices)
    if worded is not None:
        return worded
    return (
        _match_leading_letter(value, letters, wordings)
        or _match_leading_wording(value, letters, wordings)
        or _find_mentioned(value, letters, wordings)
    )


def _match_leading_wording(value: str, letters: Sequence[str], wordings: Sequence[str]) -> str | None:
    """``No, he did not``: the wording of one option, a comma, and nothing of another option."""
    head, mark, rest = value.partition(",")
    letter = _match_wording(head, letters, wordings) if mark else None
    others = [text for name, text in zip(letters, wordings, strict=False) if text and name != letter]
    named = any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", rest, re.IGNORECASE) for text in others)
    return None if named or re.match(r"\s*(?:not|or|and)\b", rest) else letter


def _match_wording(value: str, letters: Sequence[str], wordings: Sequence[str]) -> str | None:
    """The letter of the option whose wording the text is; strictly first, then without case and dress."""
    for fold in (str, _fold_option):
        named = [letter for letter, text in zip(letters, wordings, strict=False) if fold(text) == fold(value)]
        if named:
            return named[0] if len(named) == 1 else None
    return None


def _fold_option(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", undressed(text)).casefold().split())


def _match_leading_letter(value: str, letters: Sequence[str], wordings: Sequence[str]) -> str | None:
    """``B. light blue``, ``B (light blue)``, ``Option B: because …``: a letter, its wording or a reason."""
    match = _LED_BY.fullmatch(value)
    letter = (match[1] or match[2]).upper() if match is not None else ""
    if match is None or (letters and letter not in letters) or _SEVERAL.match(value):
        return _letter_before_wording(value, letters, wordings)
    rest = match[3].strip(" ()[]-–—=:")
    if re.match(r"(?:or|and|not)\b", rest, re.IGNORECASE):
        return None
    other = _match_wording(rest, letters, wordings) if rest else None
    return letter if other in (None, letter) else None


def _letter_before_wording(value: str, letters: Sequence[str], wordings: Sequence[str]) -> str | None:
    """``B light blue``: a letter without a mark counts only before its own option's wording."""
    for letter, text in zip(letters, wordings, strict=False):
        if letter and _fold_option(value) == f"{letter.casefold()} {_fold_option(text)}":
            return letter
    return None


def _find_mentioned(value: str, letters: Sequence[str], wordings: Sequence[str]) -> str | None:
    """The only letter that a sentence names as an option's, or the wording that a sentence ends in."""
    if _DENIES_LETTER.search(value):
        return None
    named = without_repeats(m.upper() for p in (_NAMES_LETTER, _BRACKETED) for m in p.findall(value))
    named = [letter for letter in named if not letters or letter in letters]
    if named:
        several = _SEVERAL.search(value)
        return named[0] if len(named) == 1 and several is None else None
    before = _WORDS_BEFORE.fullmatch(value)
    if before is None:
        return None
    alone = _LETTER.fullmatch(before[1].strip())
    return (
        alone[1].upper()
        if alone and alone[1].upper() in letters
        else _match_wording(before[1], letters, wordings)
    )
