"""DESIGN: what a user can say, in which order it is looked for, and what is said when it is not found."""

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.session.resolve import resolve_design
from masdesign.types import Answer, Result
from masdesign.workflow import Design

WORKFLOW = "async def workflow(task):\n    return await {}\n"


def design(call, name=""):
    return Design(WORKFLOW.format(call), name=name)


def evaluation(found, score, task="toy", model="abacus-1@aa"):
    results = tuple(Result(f"i{n}", Answer("4"), float(n < score)) for n in range(10))
    return Evaluation(found.id, task, "1", "val", model, 0, "f", 10, results)


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "archive.db")


@pytest.fixture
def store(place):
    with Archive(place) as archive:
        yield archive


def test_a_file(tmp_path, place):
    path = tmp_path / "mine.py"
    path.write_text("\ufeff" + WORKFLOW.format("direct(task)"), encoding="utf-8")
    found = resolve_design(str(path), archive=place)
    assert (found.name, found.origin) == ("mine", "file")
    assert found.id == design("direct(task)").id


@pytest.mark.parametrize("name", ["none.py", "folder.py", "latin.py", "long.py"])
def test_a_file_that_cannot_be_read_is_one_line(name, tmp_path, place):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "latin.py").write_bytes(b"# \xe9")
    (tmp_path / "long.py").write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match=name) as error:
        resolve_design(str(tmp_path / name), archive=place)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["direct", "chain_of_thought", "self_consistency", "write_program"])
def test_a_block_that_takes_only_a_task(name, place, tmp_path):
    found = resolve_design(name, archive=place)
    assert found == Design(WORKFLOW.format(f"{name}(task)"), name=name, origin="block")
    assert not list(tmp_path.iterdir())  # looking makes no archive


@pytest.mark.parametrize("name", ["verify", "ask", "nothing", "", "abc"])
def test_what_is_not_there_is_said_with_what_there_is(name, place):
    with pytest.raises(InputError, match=r"archive list.*masdesign blocks") as refused:
        resolve_design(name, archive=place)
    assert len(str(refused.value)) < 300


def test_a_file_with_another_ending_is_no_design(tmp_path, place):
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(InputError, match=r"ends in \.py"):
        resolve_design(str(tmp_path / "mine.txt"), archive=place)


def test_an_id_a_prefix_a_name(store, place):
    mine = design("ask('Solve it.', task)", "mine")
    store.add_design(mine)
    for ref in (mine.id, mine.id[:4], mine.id[:4].upper(), "mine"):
        assert resolve_design(ref, archive=place) == mine
        assert resolve_design(ref, archive=store) == mine


def test_several_are_listed(store):
    one, two = design("ask('One.', task)", "twin"), design("ask('Two.', task)", "twin")
    store.add_design(one)
    store.add_design(two)
    with pytest.raises(InputError, match=f"(?s){one.id}.*{two.id}"):
        resolve_design("twin", archive=store)


def test_a_name_goes_before_a_block_but_twins_do_not_hide_it(store):
    one, two = design("ask('One.', task)", "direct"), design("ask('Two.', task)", "direct")
    store.add_design(one)
    assert resolve_design("direct", archive=store) == one
    store.add_design(two)
    assert resolve_design("direct", archive=store).origin == "block"


def test_best_of_a_task_and_model(store):
    weak, strong = design("direct(task)"), design("chain_of_thought(task)")
    for found, score in ((weak, 3), (strong, 8)):
        store.add_design(found)
        store.add_evaluation(evaluation(found, score))
    assert resolve_design("best", archive=store, task="toy", model="abacus") == strong
    with pytest.raises(InputError, match="toy"):
        resolve_design("best", archive=store, task="toy", model="gpt-9")


@pytest.mark.parametrize("told", [True, False])
def test_best_without_a_task_is_the_latest_finished_run_s_winner(told, store):
    old, new = design("direct(task)"), design("chain_of_thought(task)")
    for found, task in ((old, "toy"), (new, "game")):
        store.add_design(found)
        name = store.start_run(RunRecord("", task, "1", "abacus-1@aa", "random"))
        store.add_evaluation(evaluation(found, 5, task), run=name)
        store.finish_run(name, {"best": {"id": found.id}} if told else {})
    store.start_run(RunRecord("", "toy", "1", "abacus-1@aa", "random"))
    assert resolve_design("best", archive=store) == new


def test_best_of_nothing_says_what_to_do(store, place, tmp_path):
    with pytest.raises(InputError, match="nothing was evaluated in full here yet"):
        resolve_design("best", archive=store)
    with pytest.raises(InputError, match="masdesign search"):
        resolve_design("best", archive=str(tmp_path / "none.db"))


def test_objects_are_taken_as_they_are(place):
    mine = design("direct(task)")
    assert resolve_design(mine, archive=place) is mine
    assert resolve_design(blocks()["direct"], archive=place).id == mine.id
    with pytest.raises(InputError, match="needs more than a task"):
        resolve_design(blocks()["revise"], archive=place)


@pytest.mark.parametrize("source", [WORKFLOW.format("direct(task)"), 7])
def test_a_source_is_no_reference(source, place):
    with pytest.raises(InputError, match="Design"):
        resolve_design(source, archive=place)
