"""How often is "better" claimed where nothing is, and where something is? From recorded scores.

    python tests/benchmarks/bench_acceptance.py ../shared/data/mmlu_pro/replies_600.jsonl [--write]

The recorded verdicts of five models on 600 questions are dealt anew for each run: every design draws for each
item one of the five, so that all of 60 designs and 3 plain ways are equal in truth, and items stay as easy or
hard as they are. A run picks the best of 60 on 200 items (val), and compares it on the other 400 (test) with
the first plain way and with the one best on val, as a search does. It then goes on, as with a larger budget,
with 60 further designs, and looks at test again. *Power*: the same with one design that answers a share of
the wrong items right. ``--write`` puts the table into ``masdesign/docs/acceptance.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from masdesign.search.loop.stages import ALPHA as RACE_ALPHA
from masdesign.statistics.betting import highest_wealth
from masdesign.statistics.claims import error_of_look, holm
from masdesign.statistics.intervals import ALPHA
from masdesign.statistics.paired import mcnemar_exact

CANDIDATES, VAL = 60, 200
GAINS = (0.05, 0.1)
"""Points, as a share, that one design is better in truth."""
DOCS = Path(__file__).resolve().parents[2] / "masdesign" / "docs" / "acceptance.md"
MARK = "<!-- table -->"


def recorded(path: Path) -> np.ndarray:
    """Whether each model's recorded letter is the right one: a row an item, a column a model."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return np.array([[float(p == row["answer"]) for p in row["preds"].values()] for row in rows])


def deal(table: np.ndarray, designs: int, rng: np.random.Generator) -> np.ndarray:
    """Designs that are equal in truth: each draws one of the recorded scores of each item."""
    return np.take_along_axis(table, rng.integers(table.shape[1], size=(len(table), designs)), axis=1)


def least_p(winner: np.ndarray, others: Mapping[str, np.ndarray]) -> float:
    """The least p-value after Holm for which the winner is ahead, by the test that `claims_of` makes."""
    pairs = [(int((winner > other).sum()), int((winner < other).sum())) for other in others.values()]
    corrected = holm([mcnemar_exact(wins, losses) for wins, losses in pairs])
    return min((p for p, (wins, losses) in zip(corrected, pairs, strict=True) if wins > losses), default=1.0)


def betting(winner: np.ndarray, others: Mapping[str, np.ndarray], share: float) -> bool:
    """Whether a confidence sequence lies above 0, the error split among the comparisons."""
    alpha = share * ALPHA / len(others) / 2
    return any(highest_wealth((winner - other).tolist()) * alpha >= 1 for other in others.values())


def a_run(table: np.ndarray, rng: np.random.Generator, gain: float) -> dict[str, bool]:
    """Which rules claim that the winner is better, after one look and after two."""
    dealt = deal(table, 2 * CANDIDATES + 2, rng)
    if gain:
        wrong = 1 - dealt.mean()
        dealt[:, 2] = np.maximum(dealt[:, 2], rng.random(len(table)) < gain / wrong)
    order = rng.permutation(len(table))
    val, test = dealt[order[:VAL]], dealt[order[VAL:]]
    told = dict.fromkeys(ROWS, False)
    for look, designs in ((1, slice(2, 2 + CANDIDATES)), (2, slice(2, None))):
        winner = 2 + int(val[:, designs].mean(axis=0).argmax()) if not gain else 2
        best = int(val[:, :2].mean(axis=0).argmax())
        others = {str(column): test[:, column] for column in dict.fromkeys((0, best))}
        holm_p = least_p(test[:, winner], others)
        told["fixed n at 5 % at every look (before)"] |= holm_p <= ALPHA
        told["fixed n, the error shared among looks (now)"] |= holm_p <= error_of_look(look)
        told["confidence sequence, the error shared among winners"] |= betting(test[:, winner], others, 0.5)
        if look == 1:
            told["fixed n, the first look alone"] = told["fixed n, the error shared among looks (now)"]
            rival, candidate = val[:, 0], val[:, 3]
            told["the race: an equal design stopped"] = (
                highest_wealth((rival - candidate).tolist()) * RACE_ALPHA >= 1
            )
        if gain:
            break
    return told


ROWS = (
    "fixed n at 5 % at every look (before)",
    "fixed n, the error shared among looks (now)",
    "fixed n, the first look alone",
    "confidence sequence, the error shared among winners",
    "the race: an equal design stopped",
)


def measure(table: np.ndarray, runs: int, seed: int = 0) -> str:
    """The table, in Markdown."""
    rng = np.random.default_rng(seed)
    gains = (0.0, *GAINS)
    shares = {gain: [a_run(table, rng, gain) for _ in range(runs)] for gain in gains}
    head = ["rule", "no difference (two looks)", *(f"+{100 * gain:.0f} points" for gain in GAINS)]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for row in ROWS:
        counts = [np.mean([told[row] for told in shares[gain]]) for gain in gains]
        cells = [f"{counts[0]:.1%}", *(f"{share:.0%}" for share in counts[1:])]
        if row.startswith("the race"):
            cells[1:] = ["-"] * len(GAINS)
        lines.append(" | ".join([row, *cells]))
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("replies", type=Path)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    table = measure(recorded(options.replies), options.runs)
    print(table)
    if options.write:
        text = DOCS.read_text(encoding="utf-8")
        before, _, rest = text.partition(MARK)
        after = rest.partition(MARK)[2]
        DOCS.write_text(f"{before}{MARK}\n\n{table}\n\n{MARK}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
