"""Scorers of a user's own by name, after a decorator."""

import pytest

import masdesign as md
from masdesign.errors import InputError
from masdesign.plugins import load_plugins
from masdesign.registry import added_versions, overlay
from masdesign.tasks import load_task
from masdesign.tasks.scorers import SCORERS

MINE = '''
import masdesign as md
from masdesign.types import Score


@md.scorer
def longer(answer, item):
    """The longer, the better."""
    return min(1.0, len(answer.text) / 10)


@md.scorer(name="patient", calls=1)
async def asks(answer, item, outcome, services):
    return 0.5, "half"


@md.scorer
class Whole:
    name, calls = "whole", 0

    async def score(self, answer, item, outcome, services):
        return Score(1.0)
'''


@pytest.fixture
def mine(tmp_path, fresh_imports):
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    with overlay():
        load_plugins([str(path)])
        yield path


@pytest.mark.slow
def test_functions_and_classes_are_scorers_by_name(mine):
    assert {"longer", "patient", "whole"} <= set(SCORERS.names())
    assert SCORERS.get("patient").calls == 1
    assert SCORERS.origin("longer") == f"file {mine}"
    task = load_task("arithmetic", items=4, test_items=4, scorer="whole")
    assert md.run_evaluate("direct", task).score == 1.0


def test_a_version_is_that_of_the_function(mine):
    before = added_versions()
    assert sorted(before) == ["scorer longer", "scorer patient", "scorer whole"]
    mine.write_text(MINE.replace("/ 10", "/ 20"))
    with overlay():
        load_plugins([str(mine)])
        after = added_versions()
    assert after["scorer longer"] != before["scorer longer"]
    assert after["scorer patient"] == before["scorer patient"]


def test_a_taken_name_is_one_line():
    with overlay(), pytest.raises(InputError, match="scorer 'exact' is there twice"):

        @md.scorer
        def exact(answer, item):
            return 1.0


def test_a_class_that_is_no_scorer_is_one_line():
    with overlay(), pytest.raises(InputError, match="is no scorer"):
        md.scorer(type("Half", (), {"name": "half"}))
