"""A search asks a person before it spends much: at a terminal only, and not with --yes."""

from __future__ import annotations

import sys

import click
import pytest

from masdesign.cli._watch import Watcher


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The questions asked; whoever is asked says no."""
    questions: list[str] = []

    def confirm(question: str, **options: object) -> None:
        assert options == {"abort": True, "err": True}
        questions.append(question)
        raise click.Abort

    monkeypatch.setattr(click, "confirm", confirm)
    return questions


def terminal(monkeypatch, there: bool) -> None:
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: there, raising=False)


def test_no_at_a_terminal_ends_the_run(asked, monkeypatch) -> None:
    terminal(monkeypatch, True)
    with pytest.raises(click.Abort):
        Watcher(str, str).confirm(False)("20 USD. Go on?")
    assert asked == ["20 USD. Go on?"]


def test_without_a_terminal_or_with_yes_nobody_is_asked(asked, monkeypatch) -> None:
    terminal(monkeypatch, False)
    Watcher(str, str).confirm(False)("Go on?")
    terminal(monkeypatch, True)
    Watcher(str, str).confirm(True)("Go on?")
    assert asked == []
