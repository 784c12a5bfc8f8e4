"""`hf:`: a local folder without a network, and a name that the hub does not have."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.readers import hf

pytest.importorskip("datasets")


def test_a_local_folder_is_read_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "sums"
    folder.mkdir()
    for split, count in (("train", 20), ("test", 30)):
        rows = [{"question": f"{n} + {count} =", "target": n + count} for n in range(count)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = load_task(f"hf:{folder}")
    assert task.scorer.name == "numeric"
    assert sum(task.size(split) for split in ("train", "val", "test")) == 30
    task = load_task(f"hf:{folder}:train")
    assert sum(task.size(split) for split in ("train", "val", "test")) == 20
    with pytest.raises(InputError, match="cannot be had"):
        load_task(f"hf:{folder}:validation")


@pytest.mark.parametrize("offline", ["0", "1"])
def test_an_unknown_name_is_one_line_in_time(offline: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", offline)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(InputError, match="nobody/nothing cannot be had") as caught:
        load_task("hf:nobody/nothing")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 3 * hf.PATIENCE
