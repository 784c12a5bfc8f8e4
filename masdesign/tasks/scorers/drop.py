"""DROP: exact match and an F1 over bags of words that treats numbers as numbers and aligns several spans.

Rules of the official script: Dua et al. 2019, arXiv:1903.00161, section 5.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.tasks.scorers._pure import PureScorer
from masdesign.tasks.scorers.reading import measure_named
from masdesign.types import Answer, Item, Score

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)

Spans = tuple[str, ...]
"""One answer: usually one span of text, several where the question asks for several."""


def drop_score(prediction: Sequence[str], targets: Iterable[Sequence[str]]) -> tuple[float, float]:
    """Exact match and F1 (to two decimals) of the predicted spans, against the best of the right answers.

    >>> drop_score(["3"], [["3.0"]]), drop_score(["1.8"], [["18"]]), drop_score(["40 yards"], [["41 yards"]])
    ((1.0, 1.0), (0.0, 0.0), (0.0, 0.0))
    """
    wanted = [target for target in targets if target and target[0].strip()]
    return max((_against(prediction, target) for target in wanted), default=(0.0, 0.0))


def _against(prediction: Sequence[str], target: Sequence[str]) -> tuple[float, float]:
    given, wanted = [_normalise(span) for span in prediction], [_normalise(span) for span in target]
    exact = float(set(given) == set(wanted) and len(given) == len(wanted))
    f1 = _align(given, wanted)
    return exact, round(float(f1.mean()), 2)


def _align(given: Sequence[str], wanted: Sequence[str]) -> Any:
    """F1 of each pair in the best one-to-one alignment of spans; 0 for a span that is left over."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment  # half a second to import: not for a list of scorers

    bags = [set(span.split()) for span in given], [set(span.split()) for span in wanted]
    pairs = np.array([[_bag_f1(one, other) for one in bags[0]] for other in bags[1]])
    rows, columns = linear_sum_assignment(-pairs)
    best = np.zeros(max(len(given), len(wanted)))
    best[rows] = pairs[rows, columns]
    return best


def _bag_f1(given: set[str], wanted: set[str]) -> float:
    """F1 of two sets of words; 0 where the target has numbers and the prediction none of them."""
    numbers = {word for word in wanted if _is_number(word)}
    if numbers and not numbers & given:
        return 0.0
    shared = len(given & wanted)
    precision = shared / len(given) if given else 1.0
    recall = shared / len(wanted) if wanted else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _normalise(text: str) -> str:
    """Lower case, hyphens as blanks, without punctuation (but in numbers) and articles, numbers as floats."""
    words = (_normalise_word(word) for word in re.split(" |-", text))
    return " ".join(word for word in words if word.strip()).strip()


def _normalise_word(word: str) -> str:
    word = word.lower()
    if not _is_number(word):
        word = word.translate(_PUNCTUATION)
    if _is_number(word):
        word = str(float(word))
    return " ".join(_ARTICLES.sub(" ", word).split())


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def spans_of(text: str) -> Spans:
    """The spans of a prediction: a JSON list of texts, or else the whole text as one span.

    >>> spans_of('["Packers", "Bears"]'), spans_of("3 yards")
    (('Packers', 'Bears'), ('3 yards',))
    """
    if text.lstrip().startswith("["):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, list) and value and all(isinstance(span, (str, int, float)) for span in value):
            return tuple(str(span) for span in value)
    return (text,)


def right_answers(item: Item) -> list[Spans]:
    """The right answers of an item: those of its record in DROP's own structure, else its targets."""
    return official_answers(item.record) or [spans_of(target) for target in item.targets]


def official_answers(record: Mapping[str, Any]) -> list[Spans]:
    """The right answers of a row of DROP's file: ``answer`` and ``validated_answers``.

    Each is an object with ``number``, ``spans`` or ``date``.
    """
    given = [record.get("answer"), *_list_rows(record.get("validated_answers"))]
    return [spans for value in given if isinstance(value, Mapping) and (spans := _official(value))]


def _list_rows(value: Any) -> list[Any]:
    if isinstance(value, Mapping):  # as Hugging Face stores a list of objects: one list a field
        rows = zip(*(value[name] for name in value), strict=False)
        return [dict(zip(value, row, strict=True)) for row in rows]
    return list(value) if isinstance(value, (list, tuple)) else []


def _official(value: Mapping[str, Any]) -> Spans:
    if number := str(value.get("number") or ""):
        return (number,)
    if spans := value.get("spans"):
        return tuple(str(span) for span in spans)
    date = value.get("date") or {}
    text = " ".join(str(date.get(part) or "") for part in ("day", "month", "year")).strip()
    return (text,) if text else ()


@dataclass(frozen=True, slots=True)
class Drop(PureScorer):
    """DROP's F1 (``drop``) or exact match (``drop:em``); both stand in the score's parts."""

    name: str = "drop"

    def grade(self, answer: Answer, item: Item) -> Score:
        exact, f1 = drop_score(spans_of(answer.text), right_answers(item))
        return Score(exact if self.name.endswith(":em") else f1, parts={"em": exact, "f1": f1})

    def with_argument(self, argument: str) -> Drop:
        return Drop(measure_named("drop", argument))


drop = Drop()
