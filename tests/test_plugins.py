"""Plug-ins: files and modules of a user, their versions, and what is said of broken ones."""

import sys
from dataclasses import dataclass
from importlib import import_module

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import BLOCKS
from masdesign.building_blocks.direct import direct
from masdesign.distill import run_distill_async
from masdesign.distill.methods import METHODS
from masdesign.errors import InputError
from masdesign.plugins import load_plugins
from masdesign.registry import Overlay, added_refs, overlay
from masdesign.search import Proposal, Strategy, run_compare_async, run_search_async
from masdesign.search.strategies import STRATEGIES
from masdesign.session.verbs import run_evaluate_async
from masdesign.tasks import load_task
from masdesign.types import Answer, Question
from masdesign.versions import version_of
from masdesign.workflow import Design, block

SHOUT = '''
from masdesign.types import Answer, Question
from masdesign.workflow import block

LOUD = "!"
QUIET = "."


def louder(text):
    return text + LOUD


@block(cost="no call", calls=0)
async def shout(task: Question) -> Answer:
    """Shouts the question."""
    return Answer(louder(task.question))
'''


pytestmark = pytest.mark.usefixtures("fresh_imports")


def written(tmp_path, text=SHOUT, name="shout.py"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_a_file_adds_its_blocks_within_the_overlay(tmp_path):
    path = written(tmp_path)
    with overlay():
        load_plugins([path])
        load_plugins([path])
        assert "shout" in BLOCKS.names()
        assert BLOCKS.origin("shout") == f"file {path}"
        assert [ref.name for ref in added_refs()] == ["shout"]
    assert "shout" not in BLOCKS.names()


def test_a_file_imports_its_neighbour_and_both_hold_the_same_block(tmp_path):
    first = written(tmp_path)
    second = written(tmp_path, "from shout import shout\n", "twice.py")
    with overlay():
        load_plugins([second, first])
        assert BLOCKS.get("shout") is sys.modules["twice"].shout


def test_a_file_called_as_a_known_module_is_another_module(tmp_path):
    path = written(tmp_path, SHOUT, "json.py")
    with overlay():
        load_plugins([path])
        assert BLOCKS.get("shout").function.__module__.startswith("json_")
    assert import_module("json").dumps(1) == "1"


def test_a_module_is_a_plug_in_in_every_session_that_names_it(tmp_path, monkeypatch):
    text = SHOUT + "\nfrom masdesign.building_blocks import BLOCKS\nBLOCKS.register(shout, 'shout_again')\n"
    written(tmp_path, text, "shout_module.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    for _ in range(2):
        with overlay():
            load_plugins(["shout_module"])
            assert {"shout", "shout_again"} <= set(BLOCKS.names())
            assert BLOCKS.origin("shout") == "module shout_module"


def test_sessions_may_hold_different_versions_of_a_file(tmp_path):
    path, old, new = written(tmp_path), Overlay(), Overlay()
    with old.active():
        load_plugins([path])
    written(tmp_path, SHOUT.replace('"!"', '"!!"'))
    with new.active():
        load_plugins([path])
        (second,) = added_refs()
    with old.active():
        (first,) = added_refs()
    assert first.name == second.name == "shout"
    assert first.version != second.version


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ('LOUD = "!"', 'LOUD = "?"', True),
        ("text + LOUD", "LOUD + text", True),
        ("task.question)", "task.question.upper())", True),
        ('QUIET = "."', 'QUIET = ","', False),
        ("Shouts the question.", "Cries.", False),
        ("def louder", "# why\ndef louder", False),
    ],
)
def test_a_version_is_of_what_the_block_reaches(tmp_path, old, new, changes):
    versions = []
    for folder, text in (("a", SHOUT), ("b", SHOUT.replace(old, new))):
        (tmp_path / folder).mkdir()
        path = written(tmp_path / folder, text)
        with overlay():
            load_plugins([path])
            versions.append(BLOCKS.added()[0].version)
    assert (versions[0] != versions[1]) is changes


def test_an_object_without_a_file_has_a_version_too():
    namespace: dict = {}
    exec("class Mine:\n    def f(self): return 1\nclass Yours:\n    def f(self): return 2\n", namespace)  # noqa: S102
    assert version_of(namespace["Mine"]) != version_of(namespace["Yours"])
    assert version_of(namespace["Mine"]()) == version_of(namespace["Mine"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (\n", r"plug-in shout.py cannot be loaded \(line 1: SyntaxError"),
        ("import json\n\n1 / 0\n", r"plug-in shout.py cannot be loaded \(line 3: ZeroDivisionError"),
        ("import no_such_thing\n", r"ModuleNotFoundError.*no_such_thing"),
        ("def f():\n    raise ValueError('two\\nlines')\nf()\n", r"line 2: ValueError: two"),
    ],
)
def test_a_broken_file_is_one_line_with_the_place(tmp_path, text, message):
    path = written(tmp_path, text)
    with overlay(), pytest.raises(InputError, match=message):
        load_plugins([path])
    assert "shout" not in sys.modules


@pytest.mark.parametrize("name", ["missing.py", "no_such_module", "json.no_such_part", "a b"])
def test_what_does_not_exist_is_one_line(name):
    with overlay(), pytest.raises(InputError, match="does not exist") as refused:
        load_plugins([name])
    assert "\n" not in str(refused.value)


def test_a_block_of_a_taken_name_is_refused(tmp_path):
    path = written(tmp_path, SHOUT.replace("shout", "direct"), "mine.py")
    with overlay():
        load_plugins([path])
        with pytest.raises(InputError, match="'direct' is there twice"):
            BLOCKS.names()


def test_a_strategy_of_a_file_has_its_name(tmp_path):
    text = (
        "from masdesign.search import Strategy\n\n\nclass Idle(Strategy):\n"
        "    name = 'idle'\n\n    def propose(self, view, n):\n        return []\n"
    )
    path = written(tmp_path, text, "lazy.py")
    with overlay():
        load_plugins([path])
        assert STRATEGIES.get("idle").__module__ == "lazy"


@block(cost="no call", calls=0)
async def whisper(task: Question) -> Answer:
    """Whispers the question."""
    await direct(task)
    return Answer(task.question.lower())


class Whispering(Strategy):
    """Proposes one design."""

    name = "whispering"

    def propose(self, view, n):
        design = Design("async def workflow(task):\n    return await whisper(task)")
        return [] if any(entry.design.id == design.id for entry in view.entries) else [Proposal(design)]


@pytest.mark.slow
async def test_verbs_take_blocks_and_a_strategy_as_objects():
    task = load_task("arithmetic", items=8, test_items=8)
    source = "async def workflow(task):\n    return await whisper(task)"
    evaluation = await run_evaluate_async(Design(source), task, blocks=[whisper])
    assert [result.answer.text for result in evaluation.results] == [item.question for item in task.val]
    assert "whisper" not in BLOCKS.names()
    with Archive(":memory:") as archive:
        options = {"budget": "600calls", "archive": archive, "cache": ":memory:"}
        found = await run_search_async(task, strategy=Whispering, blocks=[whisper], **options)
        record = archive.run(found.run)
        assert record.strategy == "whispering"
        assert list(record.settings["plugins"]) == ["block whisper", "strategy whispering"]
    with pytest.raises(InputError, match="is no block"):
        await run_evaluate_async(Design(source), task, blocks=[7])


@pytest.mark.slow
async def test_a_comparison_and_a_distillation_take_objects(tmp_path):
    task = load_task("arithmetic", items=8, test_items=8)

    class Mine(METHODS.get("transcribe")):
        name = "mine"

    with Archive(":memory:") as archive:
        options = {"archive": archive, "cache": ":memory:", "blocks": [whisper]}
        compared = await run_compare_async(
            task, [Whispering, "random"], budget="700calls", repeats=1, **options
        )
        assert {standing.strategy for standing in compared.standings} == {"whispering", "random"}
        design = Design("async def workflow(task):\n    await whisper(task)\n    return await direct(task)")
        found = await run_distill_async(design, task, method=Mine, **options)
        assert found.method == "mine"
        assert list(archive.run(found.run).settings["plugins"]) == ["block whisper", "method mine"]
    assert "mine" not in METHODS.names()


def test_a_dataclass_counts_with_its_fields_and_with_the_code_in_them():
    @dataclass
    class Rule:
        function: object
        weight: float = 1.0

    def half(text):
        return 0.5

    def full(text):
        return 1.0

    assert version_of(Rule(half)) == version_of(Rule(half))
    assert len({version_of(r) for r in (Rule(half), Rule(full), Rule(half, 2.0), Rule(object()))}) == 4
    assert version_of(Rule(object())) == version_of(Rule(object()))
