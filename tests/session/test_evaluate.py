"""The verb `run_evaluate`; calls are replayed from a record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.archive import Archive
from masdesign.errors import InputError, SourceError
from masdesign.evaluation import EvaluationCut, evaluate
from masdesign.lm import Cached
from masdesign.records.cache import Cache
from masdesign.session.opening import Opening
from masdesign.session.verbs import run_evaluate, run_evaluate_async
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n")


@pytest.fixture
async def record(tmp_path, sums, runtime, script) -> str:
    """The name of a model that replays `DIRECT` on val and test."""
    with Cache(tmp_path / "record.db") as cache:
        recording = replace(runtime, models={"": Cached(script, cache)})
        await evaluate(DIRECT, sums, "val", recording)
        with Archive(":memory:") as archive:
            opening = Opening.record(archive, None, sums, [DIRECT])
        await evaluate(DIRECT, sums, opening, recording)
    return f"replay:{tmp_path / 'record.db'}"


@pytest.mark.slow
async def test_the_verb(record, sums, runtime):
    found = await run_evaluate_async(DIRECT, sums, model=record)
    assert found.complete
    assert found.to_json(times=False) == (await evaluate(DIRECT, sums, "val", runtime)).to_json(times=False)
    with pytest.raises(EvaluationCut) as cut:
        await run_evaluate_async(DIRECT, sums, model=record, budget="7calls")
    assert len(cut.value.partial.results) == 7


@pytest.mark.slow
async def test_the_verb_in_sync_code_even_inside_a_loop(record, sums):
    seen = []
    found = run_evaluate(DIRECT, sums, model={"": record}, on_result=seen.append)
    assert list(found.results) == seen
    with pytest.raises(InputError, match="no_such_task"):
        run_evaluate(DIRECT, "no_such_task", model=record)
    with pytest.raises(InputError, match="split 'vall' does not exist; choose one of train, val, test"):
        run_evaluate(DIRECT, sums, split="vall", model=record)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["best", DIRECT.id, "", DIRECT.source])
def test_a_text_is_a_reference_and_no_source(sums, record, text, tmp_path):
    with pytest.raises(InputError):
        run_evaluate(text, sums, model=record, archive=tmp_path / "none.db")


def test_a_design_that_is_not_well_formed_is_refused(sums, record):
    with pytest.raises(SourceError):
        run_evaluate(Design("async def workflow(task): return await nope(task)"), sums, model=record)


CODED = "async def workflow(task):\n    await direct(task)\n    a, b = task.question[:-2].split('+')\n"


async def test_the_blank_control_is_taken(sums, script, tmp_path):
    with Archive(tmp_path / "kept.db") as archive:
        plain = await run_evaluate_async(DIRECT, sums, model=script, archive=archive)
        asked = len(script.requests)
        coded = Design(CODED + "    return str(int(a) + int(b))\n")
        found = await run_evaluate_async(coded, sums, split="test", model=script, archive=archive)
        assert len(script.requests) == asked + sums.size("test"), "the control asks no model"
        assert (plain.blank_control, plain.answers_without_model) == (0.0, False)
        assert (found.blank_control, found.answers_without_model) == (1.0, True)
        assert set(archive.controls(archive.summaries()).values()) == {0.0, 1.0}
        assert len(archive.openings()) == 1
    assert "with a blank model" not in repr(plain)
    assert "with a blank model=1.000: its code answers" in repr(found)
    assert found.only([]).blank_control is None


async def test_a_look_at_test_is_recorded(record, sums, tmp_path, monkeypatch):
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "archive.db"))
    evaluation = await run_evaluate_async(DIRECT, sums, split="test", model=record)
    with Archive() as archive:
        (opening,) = archive.openings()
        assert opening.items == tuple(sorted(sums.ids("test")))
        assert [kept.design_id for kept in archive.evaluations(split="test")] == [evaluation.design_id]


async def test_val_is_kept_where_an_archive_is_given(record, sums, tmp_path):
    await run_evaluate_async(DIRECT, sums, model=record, archive=tmp_path / "kept.db")
    with Archive(tmp_path / "kept.db") as archive:
        assert archive.design(DIRECT.id) == DIRECT
        assert len(archive.evaluations(split="val")) == 1
        assert archive.openings() == []
