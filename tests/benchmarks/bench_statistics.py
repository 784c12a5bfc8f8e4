"""Do the statistics hold? A null experiment, and the coverage of the intervals, from recorded outcomes.

    python tests/benchmarks/bench_statistics.py                      # a made-up bank, a minute
    python tests/benchmarks/bench_statistics.py make bank.npz        # abacus answers: 78,000 calls
    python tests/benchmarks/bench_statistics.py run bank.npz

*Null experiment*: 60 candidates and 3 plain ways of equal true score. Each run deals the recorded draws
of every item anew, so that all of them draw disjoint samples; it picks the best of 60 on val, and tests
it on test against the plain ways, as a search does. It may claim a winner in at most 6.5 % of 1,000
runs. Beside it stands what is usual elsewhere: the best of 60 picked on test, and tested there.

*Coverage*: of 2,000 samples of 200 items of a bank of 20,000, how many have an interval that holds the
bank's own mean? Between 93.5 and 96.5 %: of a 0/1 score, of a graded one, and of a difference.

Exits 1 where a figure is out of its range.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masdesign.statistics.claims import claims_of
from masdesign.statistics.intervals import mean_interval
from masdesign.statistics.paired import paired_difference
from masdesign.statistics.shrinkage import shrunk_scores

CANDIDATES, PLAIN = 60, 3
VAL_ITEMS, TEST_ITEMS, BANK_ITEMS = 200, 400, 20_000
MOST_CLAIMS = 0.065
COVERED = (0.935, 0.965)


@dataclass(frozen=True)
class Bank:
    """Recorded outcomes, 0 or 1."""

    val: np.ndarray
    """Items by draws: one draw of a chain of thought each."""
    test: np.ndarray
    cold: np.ndarray
    """A chain of thought at temperature 0, by item of the bank."""
    warm: np.ndarray
    """A draw at the sampling temperature, on the same items."""
    made_by: str = ""


def made_up(seed: int = 0, *, bank_items: int = BANK_ITEMS) -> Bank:
    """Items of unlike ease, all answered by the same skill."""
    rng = np.random.default_rng(seed)

    def ease(items: int) -> np.ndarray:
        return 1 / (1 + np.exp(-rng.normal(-0.3, 1.5, items)))

    def draws(items: int) -> np.ndarray:
        return (rng.random((items, CANDIDATES + PLAIN)) < ease(items)[:, None]).astype(float)

    shared = ease(bank_items)
    cold, warm = ((rng.random(bank_items) < shared).astype(float) for _ in range(2))
    return Bank(draws(VAL_ITEMS), draws(TEST_ITEMS), cold, warm, "made up")


@dataclass(frozen=True)
class Null:
    """What was claimed of candidates that are all alike."""

    claimed: float
    """Share of runs that claim a winner, as a search here does."""
    usual: float
    """Share that would, picked on test and tested there."""
    raw_error: float
    """How far the winner's val score lies above the truth, on the average."""
    shrunk_error: float
    """The same of its shrunk score."""


def null_experiment(bank: Bank, runs: int, seed: int = 0) -> Null:
    """Runs in which there is nothing to be found."""
    rng = np.random.default_rng(seed)
    found = np.array([_null_run(bank, rng) for _ in range(runs)])
    return Null(*found.mean(axis=0))


def _null_run(bank: Bank, rng: np.random.Generator) -> tuple[bool, bool, float, float]:
    val, test = _dealt(bank.val, rng), _dealt(bank.test, rng)
    winner = int(val[:, :CANDIDATES].mean(axis=0).argmax())
    plain = range(CANDIDATES, CANDIDATES + PLAIN)
    best = max(plain, key=lambda column: val[:, column].mean())
    others = {f"plain {column}": _by_item(test[:, column]) for column in dict.fromkeys((plain[0], best))}
    claims = claims_of(_by_item(test[:, winner]), others, seed=0)
    picked_on_test = int(test[:, :CANDIDATES].mean(axis=0).argmax())
    usual = paired_difference(_by_item(test[:, picked_on_test]), _by_item(test[:, plain[0]]), seed=0)
    # The items of this sample are what the estimate is about, so that only the luck of draws is an error.
    of_sample = val.mean()
    shrunk = shrunk_scores([_by_item(column) for column in val.T])[winner]
    raw = val[:, winner].mean()
    return (
        any(claim.holds for claim in claims),
        usual.mean > 0 and usual.p <= 0.05,
        raw - of_sample,
        shrunk - of_sample,
    )


def _dealt(table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Items drawn anew, and each item's draws dealt anew: no column is better than another."""
    return rng.permuted(table[rng.integers(len(table), size=len(table))], axis=1)


def _by_item(scores: np.ndarray) -> dict[str, float]:
    return dict(zip(map(str, range(len(scores))), scores.tolist(), strict=True))


def coverage(bank: Bank, replicates: int, items: int = 200, seed: int = 0) -> dict[str, float]:
    """The share of samples whose interval holds the bank's mean, by kind of interval."""
    rng = np.random.default_rng(seed)
    columns = {"0/1 score": bank.cold, "graded score": (bank.cold + bank.warm) / 2}
    held = dict.fromkeys((*columns, "difference"), 0)
    gap = bank.cold.mean() - bank.warm.mean()
    for replicate in range(replicates):
        chosen = rng.choice(len(bank.cold), size=items, replace=False)
        for name, column in columns.items():
            low, high = mean_interval(column[chosen].tolist(), seed=replicate)
            held[name] += low <= column.mean() <= high
        found = paired_difference(_by_item(bank.cold[chosen]), _by_item(bank.warm[chosen]), seed=replicate)
        held["difference"] += found.low <= gap <= found.high
    return {name: count / replicates for name, count in held.items()}


async def make(family: str, bank_items: int, cache: Path) -> Bank:
    """Ask abacus: 63 draws of each of 600 items, and 2 answers to each of the bank's."""
    from masdesign.evaluation import evaluate, open_runtime
    from masdesign.experiments.baselines import step_by_step
    from masdesign.experiments.votes import evaluate_votes
    from masdesign.tasks import load_task

    draws: dict[str, list[list[float]]] = {"val": [], "test": []}
    task = load_task(family, items=VAL_ITEMS, test_items=TEST_ITEMS)
    bank = load_task(family, items=bank_items, test_items=1)
    async with open_runtime("abacus", task=task, cache=cache) as runtime:
        for split in ("val", "test"):
            await evaluate_votes(
                task, split, runtime, (CANDIDATES + PLAIN,),
                on_draws=lambda item, found, split=split: draws[split].append(
                    [task.metric(answer, item) if answer.text.strip() else 0.0 for answer in found]
                ),
            )  # fmt: skip
        cold = await evaluate(step_by_step(0.0), bank, "val", runtime)
        warm = await evaluate(step_by_step(0.8), bank, "val", runtime)
    whole = {s: [row for row in rows if len(row) == CANDIDATES + PLAIN] for s, rows in draws.items()}
    common = [item for item in cold.scores if item in warm.scores]
    return Bank(
        np.array(whole["val"]),
        np.array(whole["test"]),
        np.array([cold.scores[item] for item in common]),
        np.array([warm.scores[item] for item in common]),
        f"{cold.model} on {family}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["make", "run"], default="run")
    parser.add_argument("bank", nargs="?", type=Path)
    parser.add_argument("--family", default="arithmetic")
    parser.add_argument("--items", type=int, default=BANK_ITEMS, help="of the bank")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=2000)
    options = parser.parse_args()
    if options.what == "make":
        if options.bank is None:
            parser.error("name the file to make, as in make bank.npz")
        try:
            made = asyncio.run(make(options.family, options.items, options.bank.with_suffix(".calls.db")))
        except KeyboardInterrupt:
            sys.exit("interrupted; what was asked is kept, and the same command goes on")
        np.savez_compressed(options.bank, **vars(made))
        print(f"{options.bank}: {len(made.cold)} items, made by {made.made_by}")
        return
    sys.exit(not shown(read(options.bank) if options.bank else made_up(), options.runs, options.replicates))


def read(path: Path) -> Bank:
    with np.load(path) as file:
        columns = {name: file[name] for name in ("val", "test", "cold", "warm")}
        return Bank(**columns, made_by=str(file["made_by"]))


def shown(bank: Bank, runs: int, replicates: int) -> bool:
    """Prints the figures; whether all are in their ranges."""
    print(f"bank: {bank.made_by}, {len(bank.cold)} items, a draw right in {bank.val.mean():.1%}")
    null = null_experiment(bank, runs)
    fine = null.claimed <= MOST_CLAIMS
    print(f"null: a winner claimed in {null.claimed:.1%} of {runs} runs (at most {MOST_CLAIMS:.1%})")
    print(f"      picked and tested on test, as is usual: {null.usual:.1%}")
    print(f"      the winner's val score lies {100 * null.raw_error:+.1f} points off, "
          f"shrunk {100 * null.shrunk_error:+.1f}")  # fmt: skip
    for name, share in coverage(bank, replicates).items():
        within = COVERED[0] <= share <= COVERED[1]
        fine = fine and within
        print(f"intervals of a {name} hold the truth in {share:.1%} of {replicates} samples"
              f"{'' if within else ': out of range'}")  # fmt: skip
    print("all in range" if fine else "NOT all in range")
    return fine


if __name__ == "__main__":
    main()
