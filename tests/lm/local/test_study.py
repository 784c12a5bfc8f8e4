"""The search of the study on SmolLM2 can be made again from what lies beside its figures."""

import json
import lzma
from pathlib import Path

import pytest

from masdesign.cli import main

FIGURES = Path(__file__).parents[3] / "masdesign" / "docs" / "data"
NAVIGATE = Path(__file__).parents[4] / "shared" / "data" / "bbh" / "navigate.json"


@pytest.mark.slow
@pytest.mark.skipif(not NAVIGATE.is_file(), reason="no ../shared/data beside this checkout")
def test_the_search_on_a_real_model_is_made_again_offline(tmp_path, capsys):
    for name in ("archive.db", "calls.db"):
        packed = FIGURES / f"smollm2-navigate.{name}.xz"
        (tmp_path / name).write_bytes(lzma.decompress(packed.read_bytes()))
    kept = json.loads((FIGURES / "smollm2.json").read_text())["navigate"]["search"]
    files = [f"--archive={tmp_path / 'archive.db'}", f"--cache={tmp_path / 'calls.db'}"]
    task = [f"--task={NAVIGATE}", "--items=20", "--test-items=20"]
    assert main(["replay", kept["run"], *files, *task, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["same_bytes"] is True
    assert again["best"] == kept["id"]
    assert again["paid_calls"] == 0
    assert again["calls"] > 1000
