"""Every benchmark, each in a process of its own: one table, and pictures of how the costs grow.

    python tests/benchmarks/run.py [--quick] [--only block start …] [--out FOLDER]

The table, in Markdown, goes to standard output and to ``FOLDER/table.md``; the pictures (SVG and PNG) beside
it. ``--quick`` takes the small sizes of the tests: seconds each, and no figures to rely on. The other files,
whose figures are scores and not speeds (``bench_racing.py``, ``bench_forecast.py``, …), are commands of their
own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from outcome import Curve, Outcome, markdown

HERE = Path(__file__).parent
NAMES = ("start", "block", "flight", "winner", "archive", "shared", "items", "abacus")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the small sizes of the tests")
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES)
    )
    parser.add_argument("--out", type=Path, default=Path(".masdesign/benchmarks"), metavar="FOLDER")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    outcomes = [outcome for name in options.only if (outcome := measured(name, quick=options.quick))]
    page = page_of(outcomes)
    print(page)
    (options.out / "table.md").write_text(page + "\n")
    for outcome in outcomes:
        for curve in outcome.curves:
            draw(curve, options.out)
    return 0 if len(outcomes) == len(options.only) else 1


def measured(name: str, *, quick: bool) -> Outcome | None:
    """What a benchmark measured; ``None`` where it failed, and why is on standard error."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcome.json"
        command = [sys.executable, str(HERE / f"bench_{name}.py"), "--json", str(file)]
        done = subprocess.run(
            [*command, *(["--quick"] if quick else [])], stdout=subprocess.DEVNULL, check=False
        )
        failed = "" if done.returncode == 0 else f" and failed (exit {done.returncode})"
        print(f"{name} took {time.perf_counter() - start:.0f} s{failed}", file=sys.stderr, flush=True)
        return Outcome.from_json(json.loads(file.read_text())) if file.exists() else None


def page_of(outcomes: Sequence[Outcome]) -> str:
    """One table of all rows, then all notes."""
    table = markdown([row for outcome in outcomes for row in outcome.rows])
    notes = [f"- {note}" for outcome in outcomes for note in outcome.notes]
    return "\n".join([table, "", *notes]) if notes else table


def draw(curve: Curve, folder: Path) -> None:
    """Both axes logarithmic: what grows in proportion climbs as steeply as the grey lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for name, line in curve.lines.items():
        axes.plot(*zip(*line, strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel=curve.x, ylabel=curve.y)
    low, high = (min(x for line in curve.lines.values() for x, _ in line), axes.get_xlim()[1])
    bottom, top = axes.get_ylim()
    start = bottom
    while start < top:
        axes.plot([low, high], [start, start * high / low], color="0.85", linewidth=0.8, zorder=0)
        start *= 10
    axes.set_ylim(bottom, top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside right upper", fontsize="small")
    for kind in ("svg", "png"):
        figure.savefig(folder / f"{curve.name}.{kind}", dpi=150)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
