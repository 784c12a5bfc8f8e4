"""Every Python verb takes a block, a strategy, a model, a task and a design of one's own, as objects."""

import pytest

import masdesign as md
from masdesign.archive import Archive
from masdesign.building_blocks import BLOCKS
from masdesign.building_blocks.direct import direct
from masdesign.errors import InputError
from masdesign.search import Proposal, Strategy
from masdesign.types import Answer, Question
from masdesign.workflow import Design, block


@block(cost="1 call")
async def shout(task: Question) -> Answer:
    """Asks at once, and loudly."""
    return await direct(task)


class Loud(Strategy):
    """Proposes one design."""

    name = "loud"

    def propose(self, view, n):
        known = {entry.design.id for entry in view.entries}
        return [] if LOUD.id in known else [Proposal(LOUD)]


LOUD = Design("async def workflow(task):\n    return await shout(task)\n", name="loud")


@pytest.fixture
def given(sums, script):
    with Archive(":memory:") as archive:
        yield {"task": sums.first(val=12, test=8), "model": script, "archive": archive, "blocks": [shout]}


@pytest.mark.slow
@pytest.mark.parametrize("design", [LOUD, shout], ids=["design", "block"])
@pytest.mark.parametrize("verb", ["evaluate", "ablate", "distill"])
async def test_a_design_that_names_the_block_on_a_task(given, verb, design):
    options = {"method": "transcribe", "budget": "2000calls"} if verb == "distill" else {}
    assert await getattr(md, f"run_{verb}_async")(design, given.pop("task"), **given, **options)


@pytest.mark.slow
@pytest.mark.parametrize("design", [LOUD, shout], ids=["design", "block"])
async def test_it_answers_is_transferred_and_promoted(given, design):
    task, model = given.pop("task"), given["model"]
    (answer,) = (await md.run_design_async(design, task.val[0].question, **given)).texts
    assert (await md.run_transfer_async(design, [task], models=[given.pop("model")], **given)).table.cells
    with md.load(design, model=model, archive=given["archive"], blocks=[shout]) as ask:
        assert (await ask.acall(task.val[0].question)).text == answer
    assert (
        await md.run_promote_async(design, "loudly", archive=given["archive"], blocks=[shout])
    ).version == LOUD.id


@pytest.mark.slow
async def test_what_takes_no_design(given):
    task = given.pop("task")
    assert (await md.run_baseline_async(task, max_k=3, **given)).curve.points
    assert (await md.run_solve_async(task.val[0].question, budget="60calls", **given)).answer()
    found = await md.run_compare_async(task, [Loud, "random"], budget="900calls", repeats=1, **given)
    assert [standing.strategy for standing in found.standings] == ["loud", "random"]


@pytest.mark.slow
async def test_a_search_is_replayed(given, tmp_path):
    task, place = given.pop("task"), tmp_path / "archive.db"
    found = await md.run_search_async(task, strategy=Loud, budget="900calls", **{**given, "archive": place})
    with Archive(place) as archive:
        assert archive.design(LOUD.id) == LOUD
    again = await md.run_replay_async(found, archive=place, task=task, blocks=[shout], strategy=Loud)
    assert again.same
    with pytest.raises(InputError, match="had block shout"):
        await md.run_replay_async(found.run, archive=place, task=task, strategy=Loud)


async def test_nothing_of_it_stays(given):
    await md.run_evaluate_async(shout, given.pop("task"), **given)
    assert "shout" not in BLOCKS.names()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"modle": "abacus"}, "option 'modle' does not exist; beside the verb's own there is archive"),
        (
            {"model": type("Mine", (), {"model": "mine@1", "window": 9, "complete": 0, "aclose": 0})},
            r"Mine\(\)",
        ),
        ({"budget": 500}, "budget 500 is not a number with a unit"),
        ({"plugins": "none.py"}, "plug-in none.py does not exist"),
    ],
)
def test_what_is_mistyped_is_one_line(given, wrong, message):
    options = {"task": given["task"], "model": given["model"], **wrong}
    with pytest.raises(InputError, match=message):
        md.run_evaluate("direct", **options)
    with Archive(":memory:") as archive, pytest.raises(InputError, match=message):
        md.run_search(archive=archive, **{"budget": "300calls", **options})


async def test_one_block_needs_no_list(given):
    task = given["task"].first(val=3)
    assert await md.run_evaluate_async(LOUD, task, model=given["model"], blocks=shout)


async def test_an_ablation_shows_itself_in_a_line(given):
    shown = repr(await md.run_ablate_async(LOUD, given.pop("task"), **given))
    assert shown.startswith("AblationRun(design=loud, score=")
    assert len(shown) < 300
