"""IFEval's 25 kinds of instruction: whether a reply follows one.

Rules of the benchmark's published checks: Zhou et al. 2023, arXiv:2311.07911, table 4. Each check takes the
reply and the instruction's arguments as the data names them. Words, sentences and words in capitals are
counted as the benchmark does with NLTK's tokenizers: words are runs of letters and digits, sentences end
where the Punkt tokenizer mostly ends them (Kiss and Strunk 2006, doi:10.1162/coli.2006.32.4.485), with a
list of English abbreviations in place of trained ones.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from masdesign.errors import InputError

Check = Callable[..., bool]
CONSTRAINED = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def follows(kind: str, reply: str, arguments: dict[str, Any]) -> bool:
    """Whether a reply follows an instruction; an empty reply follows none.

    >>> follows("punctuation:no_comma", "One, two.", {}), follows("startend:quotation", '"Yes."', {})
    (False, True)

    Raises:
        InputError: there is no such kind of instruction, or its arguments do not fit.
    """
    check = CHECKS.get(kind)
    if check is None:
        raise InputError(f"IFEval has no instruction {kind!r}; it has {', '.join(CHECKS)}")
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return bool(reply.strip()) and check(reply, **given)
    except TypeError as error:
        raise InputError(f"instruction {kind}: {error}; correct the item's kwargs") from None


def _compare(count: int, relation: str, bound: float) -> bool:
    if relation not in ("less than", "at least"):
        raise InputError(f'the relation must be "less than" or "at least", not {relation!r}')
    return count < bound if relation == "less than" else count >= bound


# keywords ---------------------------------------------------------------------------------------------


def _existence(reply: str, *, keywords: Iterable[str]) -> bool:
    return all(re.search(word, reply, re.IGNORECASE) for word in keywords)


def _frequency(reply: str, *, keyword: str, frequency: int, relation: str) -> bool:
    return _compare(len(re.findall(keyword.strip(), reply, re.IGNORECASE)), relation, frequency)


def _forbidden(reply: str, *, forbidden_words: Iterable[str]) -> bool:
    return not any(re.search(rf"\b{word}\b", reply, re.IGNORECASE) for word in forbidden_words)


def _letter(reply: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    return _compare(reply.lower().count(letter.strip().lower()), let_relation, let_frequency)


# language and case ------------------------------------------------------------------------------------


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text's language, or ``None`` where it has no letters to tell by."""
    try:
        import langdetect
    except ImportError:
        raise InputError("IFEval's checks of language need langdetect; install masdesign[ifeval]") from None
    langdetect.DetectorFactory.seed = 0  # otherwise it draws at random, and short texts change their language
    try:
        return str(langdetect.detect(text))
    except langdetect.LangDetectException:
        return None


def _language(reply: str, *, language: str) -> bool:
    return language_of(reply) in (language, None)


def _capitals(reply: str) -> bool:
    return reply.isupper() and language_of(reply) in ("en", None)


def _lowercase(reply: str) -> bool:
    return reply.islower() and language_of(reply) in ("en", None)


def _capital_words(reply: str, *, capital_frequency: int, capital_relation: str) -> bool:
    return _compare(len(capital_words(reply)), capital_relation, capital_frequency)


# length -----------------------------------------------------------------------------------------------


def _words(reply: str, *, num_words: int, relation: str) -> bool:
    return _compare(count_words(reply), relation, num_words)


def _sentences(reply: str, *, num_sentences: int, relation: str) -> bool:
    return _compare(count_sentences(reply), relation, num_sentences)


def _inner_parts(parts: list[str]) -> list[str] | None:
    """The parts that are not empty; ``None`` where one between two others is."""
    if any(not part.strip() for part in parts[1:-1]):
        return None
    return [part for part in parts if part.strip()]


def _paragraphs(reply: str, *, num_paragraphs: int) -> bool:
    parts = _inner_parts(re.split(r"\s?\*\*\*\s?", reply))
    return parts is not None and len(parts) == num_paragraphs


def _first_word(reply: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    parts = reply.split("\n\n")
    full = sum(bool(part.strip()) for part in parts)
    if nth_paragraph > full or not (paragraph := parts[nth_paragraph - 1].strip()):
        return False
    start = paragraph.split()[0].lstrip("'").lstrip('"')
    word = re.split(r"[.,?!'\"]", start)[0].lower()
    return full == num_paragraphs and word == first_word.lower()


# content and format -----------------------------------------------------------------------------------


def _placeholders(reply: str, *, num_placeholders: int) -> bool:
    return len(re.findall(r"\[.*?\]", reply)) >= num_placeholders


def _postscript(reply: str, *, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    spaced = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(spaced.get(marker, marker.lower()), reply.lower()) is not None


def _bullets(reply: str, *, num_bullets: int) -> bool:
    stars = re.findall(r"^\s*\*[^\*].*$", reply, re.MULTILINE)
    return len(stars) + len(re.findall(r"^\s*-.*$", reply, re.MULTILINE)) == num_bullets


def _check_constrained(reply: str) -> bool:
    return any(option in reply for option in CONSTRAINED)


def _highlights(reply: str, *, num_highlights: int) -> bool:
    single = re.findall(r"\*[^\n\*]*\*", reply)
    double = re.findall(r"\*\*[^\n\*]*\*\*", reply)
    filled = [text for text in single if text.strip("*").strip()]
    filled += [text for text in double if text.removeprefix("**").removesuffix("**").strip()]
    return len(filled) >= num_highlights


def _sections(reply: str, *, section_spliter: str, num_sections: int) -> bool:
    return len(re.findall(rf"\s?{section_spliter.strip()}\s?\d+\s?", reply)) >= num_sections


def _json(reply: str) -> bool:
    text = reply.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(reply: str) -> bool:
    titles = re.findall(r"<<[^\n]+>>", reply)
    return any(title.lstrip("<").rstrip(">").strip() for title in titles)


# combinations, beginnings and ends --------------------------------------------------------------------


def _two_responses(reply: str) -> bool:
    parts = _inner_parts(reply.split("******"))
    return parts is not None and len(parts) == 2 and parts[0].strip() != parts[1].strip()


def _repeat(reply: str, *, prompt_to_repeat: str) -> bool:
    return reply.strip().lower().startswith(prompt_to_repeat.strip().lower())


def _end(reply: str, *, end_phrase: str) -> bool:
    return reply.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def _quotation(reply: str) -> bool:
    text = reply.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


def _no_comma(reply: str) -> bool:
    return "," not in reply


CHECKS: dict[str, Check] = {
    "keywords:existence": _existence,
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letter,
    "language:response_language": _language,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _words,
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": _check_constrained,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeat,
    "startend:end_checker": _end,
    "startend:quotation": _quotation,
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": _capitals,
    "change_case:english_lowercase": _lowercase,
    "punctuation:no_comma": _no_comma,
}


# counting --------------------------------------------------------------------------------------

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
