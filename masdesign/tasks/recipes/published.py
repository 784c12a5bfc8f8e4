"""The benchmarks of ``benchmarks.toml``, and what is done to a row of theirs before its columns are read.

A function takes a row of the published file; it gives the row with what the columns name, or ``None`` for a
row that is left out.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from string import ascii_uppercase
from typing import Any

from masdesign.tasks.recipes import Recipe, Row
from masdesign.tasks.scorers.drop import official_answers


def lower_names(row: Row) -> Row:
    """AIME: the years' files write their columns differently (``Problem``, ``problem``)."""
    fields = {name.lower(): value for name, value in row.items()}
    answer = str(fields.get("answer", "")).strip().lstrip("0") or "0"
    return {**fields, "problem": fields.get("problem") or fields.get("question"), "answer": answer}


def letter_options(row: Row) -> Row | None:
    """CommonsenseQA and ARC: both published layouts as one; a row without a key (hidden test) is left out."""
    question, choices = row["question"], row.get("choices")
    if isinstance(question, Mapping):
        question, choices = question["stem"], question["choices"]
    if isinstance(choices, Mapping):
        pairs = zip(choices["label"], choices["text"], strict=True)
        choices = [{"label": label, "text": text} for label, text in pairs]
    letters = {
        choice["label"]: letter for choice, letter in zip(choices or (), ascii_uppercase, strict=False)
    }
    options = [f"({letters[choice['label']]}) {choice['text']}" for choice in choices or ()]
    if not row.get("answerKey"):
        return None
    key = letters.get(row["answerKey"], row["answerKey"])  # some of ARC's options are numbered
    return {**row, "question": question, "options": options, "answerKey": key}


def drop_targets(row: Row) -> Row:
    """DROP: a target a right answer; of several spans, one text. The scorer reads the record itself."""
    return {**row, "targets": list(dict.fromkeys(", ".join(spans) for spans in official_answers(row)))}


def part_adas_texts(row: Row) -> Row:
    """ADAS's copy of DROP: passage and question stand in one text, the right answers in another."""
    passage, _, question = str(row["context"]).partition("\nQuestion:")
    question = question.rpartition("\nAnswer:")[0].strip()
    targets = [target for target in str(row["ref_text"]).split("|") if target.strip()]
    return {
        **row,
        "question": question,
        "passage": passage.removeprefix("Passage:").strip(),
        "targets": targets,
    }


def _shuffled(question: Any, options: Iterable[str]) -> list[str]:
    """The options in an order that depends on the question and the option alone."""
    return sorted(options, key=lambda text: hashlib.sha256(f"{question}\0{text}".encode()).digest())


def shuffle_gpqa(row: Row) -> Row:
    """GPQA: the right option among the wrong ones, and its letter."""
    right, *wrong = (
        str(row[name]).strip()
        for name in ("Correct Answer", *(f"Incorrect Answer {number}" for number in (1, 2, 3)))
    )
    options = _shuffled(row["Question"], [right, *wrong])
    return {**row, "options": options, "letter": "ABCD"[options.index(right)]}


def shuffle_mc1(row: Row) -> Row:
    """TruthfulQA: the options in an order of their own; in the file the true one stands first."""
    targets = row["mc1_targets"]
    if "choices" in targets:
        targets = dict(zip(targets["choices"], targets["labels"], strict=True))
    true = next(text for text, label in targets.items() if label)
    return {**row, "options": _shuffled(row["question"], targets), "target": true}


def join_passages(row: Row) -> Row:
    """HotpotQA: a text a passage, title first, of either published layout."""
    context = row["context"]
    if isinstance(context, Mapping):
        context = list(zip(context["title"], context["sentences"], strict=True))
    passages = [f"{title}\n{''.join(sentences).strip()}" for title, sentences in context]
    return {**row, "_id": row.get("_id") or row.get("id"), "passages": passages}


def last_boxed(text: str) -> str | None:
    r"""What stands in the last ``\boxed{…}`` of a solution.

    >>> last_boxed(r"so \boxed{1} or \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    """
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    depth, begin = 0, text.index("{", start)
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[begin + 1 : place]
    return None


def take_boxed(row: Row) -> Row | None:
    """MATH: the answer, where the file has only solutions."""
    answer = row.get("answer") or last_boxed(str(row.get("solution", "")))
    return {**row, "answer": answer} if answer else None


def show_tests(row: Row) -> Row:
    """MBPP: the task with its tests, which name the function, as the paper's prompt shows them."""
    tests, text = "\n".join(row["test_list"]), row.get("text") or row.get("prompt")
    return {**row, "prompt": "", "question": f"{text}\nYour program should pass these tests:\n{tests}"}


def letter_index(row: Row) -> Row:
    """MMLU: CSV without a header, and the hub's index into ``choices``, as one layout."""
    if "choices" in row:
        return {**row, "target": "ABCD"[int(row["answer"])]}
    return {"question": row["1"], "choices": [row[n] for n in ("2", "3", "4", "5")], "target": row["6"]}


def squad_targets(row: Row) -> Row:
    """SQuAD: the right answers of either published layout, each once."""
    if row.get("is_impossible"):
        raise ValueError("a question without an answer, as SQuAD 2.0 has them; SQuAD 1.1 is scored")
    answers = row.get("answers") or []
    texts = answers["text"] if isinstance(answers, Mapping) else [answer["text"] for answer in answers]
    return {**row, "targets": list(dict.fromkeys(texts)) or None}


def _published() -> Iterator[Recipe]:
    text = (files(__package__) / "benchmarks.toml").read_text(encoding="utf-8")
    for name, fields in tomllib.loads(text).items():
        if "prepare" in fields:
            fields["prepare"] = globals()[fields["prepare"]]
        layouts = tuple(map(frozenset, fields.pop("layouts", ())))
        yield Recipe(name, **fields | {"keys": frozenset(fields.get("keys", ())), "layouts": layouts})


published = tuple(_published())
