"""The registry: where things come from, what a name means, and what a session adds."""

import sys
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import pytest

from masdesign import overlays, registry
from masdesign.building_blocks import BLOCKS
from masdesign.distill.methods import METHODS
from masdesign.errors import InputError
from masdesign.evaluation.executors import EXECUTORS
from masdesign.lm.providers import PROVIDERS
from masdesign.plugins import load_plugins
from masdesign.registry import Overlay, Registry, overlay
from masdesign.search.strategies import STRATEGIES
from masdesign.tasks.families import FAMILIES
from masdesign.tasks.forms import FORMS
from masdesign.tasks.readers import READERS
from masdesign.tasks.recipes import RECIPES
from masdesign.tasks.scorers import SCORERS
from masdesign.workflow import block

SHIPPED = [BLOCKS, STRATEGIES, METHODS, EXECUTORS, FAMILIES, SCORERS, PROVIDERS, FORMS, READERS, RECIPES]


class Shape(ABC):
    @abstractmethod
    def area(self): ...


class Square(Shape):
    name = "square"

    def area(self):
        return 1


@pytest.fixture
def shapes():
    yield Registry("shape", Shape, classes=True)
    registry._registries.pop("shape")


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.kind)
def test_what_is_shipped_is_called_as_its_file_is(kind):
    assert kind.names()
    for name in kind.names():
        assert kind.several or name in kind._home_modules()
        assert kind.origin(name) == registry.SHIPPED
        assert kind.get(kind.all()[name]) is kind.all()[name]
    assert kind.added() == ()


def test_what_is_there_keeps_its_origin_when_it_is_registered_again():
    line = FORMS.get("line")
    with overlay():
        assert FORMS.register(line) is line
        assert (FORMS.origin("line"), FORMS.ref(line).origin) == (registry.SHIPPED, registry.SHIPPED)


@pytest.mark.slow
def test_only_the_file_of_the_name_is_imported():
    code = (
        "import sys; from masdesign.search.strategies import STRATEGIES; STRATEGIES.get('random')\n"
        "assert 'masdesign.search.strategies.random' in sys.modules\n"
        "assert 'masdesign.search.strategies.tpe' not in sys.modules\n"
        "STRATEGIES.names(); assert 'masdesign.search.strategies.tpe' in sys.modules\n"
    )
    run_python(code)


def run_python(code):
    import subprocess

    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_class_is_registered_by_a_decorator_under_its_own_name_or_another(shapes):
    with overlay():
        assert shapes.register(Square) is Square
        shapes.register(Square, "quad")
        assert shapes.names() == ("quad", "square")
        assert shapes.get("square") is Square
        assert shapes.get(Square) is Square
        assert shapes.ref(Square).origin == "object"


def test_a_taken_name_is_refused_and_the_same_value_is_not(shapes):
    other = type("Square", (Square,), {})
    with overlay():
        shapes.register(Square)
        shapes.register(Square)
        with pytest.raises(InputError, match="'square' is there twice, from object and from object"):
            shapes.register(other)
    with (
        overlay(),
        pytest.raises(InputError, match="'random' is there twice, from masdesign and from object"),
    ):
        STRATEGIES.register(type("Mine", (STRATEGIES.get("random"),), {}))


def test_a_definition_of_a_notebook_may_be_run_again(shapes):
    def cell():
        return type("Square", (Square,), {"__module__": "__main__", "__qualname__": "Square"})

    with overlay():
        shapes.register(cell())
        second = shapes.register(cell())
        assert shapes.get("square") is second


def test_an_unfinished_class_of_a_plug_in_says_what_it_lacks(tmp_path, fresh_imports):
    text = "from masdesign.search import Strategy\nclass Mine(Strategy):\n    name = 'mine'\n"
    (tmp_path / "mine.py").write_text(text)
    with overlay():
        load_plugins([str(tmp_path / "mine.py")])
        with pytest.raises(InputError, match="strategy 'mine' has no propose; write what is missing"):
            STRATEGIES.get("mine")


@pytest.mark.parametrize("wrong", [Shape, Square(), "squar", 7])
def test_what_is_no_such_thing_is_one_line(shapes, wrong):
    with overlay():
        shapes.register(Square)
        with pytest.raises(InputError) as refused:
            shapes.get(wrong)
    assert "\n" not in str(refused.value)
    assert "shape" in str(refused.value)


def test_the_nearest_name_is_told(shapes):
    with overlay():
        shapes.register(Square)
        with pytest.raises(InputError, match="did you mean square"):
            shapes.get("sqare")
    with pytest.raises(InputError, match="did you mean self_consistency"):
        BLOCKS.get("self_consitency")


def test_an_argument_follows_a_colon():
    assert STRATEGIES.get("meta_agent:best5").showing == "best5"
    assert EXECUTORS.get("ray://10.0.0.1:10001").rest == "://10.0.0.1:10001"
    with pytest.raises(InputError, match="takes no argument; leave out :x"):
        METHODS.get("rewrite:x")


def test_sessions_of_a_process_do_not_see_each_others_additions(shapes):
    first, second = Overlay(), Overlay()
    mine, yours = type("A", (Square,), {}), type("B", (Square,), {})
    with first.active():
        shapes.register(mine, "thing")
    with second.active():
        shapes.register(yours, "thing")
    for session, value in ((first, mine), (second, yours)):
        with session.active():
            assert shapes.get("thing") is value
    assert shapes.names() == ()


def test_an_overlay_goes_before_what_the_process_has(shapes, monkeypatch):
    process = Overlay()
    monkeypatch.setattr(overlays, "PROCESS", process)
    with process.active():
        shapes.register(Square)
        newer = type("Square", (Square,), {})
        session = Overlay()
        with session.active():
            shapes.register(newer, "other")
            assert shapes.names() == ("other", "square")
        assert shapes.names() == ("square",)


def test_threads_begun_elsewhere_see_the_process_alone(shapes):
    with overlay(), ThreadPoolExecutor(1) as pool:
        shapes.register(Square)
        assert pool.submit(shapes.names).result() == ()


def test_a_block_made_here_is_registered_as_an_object():
    @block()
    async def hum(task: str) -> str:
        """Hums."""

    with overlay():
        BLOCKS.register(hum)
        assert BLOCKS.get("hum") is hum
        assert [(ref.name, ref.origin) for ref in BLOCKS.added()] == [("hum", "object")]


@pytest.mark.slow
def test_modules_of_the_entry_point_group_are_plug_ins(tmp_path, monkeypatch):
    (tmp_path / "roundish.py").write_text(
        "from masdesign.search.strategy import Strategy\n\n\n"
        "class Roundish(Strategy):\n    name = 'roundish'\n    def propose(self, view, n): return []\n"
    )
    (tmp_path / "roundish-1.0.dist-info").mkdir()
    (tmp_path / "roundish-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: roundish\nVersion: 1.0\n"
    )
    entries = "[masdesign]\nroundish = roundish\n"
    (tmp_path / "roundish-1.0.dist-info" / "entry_points.txt").write_text(entries)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + ":" + ":".join(sys.path))
    run_python(
        "from masdesign.search.strategies import STRATEGIES\n"
        "assert STRATEGIES.get('roundish').__name__ == 'Roundish'\n"
        "assert STRATEGIES.origin('roundish') == 'entry-point roundish'\n"
        "assert [ref.name for ref in STRATEGIES.added()] == ['roundish']\n"
    )
    assert not [e for e in metadata.entry_points(group="masdesign") if e.name == "roundish"]


@pytest.mark.slow
def test_an_installed_plug_in_that_is_broken_is_named(tmp_path, monkeypatch):
    (tmp_path / "brokenish-1.0.dist-info").mkdir()
    (tmp_path / "brokenish-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: brokenish\nVersion: 1.0\n"
    )
    (tmp_path / "brokenish-1.0.dist-info" / "entry_points.txt").write_text("[masdesign]\nx = brokenish\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + ":" + ":".join(sys.path))
    run_python(
        "from masdesign.errors import InputError\nfrom masdesign.search.strategies import STRATEGIES\n"
        "try: STRATEGIES.names()\n"
        "except InputError as error: assert 'installed plug-in brokenish' in str(error), error\n"
        "else: raise SystemExit(1)\n"
    )


def test_a_shipped_name_is_taken_though_its_file_has_another():
    run_python(
        "import masdesign as md\nfrom masdesign.errors import InputError\n"
        "try: md.scorer(name='exact')(lambda answer, item: 1.0)\n"
        "except InputError as error: assert 'there twice' in str(error), error\n"
        "else: raise SystemExit(1)\n"
    )
