"""masdesign tools: what designs may use."""

import json
import sys
from pathlib import Path

import pytest

from masdesign.cli import main

SERVER = Path(__file__).parents[1] / "environments" / "mcp_server.py"


def test_the_list(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_DATA", raising=False)
    assert main(["tools"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()][:4] == ["calculator", "python", "retrieval", "arc"]
    assert "look, go, open, take, put" in out
    assert "set MASDESIGN_DATA" in out  # what tau_airline lacks here
    assert main(["tools", "--json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} == {"built-in", "environment"}


def test_cards_of_an_environment_of_functions_and_of_documents(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my_lookup.py").write_text(
        'def up(word: str, most: int = 3) -> str:\n    "Look it up."\n    return word\n'
    )
    Path("notes.txt").write_text("Some text.")
    assert main(["tools", "my_lookup.py:up", "--corpus", "notes.txt", "--json"]) == 0
    cards = {card["name"]: card for card in json.loads(capsys.readouterr().out)}
    assert set(cards) == {"up", "search", "read"}
    assert cards["up"]["schema"]["required"] == ["word"]
    assert main(["tools", "my_lookup.py:up"]) == 0
    assert '    most (optional): {"default": 3, "type": "integer"}' in capsys.readouterr().out
    assert main(["tools", "python"]) == 0
    assert "sandbox" in capsys.readouterr().out


@pytest.mark.slow
def test_an_mcp_server(capsys):
    pytest.importorskip("mcp")
    assert main(["tools", "--mcp", f"shop={sys.executable} {SERVER}", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert [(card["name"], card["effect"]) for card in cards][:2] == [("count", "world"), ("take", "world")]


def test_what_there_is_not(capsys):
    assert main(["tools", "hause"]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "did you mean house?" in printed
