"""``masdesign new``: what it writes passes its own tests and works at once."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from masdesign.cli import main

USED = {
    "block": ["evaluate", "careful_vote", "arithmetic", "--items=4"],
    "model": ["evaluate", "direct", "arithmetic", "--items=4", "--model=careful_vote"],
    "scorer": ["evaluate", "direct", "arithmetic", "--items=4", "--scorer=careful_vote"],
    "strategy": ["search", "arithmetic", "--strategy=careful_vote", "--budget=600calls", "--items=8",
                 "--test-items=8", "--yes"],
    "tool": ["tools", "careful_vote"],
    "environment": ["tools", "careful_vote"],
}  # fmt: skip
"""How a plug-in of each kind is used, once it is written."""


@pytest.fixture
def folder(tmp_path, monkeypatch, fresh_imports):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("kind", USED)
def test_a_skeleton_passes_its_tests_and_works(folder, capsys, kind):
    assert main(["new", kind, "careful_vote"]) == 0
    assert "--plugin careful_vote.py" in capsys.readouterr().out
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_careful_vote.py"]
    tested = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
    )
    assert tested.returncode == 0, tested.stdout
    assert main([*USED[kind], "--plugin", "careful_vote.py", "--json"]) == 0, capsys.readouterr().err
    document = json.loads(capsys.readouterr().out)
    assert document


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["blok", "mine"], "'blok' is no kind of plug-in; choose one of block"),
        (["block", "Mine"], "write it in lower case"),
        (["block", "two words"], "write it in lower case"),
        (["block", "class"], "write it in lower case"),
        (["block", "direct"], "masdesign has a block of that name"),
        (["scorer", "exact"], "masdesign has a scorer of that name"),
        (["model", "abacus"], "masdesign has a model of that name"),
        (["strategy", "portfolio"], "masdesign has a strategy of that name"),
        (["tool", "calculator"], "masdesign has a tool of that name"),
        (["block", "json"], "Python has a module of that name"),
        (["model", "sys"], "Python has a module of that name"),
        (["block", "answer"], "own code uses that word"),
        (["strategy", "design"], "own code uses that word"),
    ],
)
def test_a_wrong_kind_or_name_is_one_line(folder, capsys, arguments, message):
    assert main(["new", *arguments]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert not list(folder.iterdir())


def test_a_file_that_is_there_is_kept(folder, capsys):
    Path("test_mine.py").write_text("# mine\n")
    assert main(["new", "block", "mine"]) == 2
    assert "test_mine.py is there already" in capsys.readouterr().err
    assert Path("test_mine.py").read_text() == "# mine\n"
    assert not Path("mine.py").exists()
    assert main(["new", "block", "mine", "--force"]) == 0
    assert "BlockContract" in Path("test_mine.py").read_text()


def test_without_pytest_it_says_how_to_get_it(folder, capsys, monkeypatch):
    assert main(["new", "scorer", "mine"]) == 0
    assert "try it: pytest test_mine.py" in capsys.readouterr().out
    find = importlib.util.find_spec
    monkeypatch.setattr("masdesign.cli.new.find_spec", lambda name: None if name == "pytest" else find(name))
    assert main(["new", "scorer", "mine", "--force"]) == 0
    assert "try it: pip install pytest; pytest test_mine.py" in capsys.readouterr().out
