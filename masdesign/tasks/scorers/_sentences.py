"""Counting words, sentences and words in capitals, as IFEval's checks do with NLTK's tokenizers.

Words are runs of letters and digits. Sentences end where the Punkt tokenizer mostly ends them (Kiss and
Strunk 2006, doi:10.1162/coli.2006.32.4.485), with a list of English abbreviations in place of trained ones.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\S+")
_CLOSING = "\"'”’)]}»*_`"
_ABBREVIATIONS = frozenset(
    """
    adm ala ariz ark assn aug ave bros calif capt cmdr co col colo conn corp cos dec del dept dr
    e.g ed etc feb fla ft ga gen gov i.e ill inc ind jan jr kan ky la lt ltd maj mass md me messrs
    mich minn miss mo mr mrs ms mt n.h n.j n.y neb nev no nov oct okla ore p.m a.m pa ph.d prof r.i
    rep rev sen sept sgt sr st ste tenn tex u.k u.n u.s u.s.a va vs vt wash wis wyo
    """.split()  # noqa: SIM905  (a list of 90 quoted words is harder to read)
)
_CONTRACTION = re.compile(r"(?<=\w)(?=n't\b)|(?=['’](?:s|m|d|ll|re|ve)\b)", re.IGNORECASE)
_SEPARATE = re.compile(r"([\[\](){}<>,;@#$%&*?!\"“”`]|\.\.\.|--|:(?!\d)|\.$|^'|'$)")


def count_words(text: str) -> int:
    """Runs of letters, digits and underscores.

    >>> count_words("Don't stop, 2 times.")
    5
    """
    return len(_WORD.findall(text))


def count_sentences(text: str) -> int:
    """Sentences of an English text; a text without full stops is one.

    >>> count_sentences("Dr. Smith came. He left! Did he (e.g. by car)?"), count_sentences("")
    (3, 0)
    """
    tokens = _TOKEN.findall(text)
    ends = sum(_ends_sentence(token) for token in tokens[:-1])
    return ends + bool(tokens)


def _ends_sentence(token: str) -> bool:
    bare = token.rstrip(_CLOSING)
    if bare.endswith(("?", "!")):
        return True
    if not bare.endswith(".") or bare.endswith(".."):
        return False
    word = bare[:-1].lstrip("\"'“‘([{").lower()
    initial = len(word) == 1 and word.isalpha()
    return not (initial or word in _ABBREVIATIONS or word.rpartition("-")[2] in _ABBREVIATIONS)


def capital_words(text: str) -> list[str]:
    """Words all of whose letters are capitals, split as the Penn Treebank splits them.

    >>> capital_words("NASA, I'M (OK) and A-B aren't low.")
    ['NASA', 'I', "'M", 'OK', 'A-B']
    """
    words = (word for token in _TOKEN.findall(text) for word in _SEPARATE.sub(r" \1 ", token).split())
    return [part for word in words for part in _CONTRACTION.split(word) if part.isupper()]
