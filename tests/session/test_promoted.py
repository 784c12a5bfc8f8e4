"""A design may call a promoted block of the archive, wherever it may call a shipped one."""

import ast
import json

import pytest

from masdesign.archive import Archive
from masdesign.cli import main
from masdesign.session.resolve import resolve_design
from masdesign.session.runnable import load
from masdesign.session.verbs import run_evaluate_async
from masdesign.workflow import Design

CAREFUL = Design("async def workflow(task):\n    return await chain_of_thought(task)\n", name="careful")
CALLER = "async def workflow(task):\n    return majority([await careful_thought(task), await direct(task)])\n"
FEW = ["--items=4", "--test-items=4"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "caller.py").write_text(CALLER)
    with Archive(".masdesign/archive.db") as archive:
        archive.add_design(CAREFUL)
        archive.promote(CAREFUL.id, "careful_thought")
    return tmp_path


def test_the_resolver_gives_it_with_the_definition(folder):
    for ref in ("caller.py", Design(CALLER)):
        design = resolve_design(ref)
        assert "async def careful_thought(task)" in design.source
        assert design.parents == (CAREFUL.id,)
    assert resolve_design("direct").source.count("def ") == 1
    own = Design("async def careful_thought(t):\n    return 1\n\n" + CALLER)
    assert resolve_design(own) == own


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "caller.py", "arithmetic", *FEW],
        ["run", "caller.py", "--question", "1 + 1 ="],
        ["distill", "caller.py", "arithmetic", "--method=transcribe", *FEW],
        ["transfer", "caller.py", "--tasks=arithmetic", *FEW],
        ["archive", "ablate", "caller.py", "arithmetic", *FEW],
    ],
    ids=lambda command: command[0],
)
def test_every_command_takes_it(folder, capsys, command):
    assert main([*command, "--json"]) == 0, capsys.readouterr().err
    text = capsys.readouterr().out
    document = json.loads(text)
    assert "not defined" not in text
    if command[0] == "evaluate":
        assert document["calls_per_item"] == 2
        assert document["failures"]["design"] == 0


def test_an_export_carries_it(folder, capsys):
    assert main(["export", "caller.py"]) == 0, capsys.readouterr().err
    script = ast.parse(capsys.readouterr().out)
    assert any(getattr(node, "name", "") == "careful_thought" for node in ast.walk(script))


@pytest.mark.slow
async def test_python_takes_it(folder):
    evaluation = await run_evaluate_async(Design(CALLER), "arithmetic", cache=".masdesign/calls.db")
    assert evaluation.calls_per_item == 2


def test_load_takes_it(folder):
    with load("caller.py") as answer:
        assert answer("(1 + 2 + 3 + 4) + (1 + 1 + 1 + 1) =").reasoning
