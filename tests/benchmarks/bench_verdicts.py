"""Do the scorers say what the official scripts say? Over published outputs of real models, one by one.

    python tests/benchmarks/bench_verdicts.py [DATA]

DATA holds the published files (default ../shared/data). What is not there, or not installed, is left out
and named. Exits 1 where a verdict differs. IFEval's checks are compared with lm-eval's by
``pytest tests/tasks/scorers/test_ifeval.py``, where lm-eval is installed.
"""

import asyncio
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from masdesign.experiments.score import score_answers
from masdesign.tasks.forms import form_named
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.drop import drop_score
from masdesign.tasks.scorers.math import is_equivalent
from masdesign.tasks.scorers.reading import hotpot_score, squad_score
from masdesign.types import Answer, Item

DATA = Path("../shared/data")
BBH = {"dyck_languages": 0.568, "snarks": 0.596, "word_sorting": 0.404}
"""The scores that code-davinci-002 was published with."""


@dataclass(frozen=True)
class Agreement:
    """How many verdicts of a scorer are the official script's."""

    what: str
    scorer: str
    verdicts: int
    equal: int
    score: float | None = None
    published: float | None = None

    @property
    def whole(self) -> bool:
        """Whether every verdict is, and the score to three digits."""
        same = self.score is None or self.published is None or abs(self.score - self.published) < 5e-4
        return same and self.equal == self.verdicts > 0


def gsm8k(data: Path) -> Iterator[Agreement]:
    """The verdicts that the four models' solutions were published with."""
    numeric, same = scorer_named("numeric"), []
    for line in (data / "gsm8k/example_model_solutions.jsonl").read_text().splitlines():
        row = json.loads(line)
        item = Item("", "", row["ground_truth"].rpartition("A: ")[2].strip())
        for solution in row.values():
            if isinstance(solution, dict):
                answer = Answer(solution["solution"].rpartition("A:")[2].strip())
                same.append(bool(numeric(answer, item)) == solution["is_correct"])
    yield Agreement("GSM8K, four models' solutions", "numeric", len(same), sum(same))


def bbh(data: Path) -> Iterator[Agreement]:
    """The official rule: what follows "the answer is", without the full stop that ends the sentence."""
    line, exact = form_named("line"), scorer_named("exact")
    for task, published in BBH.items():
        same, scores = [], []
        for row in json.loads((data / f"bbh_outputs/{task}.json").read_text())["outputs"]:
            official = row["prediction"].partition("the answer is")[2].strip().removesuffix(".")
            given = exact(Answer(line.read(row["prediction"], ()) or ""), Item("", "", row["target"]))
            same.append(bool(given) == (official == row["target"]))
            scores.append(given)
        score = sum(scores) / len(scores)
        yield Agreement(f"BBH {task}, code-davinci-002", "exact", len(same), sum(same), score, published)


def mmlu_pro(data: Path) -> Iterator[Agreement]:
    """The letter that the official scripts read, in every reply that says ``answer is (X)``."""
    choice, same = form_named("choice"), []
    for line in (data / "mmlu_pro/replies_600.jsonl").read_text().splitlines():
        row = json.loads(line)
        for model, reply in row["replies"].items():
            if re.search(r"answer is \(?([A-J])\)?", reply):
                same.append(choice.read(reply, tuple(row["options"])) == row["preds"][model])
    yield Agreement("MMLU-Pro, letters in five models' replies", "choice", len(same), sum(same))


def humaneval(data: Path) -> Iterator[Agreement]:
    """Whether GPT-4's programs pass."""
    rows = [json.loads(line) for line in (data / "humaneval/gpt4.jsonl").read_text().splitlines()]
    keys = ("prompt", "test", "entry_point")
    given = [{"answer": row["solution"], "record": {key: row[key] for key in keys}} for row in rows]
    scores = score_answers(given, "code")
    same = [bool(value) == row["is_solved"] for value, row in zip(scores.scores, rows, strict=True)]
    yield Agreement("HumanEval, GPT-4's programs", "code", len(same), sum(same), scores.score, 0.860)


def generated(_: Path) -> Iterator[Agreement]:
    """All verdicts on generated pairs at once: the digest of those that the official rules gave."""
    from tasks.scorers import test_math, test_reading

    for name, digest, score in (
        ("drop", test_reading.DROP, lambda given, gold: drop_score(given, [gold])),
        ("squad", test_reading.SQUAD, lambda given, gold: squad_score(given[0], gold)),
        ("hotpot", test_reading.HOTPOT, lambda given, gold: hotpot_score(given[0], gold[:1])),
    ):
        pairs = test_reading.pairs()
        same = test_reading.digest([score(given, gold) for given, gold in pairs]) == digest
        yield Agreement(f"{name}, generated pairs", name, len(pairs), len(pairs) if same else 0)
    same = test_math.verdicts(is_equivalent) == test_math.OFFICIAL
    yield Agreement("MATH, generated pairs", "math:hendrycks", 5000, 5000 if same else 0)
    cases = [is_equivalent(answer, target) == equal for answer, target, equal in test_math.HENDRYCKS]
    yield Agreement("MATH, Hendrycks' own cases", "math:hendrycks", len(cases), sum(cases))


def math_verify(_: Path) -> Iterator[Agreement]:
    """The verdicts of the library called directly, in one process and without its limits of time."""
    from tasks.scorers import test_math_verify as cases

    pairs = list(dict.fromkeys(cases.cases(cases.FOLDER))) if cases.FOLDER.is_dir() else cases.OURS
    other = asyncio.run(cases.agreement(pairs))
    yield Agreement("math-verify, called directly", "math", len(pairs), len(pairs) - len(other))


def reasoning_gym(_: Path) -> Iterator[Agreement]:
    """A right answer is worth 1 through the whole reading of a reply; junk what the library's rule says."""
    from tasks import test_reasoning_gym as gym

    right = [gym.right_answers(name) for name in gym.names()]
    verdicts = [verdict for of_one in right for verdict in of_one]
    what = f"Reasoning Gym, right answers to {sum(map(bool, right))} data sets"
    yield Agreement(what, "reasoning_gym:NAME", len(verdicts), sum(verdicts))


CHECKS: dict[Callable[[Path], Iterator[Agreement]], tuple[str, str]] = {
    gsm8k: ("gsm8k", ""),
    bbh: ("bbh_outputs", ""),
    mmlu_pro: ("mmlu_pro", ""),
    humaneval: ("humaneval", ""),
    generated: ("", ""),
    math_verify: ("", "math_verify"),
    reasoning_gym: ("", "reasoning_gym"),
}
"""What each needs: a folder of DATA, a module."""


def agreements(data: Path) -> Iterator[Agreement | str]:
    """All that can be had here, and a line for whatever cannot."""
    for check, (folder, module) in CHECKS.items():
        if not (data / folder).exists():
            yield f"{check.__name__} left out: no {data / folder}"
        elif module and importlib.util.find_spec(module) is None:
            yield f"{check.__name__} left out: {module} is not installed"
        else:
            yield from check(data)


def main() -> int:
    whole = True
    print("| outputs | scorer | verdicts | equal | score | published |\n|---|---|---:|---:|---:|---:|")
    for row in agreements(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA):
        if isinstance(row, str):
            print(row, file=sys.stderr)
            continue
        score, published = ("" if f is None else f"{f:.3f}" for f in (row.score, row.published))
        cells = (row.what, f"`{row.scorer}`", f"{row.verdicts:,}", f"{row.equal:,}", score, published)
        print(f"| {' | '.join(cells)} |", flush=True)
        whole = whole and row.whole
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
