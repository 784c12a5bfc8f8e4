"""A name that was mistyped begins nothing, and a signal ends with one line; what was finished is kept."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from masdesign.cli import main


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["serach", "arithmetic"], "search"),
        (["distil", "best", "arithmetic"], "distill"),
        (["evalute"], "evaluate"),
        (["archive", "lst"], "list"),
    ],
)
def test_a_command_that_is_not_there_is_told_with_the_nearest(words, near, capsys):
    assert main(words) == 2
    assert f"did you mean {near}?" in capsys.readouterr().err


SEARCH = [
    "search",
    "arithmetic",
    "--budget",
    "400calls",
    "--items",
    "8",
    "--test-items",
    "4",
    "--yes",
    "--json",
]


@pytest.mark.slow
def test_a_run_that_is_not_there_is_not_begun(place, capsys):
    assert main([*SEARCH, "--run", "typo"]) == 2
    err = capsys.readouterr().err
    assert "no run 'typo' to go on with" in err
    assert "--new" in err
    assert main([*SEARCH, "--new"]) == 2
    assert main([*SEARCH, "--run", "trial", "--new"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == "trial"
    assert main([*SEARCH, "--run", "trail"]) == 2
    assert "did you mean 'trial'?" in capsys.readouterr().err
    assert main([*SEARCH, "--run", "trial", "--new"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*SEARCH, "--run", "trial"]) == 0
    assert main(["distill", "direct", "arithmetic", "--items", "4", "--run", "typo"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [False, True])
def test_sigterm_ends_with_one_line_and_the_run_can_go_on(place, ignored):
    ignore = (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignored else None
    command = [sys.executable, "-m", "masdesign", "search", "arithmetic", "--budget", "20000calls", "--yes"]
    calls = place / ".masdesign/calls.db"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=ignore) as running:
        until = time.monotonic() + 60
        while not _count(calls) and time.monotonic() < until:
            time.sleep(0.2)
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 143, err
    assert err.splitlines()[-1].startswith("masdesign: ended by SIGTERM")
    assert "Traceback" not in err
    assert "--run" in err
    assert _count(calls)


def _count(calls: Path) -> int:
    """Completions on disk."""
    if not calls.exists():
        return 0
    with closing(sqlite3.connect(f"file:{calls}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        return int(connection.execute("SELECT count(*) FROM completions").fetchone()[0])
    return 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["evaluate", "beest", "arithmetic"], "did you mean best?"),
        (["evaluate", "chain_of_thougth", "arithmetic"], "did you mean chain_of_thought"),
        (["evaluate", "direct", "arithmetics"], "did you mean arithmetic?"),
        (["search", "arithmetic", "--strategy", "portfolo"], "did you mean portfolio?"),
        (["evaluate", "direct", "arithmetic", "--scorer", "exat"], "did you mean exact"),
        (["evaluate", "direct", "arithmetic", "--budget", "1cal"], "20000calls"),
        (["evaluate", "direct", "arithmetic", "--split", "tset"], "'tset'"),
        (["distill", "direct", "arithmetic", "--method", "transcrib"], "did you mean transcribe?"),
        (["run", "direct"], "--question"),
        (["run", "direct", "--question", "x", "--columns", "a=b"], "No such option '--columns'"),
        (["archive", "show", "nothing"], "nothing"),
        (["replay", "nothing"], "no run 'nothing'"),
        (["report", "nothing"], "does not exist; run masdesign search"),
        (["serve", "nothing"], "nothing"),
        (["transfer", "direct", "--tasks", "nothing", "--models", "abacus"], "nothing"),
        (["compare", "arithmetic", "--strategies", "random", "--budget", "900calls"], "two or more"),
        (["archive", "promote", "direct", "--as", "no name"], "no name"),
        (["export", "nothing", "--out", "x.py"], "nothing"),
        (["solve", ""], "question"),
    ],
)
def test_a_wrong_word_is_one_short_line_with_its_cure(words, says, place, capsys):
    assert main(words) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    (line,) = streams.err.strip().splitlines()
    assert says in line
    assert len(line) < 500


def test_too_little_memory_is_no_bug(monkeypatch, capsys):
    def large(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("masdesign.load_task", large)
    assert main(["evaluate", "direct", "arithmetic"]) == 1
    assert capsys.readouterr().err == (
        "masdesign: there is not enough memory for this; give smaller files, or less at once\n"
    )
