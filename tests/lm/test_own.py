"""Models of a user's own: by name after a decorator, or as objects."""

import pytest

import masdesign as md
from masdesign.archive import Archive
from masdesign.errors import InputError
from masdesign.lm.providers import PROVIDERS
from masdesign.plugins import load_plugins
from masdesign.registry import added_versions, overlay
from masdesign.tasks import load_task
from masdesign.types import Completion, Usage

MINE = '''
import masdesign as md
from masdesign.types import Completion, Usage


@md.model("mine")
class Mine:
    """Answers with its size."""

    window = 4096

    def __init__(self, size="7"):
        self.size, self.model = size, f"mine-{size}@1"

    async def complete(self, request):
        return Completion(f"Answer: {self.size}", Usage(5, 2))

    async def aclose(self):
        pass
'''


class Counting:
    """A model as an object, that knows how often it was asked and closed."""

    model, window = "counting@1", 4096

    def __init__(self):
        self.asked = self.closed = 0

    async def complete(self, request):
        self.asked += 1
        return Completion("Answer: 7", Usage(5, 2))

    async def aclose(self):
        self.closed += 1


@pytest.fixture
def task():
    return load_task("arithmetic", items=8, test_items=8)


@pytest.mark.parametrize(("name", "text"), [("mine", "7"), ("mine:12", "12")])
def test_a_class_of_a_plug_in_is_a_model_by_name(tmp_path, fresh_imports, task, name, text):
    (tmp_path / "mine.py").write_text(MINE)
    for _ in range(2):  # the second time the file is not run again
        with overlay():
            load_plugins([str(tmp_path / "mine.py")])
            evaluation = md.run_evaluate("direct", task, model=name)
            assert {result.answer.text for result in evaluation.results} == {text}
            assert evaluation.model == f"mine-{text}@1"
            first = added_versions()
            assert list(first) == ["model mine"]
            assert PROVIDERS.get("mine").summary == "Answers with its size."
    (tmp_path / "mine.py").write_text(MINE.replace("(5, 2)", "(6, 2)"))
    with overlay():
        load_plugins([str(tmp_path / "mine.py")])
        assert added_versions() != first


def test_an_object_is_a_model_and_stays_open(task):
    lm = Counting()
    for _ in range(2):
        assert md.run_evaluate("direct", task, model=lm).model == "counting@1"
    assert (lm.asked, lm.closed) == (16, 0)


@pytest.mark.slow
def test_a_search_on_an_object_is_kept_and_goes_on(task):
    lm = Counting()
    with Archive(":memory:") as archive:
        options = {"budget": "500calls", "archive": archive, "strategy": "random"}
        found = md.run_search(task, model=lm, cache=":memory:", **options)
        assert archive.run(found.run).model == "counting@1"


@pytest.mark.parametrize("name", ["", "my model", "a/b", "a:b"])
def test_a_name_that_no_model_can_have_is_one_line(name):
    with pytest.raises(InputError, match="model name"):
        md.model(name)


def test_a_shipped_name_is_taken():
    with overlay(), pytest.raises(InputError, match="model 'abacus' is there twice"):
        md.model("abacus")(Counting)


def test_a_class_that_is_no_model_is_one_line(task):
    with overlay():
        md.model("half")(type("Half", (), {"model": "half@1", "window": 9}))
        with pytest.raises(InputError, match="model half: its class has no complete, aclose"):
            md.run_evaluate("direct", task, model="half")


def _raise_oh(text="a"):
    raise ValueError(f"no {text}")


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (lambda path: Counting(), "odd", "'odd' cannot be opened so .missing.*write odd:TEXT"),
        (Counting, "odd:a", "'odd' cannot be opened so .too many.*leave out :a"),
        (_raise_oh, "odd:a", "'odd' cannot be opened .ValueError: no a."),
    ],
)
def test_a_class_that_cannot_be_opened_is_one_line(task, kind, name, message):
    with overlay():
        md.model("odd")(kind)
        with pytest.raises(InputError, match=message):
            md.run_evaluate("direct", task, model=name)


def test_a_reply_that_is_no_completion_is_one_line(task):
    class Textual(Counting):
        async def complete(self, request):
            return "Answer: 7"

    with pytest.raises(InputError, match="'counting@1' replied with 'Answer: 7'; give Completion"):
        md.run_evaluate("direct", task, model=Textual())
