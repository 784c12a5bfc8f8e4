"""``--plugin``: a user's own block, with its template, and strategy in the commands."""

import json
import sqlite3
from contextlib import closing

import pytest

from masdesign.archive import Archive
from masdesign.cli import main

SHOUT = '''
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_answer
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", templates=("shout",))
async def shout(task: Question, *, instruction: str = "", model: str = "") -> Answer:
    """Shouts the problem at the model. Helps nobody."""
    text = await reply("shout", role="", temperature=0.0, model=model, task=task, instruction=instruction)
    return read_answer(text, bare=True)
'''
PROMPT = '{% from "_problem.j2" import problem %}{{ problem(task) }}\n\nANSWER AT ONCE!'
STRATEGY = '''
from masdesign.search import Proposal, Strategy
from masdesign.workflow import Design


class LoudFirst(Strategy):
    """Proposes the loud design, and nothing else."""

    name = "loud_first"

    def propose(self, view, n):
        known = {entry.design.id for entry in view.entries}
        design = Design("async def workflow(task):\\n    return await shout(task)", name="loud")
        return [] if design.id in known else [Proposal(design)]
'''


@pytest.fixture
def folder(tmp_path, monkeypatch, fresh_imports):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "shout.py": SHOUT, "shout.j2": PROMPT, "loud_first.py": STRATEGY,
        "design.py": "async def workflow(task):\n    return await shout(task)\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    return tmp_path


def printed(capsys, *arguments):
    assert main(list(arguments)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.slow
def test_blocks_and_strategies_list_a_plug_in_with_its_origin(folder, capsys):
    line = next(x for x in printed(capsys, "blocks", "--plugin=shout.py").splitlines() if "shout" in x)
    assert line.endswith("[file shout.py]")
    card = json.loads(printed(capsys, "blocks", "shout", "--plugin=shout.py", "--json"))
    assert card["templates"] == {"shout": PROMPT}
    assert card["origin"] == "file shout.py"
    rows = json.loads(printed(capsys, "strategies", "--plugin", "loud_first.py", "--json"))
    assert {row["name"]: row["origin"] for row in rows}["loud_first"] == "file loud_first.py"
    assert "loud_first" not in printed(capsys, "strategies")


def test_a_module_of_the_working_directory_is_a_plug_in(folder, capsys):
    assert "[module shout]" in printed(capsys, "blocks", "shout", "--plugin", "shout")


@pytest.mark.slow
def test_its_prompt_is_what_the_model_is_asked(folder, capsys):
    document = json.loads(
        printed(capsys, "evaluate", "design.py", "arithmetic", "--items=4", "--plugin=shout.py", "--json")
    )
    assert document["failures"]["design"] == 0
    assert document["calls_per_item"] == 1
    by_name = json.loads(
        printed(capsys, "evaluate", "shout", "arithmetic", "--items=4", "--plugin=shout.py", "--json")
    )
    assert by_name["score"] == document["score"]
    (folder / "shout.j2").write_text(PROMPT.replace("ONCE", "ONCE, AND BRIEFLY"))
    again = json.loads(
        printed(capsys, "evaluate", "shout", "arithmetic", "--items=4", "--plugin=shout.py", "--json")
    )
    assert again["spend"]["paid_calls"] == 4  # another prompt, so that nothing came from the cache
    with Archive(".masdesign/archive.db") as archive:
        assert len({e.fingerprint for e in archive.evaluations()}) == 2


@pytest.mark.slow
def test_a_search_notes_its_plug_ins_and_a_changed_one_is_noticed(folder, capsys):
    plugins = ["--plugin=shout.py", "--plugin=loud_first.py"]
    search = ["search", "arithmetic", "--strategy=loud_first", "--budget=600calls", "--items=8",
              "--test-items=8", "--yes", "--json"]  # fmt: skip
    found = json.loads(printed(capsys, *search, *plugins))
    run = found["run"]
    with Archive(".masdesign/archive.db") as archive:
        assert sorted(archive.run(run).settings["plugins"]) == ["block shout", "strategy loud_first"]
    assert printed(capsys, "replay", run, *plugins)
    again = json.loads(printed(capsys, *search, *plugins, "--run", run))
    assert again["best"] == found["best"]

    (folder / "shout.j2").write_text(PROMPT + "!")
    assert main(["replay", run, *plugins]) == 2
    assert f"run {run!r} had block shout" in capsys.readouterr().err
    assert main(["replay", run, "--plugin=loud_first.py"]) == 2
    assert f"run {run!r} had block shout" in capsys.readouterr().err
    with closing(sqlite3.connect(".masdesign/archive.db")) as database, database:  # as if interrupted
        database.execute("UPDATE runs SET outcome = NULL, finished = NULL, seal = NULL")
    (folder / "shout.py").write_text(SHOUT.replace("bare=True", "bare=False"))
    assert main([*search, *plugins, "--run", run]) == 2
    assert f"run {run!r} had block shout" in capsys.readouterr().err


@pytest.mark.slow
def test_without_plug_ins_nothing_is_noted(folder, capsys):
    found = json.loads(
        printed(
            capsys,
            "search",
            "arithmetic",
            "--strategy=random",
            "--budget=600calls",
            "--items=8",
            "--test-items=8",
            "--yes",
            "--json",
        )
    )
    with Archive(".masdesign/archive.db") as archive:
        assert "plugins" not in archive.run(found["run"]).settings


@pytest.mark.parametrize("name", ["missing.py", "no_such_module"])
def test_a_missing_plug_in_is_one_line(folder, capsys, name):
    assert main(["evaluate", "direct", "arithmetic", "--plugin", name]) == 2
    message = capsys.readouterr().err
    assert "does not exist" in message
    assert message.count("\n") == 1
