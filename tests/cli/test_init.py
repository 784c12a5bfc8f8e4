"""`masdesign init`, and commands that take their defaults from `masdesign.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import BLOCKS
from masdesign.cli import main
from masdesign.session.config import Config


@pytest.fixture
def place(tmp_path, monkeypatch, fresh_imports) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    return tmp_path


@pytest.mark.slow
def test_init_then_search_without_further_flags(place, capsys):
    assert main(["init", "arithmetic", "--budget", "800calls"]) == 0
    text = Path("masdesign.toml").read_text().replace('"portfolio"', '"random"')
    Path("masdesign.toml").write_text(
        text.replace("# items = 200", "items = 12").replace("# test_items = 400", "test_items = 10")
    )
    assert main(["search", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (found["task"], found["strategy"], found["best"]["val"]["items"]) == ("arithmetic", "random", 12)
    assert found["best"]["test"]["items"] == 10


def test_it_does_not_write_over_a_file(place, capsys):
    assert main(["init"]) == 0
    before = Config.find()
    assert main(["init", "boolean"]) == 2
    assert "--force" in capsys.readouterr().err
    assert Config.find() == before
    assert main(["init", "boolean", "--force"]) == 0
    assert Config.find().task == {"name": "boolean"}


@pytest.mark.slow
def test_flags_win_and_another_task_has_no_options_of_the_file(place, capsys):
    Path("masdesign.toml").write_text('[task]\nname = "arithmetic"\nitems = 4\n[search]\nbudget = "9calls"\n')
    assert main(["evaluate", "direct", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == 4
    assert main(["advise", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["task"] == "arithmetic"
    assert main(["evaluate", "direct", "--items", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == 3
    assert main(["evaluate", "direct", "boolean", "--items", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["task"], found["items"]) == ("boolean", 5)


@pytest.mark.slow
def test_the_archive_and_plugins_of_the_file_are_those_of_every_command(place, capsys, monkeypatch):
    Path("masdesign.toml").write_text('archive = "kept/a.db"\nplugins = ["shout.py"]\n')
    Path("shout.py").write_text("from pathlib import Path\n\nPath('loaded').touch()\n")
    assert main(["evaluate", "direct", "arithmetic", "--items", "3"]) == 0
    assert Path("loaded").exists()
    (place / "below").mkdir()
    monkeypatch.chdir(place / "below")
    capsys.readouterr()
    assert main(["archive", "list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["direct"]
    assert not list(Path().iterdir())


@pytest.mark.slow
def test_a_search_takes_the_blocks_and_the_designs_of_the_file(place, capsys):
    Path("mine.py").write_text("async def workflow(task):\n    return await direct(task)\n")
    text = '[task]\nname = "arithmetic"\nitems = 6\ntest_items = 6\n[search]\n'
    text += 'budget = "300calls"\nstrategy = "random"\nstart = "mine.py"\nwith = ["direct", "step_back"]\n'
    Path("masdesign.toml").write_text(text)
    assert main(["search", "--yes", "--no-literature", "--no-transfer", "--json"]) == 0, (
        capsys.readouterr().err
    )
    with Archive(".masdesign/archive.db") as archive:
        designs = [design for design in archive.designs() if design.origin not in ("baseline", "control")]
    assert designs
    named = {name for design in designs for name in BLOCKS.names() if f"{name}(" in design.source}
    assert named <= {"direct", "step_back"}


@pytest.mark.slow
def test_a_scorer_of_the_file_is_not_called_inferred(place, capsys):
    Path("a.csv").write_text(
        "question,answer\n" + "".join(f"What is {n} + {n}?,{2 * n}\n" for n in range(30))
    )
    assert main(["evaluate", "direct", "a.csv", "--items", "3", "--scorer", "exact"]) == 0
    assert "inferred" not in capsys.readouterr().err
    Path("masdesign.toml").write_text('[task]\nname = "a.csv"\nscorer = "exact"\nitems = 3\n')
    assert main(["evaluate", "direct"]) == 0
    assert "inferred" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [["search"], ["archive", "list"], ["blocks"]])
def test_a_wrong_file_is_one_line(place, capsys, command):
    Path("masdesign.toml").write_text("[taks]\n")
    assert main(command) == 2
    assert "did you mean task" in capsys.readouterr().err
