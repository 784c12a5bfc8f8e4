"""DataFrames of pandas and polars are the rows that they hold."""

from datetime import datetime

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.readers import records_of

ROWS = [{"question": f"What is {n} plus one?", "target": n + 1, "of": ["a", "b"]} for n in range(40)]


@pytest.mark.slow
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_is_its_rows(library: str):
    frames = pytest.importorskip(library)
    task = load_task(frames.DataFrame(ROWS))
    assert (task.version, task.scorer.name) == (load_task(ROWS).version, "numeric")
    assert sorted(item.record["target"] for item in task.val) == sorted(
        item.record["target"] for item in load_task(ROWS).val
    )
    assert load_task(ROWS, test=frames.DataFrame(ROWS[:5])).size("test") == 5
    with pytest.raises(InputError, match='row 1: no "question"'):
        load_task(frames.DataFrame(ROWS).rename(columns={"question": "q"}) if library == "pandas"
                  else frames.DataFrame(ROWS).rename({"question": "q"}))  # fmt: skip
    with pytest.raises(InputError, match="has no row"):
        load_task(frames.DataFrame(ROWS)[:0])


def test_values_of_pandas_are_json_values():
    pandas, numpy = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    frame = pandas.DataFrame(
        {
            0: [numpy.int64(1), None], "when": [datetime(2020, 1, 2), None], "list": [numpy.arange(2), None],
            "whole": pandas.array([7, None], dtype="Int64"), "kind": pandas.Categorical(["x", None]),
        }
    )  # fmt: skip
    first, second = (record.fields for record in records_of(frame))
    assert first == {"0": 1, "when": "2020-01-02T00:00:00", "list": [0, 1], "whole": 7, "kind": "x"}
    assert set(second.values()) == {None}
    twice = pandas.concat([frame[["kind"]], frame[["kind"]]], axis=1)
    with pytest.raises(InputError, match='the column "kind" stands 2 times'):
        list(records_of(twice))


def test_what_is_not_collected_is_one_line():
    polars = pytest.importorskip("polars")
    with pytest.raises(InputError, match=r"LazyFrame; give .* a DataFrame"):
        load_task(polars.LazyFrame(ROWS))
