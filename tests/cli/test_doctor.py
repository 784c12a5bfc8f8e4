"""`masdesign doctor`: what works here, and what does not."""

from __future__ import annotations

import json

from masdesign.cli import main


def found(capsys, code: int) -> dict[str, dict]:
    assert main(["doctor", "--json"]) == code
    return {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}


def test_a_record_of_calls_that_cannot_be_opened_is_a_finding(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "archive.db"))
    well = found(capsys, 0)
    assert all(finding["ok"] for finding in well.values())
    assert "0 designs; calls recorded in" in well["archive"]["detail"]
    (tmp_path / "calls.db").write_bytes(b"no database" * 100)
    ill = found(capsys, 1)
    assert [name for name, finding in ill.items() if not finding["ok"]] == ["archive"]
    assert "calls.db cannot be used" in ill["archive"]["detail"]
