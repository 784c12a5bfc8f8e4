"""Every benchmark runs, and its figures, curves and notes are whole; what they are is no test's business."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


outcome = load("outcome")
run = load("run")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", run.NAMES)
def test_a_benchmark_ends_with_figures_and_curves(name, tmp_path) -> None:
    command = [sys.executable, HERE / f"bench_{name}.py", "--quick", "--json", tmp_path / "found.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = outcome.Outcome.from_json(json.loads((tmp_path / "found.json").read_text()))
    assert found.name == name
    assert found.rows or "left out" in found.notes[0]
    assert all(row.value >= 0 and (row.ratio is None) == (row.beside == "") for row in found.rows)
    assert outcome.markdown(found.rows) in done.stdout
    for curve in found.curves:
        for line in curve.lines.values():
            assert len(line) > 1
            assert [x for x, _ in line] == sorted({x for x, _ in line})
            assert all(y > 0 for _, y in line)
        run.draw(curve, tmp_path)
        assert (tmp_path / f"{curve.name}.svg").read_text().startswith("<?xml")
        assert (tmp_path / f"{curve.name}.png").stat().st_size > 1000
    if name == "flight":
        by_name = {row.what.partition(": ")[2]: row for row in found.rows}
        assert by_name["lost"].value == by_name["scored wrong"].value == 0


def test_every_benchmark_of_speed_is_in_the_one_command() -> None:
    others = {
        "bench_acceptance",
        "bench_adaptive",
        "bench_advice",
        "bench_arms",
        "bench_budget",
        "bench_corridor",
        "bench_forecast",
        "bench_mechanisms",
        "bench_racing",
        "bench_rediscovery",
        "bench_sight",
        "bench_statistics",
        "bench_verdicts",
    }
    assert {path.stem for path in HERE.glob("bench_*.py")} - others == {f"bench_{name}" for name in run.NAMES}


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*_*.py") if path != Path(__file__)))
def test_a_benchmark_names_nothing_that_is_gone(name, monkeypatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    assert load(name).__doc__


@pytest.mark.slow
def test_climbs_go_on_from_their_file_and_are_compared_by_seed(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    sight, file = load("bench_sight"), tmp_path / "climbs.jsonl"
    given = ["arithmetic", "--out", str(file), "--cache", str(tmp_path / "calls.db"), "--items", "6"]
    given += ["--seeds", "1", "--budget", "40"]
    sight.main(given)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["arm"] for row in rows] == ["blind", "aimed"]
    assert rows[0]["start"] == rows[1]["start"]
    assert all(0 < row["calls"] <= 40 for row in rows)
    assert "aimed takes" in capsys.readouterr().out
    sight.main(given)
    assert len(file.read_text().splitlines()) == 2


@pytest.mark.slow
def test_adaptive_concurrency_comes_near_the_best_fixed_one() -> None:
    ours, best, turned_away = load("bench_adaptive").measure(8, calls=800)
    assert ours <= 1.15 * best
    assert turned_away < 80


def test_a_missed_aim_shows_and_a_benchmark_that_fails_is_named(capfd, monkeypatch) -> None:
    rows = [outcome.Row("best", 60.0, "ms", aim=50), outcome.Row("calls", 9.0, "", "all", 0.09, aim=0.1)]
    table = outcome.markdown(rows)
    assert "| best | 60 ms |  | 50 ms **missed** |" in table
    assert "| calls | 9 | 0.09 × all | 0.1 × met |" in table
    assert run.measured("nothing", quick=True) is None
    assert "nothing took" in capfd.readouterr().err
