"""The short part of the fault harness: each event is disturbed for real, and comes to the same archive."""

from __future__ import annotations

import pytest
from postgresql import binaries, server

from masdesign.chaos.events import EVENTS
from masdesign.chaos.harness import EventOutcome, run_chaos, table

SHORT = ("kill", "terminate", "provider_faults", "damaged_calls", "removed_archive", "full_disk")


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


def test_the_table_has_a_row_an_event_and_counts_what_went_wrong() -> None:
    outcomes = [EventOutcome("kill", 0, "resumed", paid_again=3), EventOutcome("kill", 1, "another archive")]
    assert table(outcomes).splitlines()[-1] == "| kill | 2 | 0 | 1 | 0 | 1 | 3 |"


def test_every_event_says_what_happens() -> None:
    assert all(event.__doc__ for event in EVENTS.values())
    assert len(EVENTS) >= 18
