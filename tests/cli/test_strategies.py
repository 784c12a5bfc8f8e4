from __future__ import annotations

import json

from masdesign.cli import main


def test_strategies_are_listed(capsys) -> None:
    assert main(["strategies"]) == 0
    out = capsys.readouterr().out
    assert "evolution" in out
    assert "random" in out
    (default,) = (line for line in out.splitlines() if "the default" in line)
    assert default.startswith("portfolio")


def test_strategies_as_json(capsys) -> None:
    assert main(["strategies", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["evolution"]["reference"] == "arXiv:1802.01548"
    assert rows["random"]["needs_meta_model"] is False
    assert [name for name, row in rows.items() if row["default"]] == ["portfolio"]


def test_a_card(capsys) -> None:
    assert main(["strategies", "evolution"]) == 0
    assert "Regularized Evolution" in capsys.readouterr().out


def test_an_unknown_name_is_one_line(capsys) -> None:
    assert main(["strategies", "annealing"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "evolution" in err
