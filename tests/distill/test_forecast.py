"""Forecasts: structure, pilot, and the kept table, on which they err less than the mean does."""

from __future__ import annotations

import pytest
from benchmarks.bench_forecast import errors

from masdesign.building_blocks import blocks
from masdesign.distill.forecast import (
    MeasuredShare,
    Pilot,
    expected_share,
    forecast,
    kept_share,
    kind_of,
    measured,
    structure_of,
)
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import turns_with_evidence


def steps(call):
    return outline(f"async def workflow(task):\n    return await {call}", blocks())


def test_the_kept_table_is_large_and_its_forecasts_err_less_than_the_mean():
    rows = measured()
    assert len({(row.family, row.design) for row in rows}) >= 30
    assert len({row.family for row in rows}) >= 3
    found = errors(rows)
    assert found["forecast"] < found["mean"]


def test_the_rows_say_what_their_designs_are():
    for row in measured():
        if row.design.endswith(")"):
            assert structure_of(steps(row.design)) == row.structure


def test_a_share_stays_within_its_bounds():
    assert [kept_share(s, 0.6, 0.2) for s in (0.1, 0.4, 0.9)] == pytest.approx([0.0, 0.5, 1.0])


def test_a_pilot_moves_the_expectation_and_weighs_by_its_gain():
    rows = [MeasuredShare("f", str(n), "contexts", "alone", Pilot(0, 0, 0), 0.9) for n in range(20)]
    mean = expected_share("contexts", "alone", rows)
    lost = forecast("contexts", "alone", Pilot(0.1, 0.7, 0.1), rows)
    small = forecast("contexts", "alone", Pilot(0.1, 0.2, 0.1), rows)
    assert lost < small < mean
    assert forecast("contexts", "alone", None, rows) == mean


def test_kinds_are_told_by_the_turns():
    kinds = [
        kind_of(DistilledPrompt(tuple(turns_with_evidence(steps("isolate(task)"), alone=a)))) for a in (0, 1)
    ]
    assert kinds == ["evidence", "alone"]
    assert [kind_of(DistilledPrompt(turns)) for turns in (("a",), ("a", "b"))] == ["reply", "conversation"]
