"""The short part of the fault harness: each event is disturbed for real, and comes to the same archive."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
from click.testing import CliRunner
from postgresql import binaries, server

from masdesign.chaos.__main__ import main as chaos
from masdesign.chaos.events import EVENTS
from masdesign.chaos.harness import EventOutcome, run_chaos, table
from masdesign.chaos.locks import NOT_POSSIBLE

SHORT = (
    *("kill", "kill_often", "terminate", "provider_faults"),
    *("damaged_calls", "removed_archive", "full_disk", "no_locks"),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_events_end_as_undisturbed_or_with_a_line_and_resume(tmp_path) -> None:
    outcomes = run_chaos(SHORT, len(SHORT), folder=tmp_path, seed=1)
    assert [outcome.event for outcome in outcomes] == list(SHORT)
    assert [outcome for outcome in outcomes if not outcome.is_good] == []
    assert any(outcome.ended == "resumed" for outcome in outcomes)
    assert all(outcome.paid_again <= 80 for outcome in outcomes if outcome.event == "kill")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server is installed")
def test_a_database_that_goes_away_and_returns(tmp_path) -> None:
    with server() as url:
        (outcome,) = run_chaos(["database_gone"], 1, folder=tmp_path, seed=2, database=url)
    assert outcome.is_good, outcome


@pytest.mark.slow
def test_a_file_system_that_refuses_locks_is_told_at_once(tmp_path) -> None:
    command = ("archive", "list", "--archive", str(tmp_path / "archive.db"))
    done = subprocess.run(
        [sys.executable, "-m", "masdesign.chaos.locks", *command], capture_output=True, text=True, check=False
    )
    if done.returncode == NOT_POSSIBLE:
        pytest.skip(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert "file system refuses locks; name a path on a local disk" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_log_goes_on_after_its_last_outcome(tmp_path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(asdict(EventOutcome("kill", 0, "resumed", paid_again=3))) + "\n")
    done = CliRunner().invoke(chaos, ["--only", "kill", "--events", "1", "--log", str(log)])
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "| kill | 1 | 0 | 1 | 0 | 0 | 3 |")


def test_the_table_has_a_row_an_event_and_counts_what_went_wrong() -> None:
    outcomes = [EventOutcome("kill", 0, "resumed", paid_again=3), EventOutcome("kill", 1, "another archive")]
    assert table(outcomes).splitlines()[-1] == "| kill | 2 | 0 | 1 | 0 | 1 | 3 |"


def test_every_event_says_what_happens() -> None:
    assert all(event.__doc__ for event in EVENTS.values())
    assert len(EVENTS) >= 18
