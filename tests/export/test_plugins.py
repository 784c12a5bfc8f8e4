"""A script of a design with a user's own block: its code as it stands, marked, with what it needs."""

import ast
import subprocess
import sys

import pytest

from masdesign.errors import InputError
from masdesign.export import export_script
from masdesign.plugins import load_plugins
from masdesign.registry import overlay
from masdesign.workflow import Design

SHOUT = '''"""A block of my own."""
import re

import jinja2

import masdesign as md
from masdesign.building_blocks import ask_for_answer
from masdesign.types import Answer, Question
from polite import please


@md.block(cost="1 call", templates=("shout",))
async def shout(task: Question, *, model: str = "") -> Answer:
    """Shouts the problem at the model. Helps nobody."""
    assert jinja2.__version__ and re.escape(".")
    return await ask_for_answer("shout", task, model=model, word=please())
'''
DESIGN = Design("async def workflow(task):\n    return await shout(task)\n")


@pytest.fixture
def plugin(tmp_path, fresh_imports):
    (tmp_path / "shout.py").write_text(SHOUT)
    (tmp_path / "shout.j2").write_text("{{ task.question }} {{ word }}!\n")
    (tmp_path / "polite.py").write_text('WORD = "PLEASE"\n\n\ndef please():\n    return WORD\n')
    with overlay():
        yield lambda: load_plugins([str(tmp_path / "shout.py")])


@pytest.mark.slow
async def test_it_asks_and_answers_as_the_design_does(plugin, load_script):
    plugin()
    script = load_script(DESIGN.source, reply=lambda messages, sample: "Answer: 4")
    assert (await script.answer("2 + 2 =")).text == "4"
    assert ["2 + 2 = PLEASE!" in messages for messages, *_ in script.asked] == [True]


@pytest.mark.slow
def test_what_is_the_users_is_marked_and_what_it_needs_is_named(plugin):
    plugin()
    text = export_script(DESIGN)
    assert "Your own, as it stands: A block of my own." in text
    assert "Your own, as it stands: polite" in text
    assert '#     "Jinja2",' in text
    assert "md." not in text


@pytest.mark.slow
def test_the_script_can_be_started(plugin, tmp_path):
    plugin()
    (tmp_path / "out.py").write_text(text := export_script(DESIGN))
    ast.parse(text)
    done = subprocess.run(
        [sys.executable, tmp_path / "out.py", "--help"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert "question" in done.stdout


def test_a_module_that_is_imported_whole_is_one_line(plugin, tmp_path):
    (tmp_path / "shout.py").write_text(SHOUT.replace("word=please()", "word=md.__version__"))
    plugin()
    with pytest.raises(InputError, match="plug-in shout cannot be exported: it imports masdesign as a whole"):
        export_script(DESIGN)
