"""Does a search put together from primitives what a person once wrote as a block?

`isolate` (split, retrieve, solve each part, merge) is the best hand-written block on `ledger`. Here it and
`decompose` are left out, with every combinator that is one of them, and no design of the literature is
there to begin with. A search *rediscovers* it where the test score of its winner reaches 90 % of the block's
gain over step by step. ``--composed`` leaves nothing out, and asks for 5 points above plain `isolate`.

    python tests/benchmarks/bench_rediscovery.py --seeds 10 --strategies portfolio
    python tests/benchmarks/bench_rediscovery.py --seeds 3 --strategies evolution,tpe,map_elites,tree_search

One search of 20,000 calls on the embedded model takes 10 to 20 minutes of two idle cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import masdesign as md
from masdesign.building_blocks import blocks
from masdesign.search.grammar.combinator import COMBINATORS
from masdesign.tasks import load_task

LEFT_OUT = ("isolate", "decompose")
SHARE, POINTS = 0.9, 0.05


def main() -> None:
    """Print a line a search, and how many of them reached the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--strategies", default="portfolio")
    parser.add_argument("--budget", default="20000calls")
    parser.add_argument("--test-items", type=int, default=400)
    parser.add_argument("--composed", action="store_true")
    parser.add_argument(
        "--cache", type=Path, help="where calls are kept; a folder of this run alone without it"
    )
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        cache = given.cache or Path(folder) / "calls.db"
        task = load_task("ledger", test_items=given.test_items)
        aim = _aim(task, cache, composed=given.composed)
        print(json.dumps(aim), flush=True)
        for strategy in given.strategies.split(","):
            seeds = range(given.first_seed, given.first_seed + given.seeds)
            reached = [_search(task, strategy, seed, given, cache, aim) for seed in seeds]
            print(
                f"{strategy}: {sum(reached)} of {len(reached)} searches reached {aim['aim']:.3f}", flush=True
            )


def _aim(task: Any, cache: Path, *, composed: bool) -> dict[str, float]:
    """What the block and step by step score on test, and what a winner has to."""
    block, plain = (
        md.run_evaluate(name, task, split="test", archive=":memory:", cache=cache).score
        for name in ("isolate", "chain_of_thought")
    )
    aim = block + POINTS if composed else plain + SHARE * (block - plain)
    return {"isolate": block, "chain_of_thought": plain, "aim": aim}


def _search(
    task: Any, strategy: str, seed: int, given: argparse.Namespace, cache: Path, aim: dict[str, float]
) -> bool:
    bounds: dict[str, Any] = {} if given.composed else {"without": LEFT_OUT, "literature": False}
    bounds |= {"seed": seed, "budget": given.budget, "transfer": False, "archive": ":memory:", "cache": cache}
    result = md.run_search(task, strategy=strategy, **bounds)
    names = blocks().keys() | COMBINATORS.all().keys()
    expression = result.best.thought.rpartition("Grown as ")[2] or result.best.name
    row = {
        "strategy": strategy,
        "seed": seed,
        "test": round(result.best_test.score, 3),
        "reached": result.best_test.score >= aim["aim"],
        "designs": result.candidates,
        "calls": result.spend.calls,
        "nodes": sorted(name for name in names if f"{name}(" in expression),
        "expression": expression,
    }
    print(json.dumps(row), flush=True)
    return bool(row["reached"])


if __name__ == "__main__":
    sys.exit(main())
