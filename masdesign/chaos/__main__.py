"""``python -m masdesign.chaos``: disturbs a search again and again, and prints the table of outcomes."""

import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from masdesign.chaos.events import EVENTS
from masdesign.chaos.harness import EventOutcome, run_chaos, table


@click.command()
@click.option("--events", type=click.IntRange(1), default=len(EVENTS), show_default=True, help="How many.")
@click.option("--only", metavar="LIST", default="", help=f"Of these events: {', '.join(EVENTS)}.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all moments and choices.")
@click.option(
    "--database", metavar="URL", default="", help="A PostgreSQL server, for the event that needs one."
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that keeps each outcome at once (JSON lines); the same command goes on with the others.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Searches at a time.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file for the table, too.")
def main(
    events: int, only: str, seed: int, database: str, log: Path | None, jobs: int, out: Path | None
) -> None:
    """Disturb a search, and check that it ends as an undisturbed one, or with one clear line and goes on.

    Ends with exit code 1 where an event brought a wrong score, a lost evaluation, a traceback or a hang; the
    folder of that search stays, and its place is printed.
    """
    names = [name.strip() for name in only.split(",") if name.strip()] or list(EVENTS)
    for name in names:
        if name not in EVENTS:
            raise click.BadParameter(
                f"{name!r} is no event; there are {', '.join(EVENTS)}", param_hint="--only"
            )
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background, and inherited
    folder = Path(tempfile.mkdtemp(prefix="masdesign-chaos-"))

    def show(outcome: EventOutcome) -> None:
        click.echo(
            f"{outcome.number + 1}/{events} {outcome.event}: {outcome.ended}  {outcome.line}", err=True
        )

        if log is not None:
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(outcome)) + "\n")

    lines = log.read_text(encoding="utf-8").splitlines() if log is not None and log.exists() else []
    done = [outcome for line in lines if (outcome := EventOutcome(**json.loads(line))).number < events]
    outcomes = run_chaos(
        names, events, folder=folder, seed=seed, database=database, jobs=jobs, done=done, on_outcome=show
    )
    click.echo(table(outcomes), nl=False)
    if out is not None:
        out.write_text(table(outcomes), encoding="utf-8")
    wrong = [outcome for outcome in outcomes if not outcome.is_good]
    for outcome in wrong:
        click.echo(f"{outcome.event}: {outcome.ended}; see {folder / f'event{outcome.number}'}", err=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
