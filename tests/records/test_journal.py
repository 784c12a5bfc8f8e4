"""Events of episodes: what was written is what is read, or it is said that the file is damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from masdesign.errors import InternalFault
from masdesign.records.journal import Journal

EVENT = {"text": "the lamp is on", "parts": {2: [1.5, None], 10: "ü"}}


def test_an_event_is_read_as_it_was_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        kept = journal.put("k", EVENT)
        assert kept == {"text": "the lamp is on", "parts": {"2": [1.5, None], "10": "ü"}}
        assert journal.put("k", {"text": "another"}) == kept == journal.get("k")


def test_a_flipped_bit_is_no_other_observation(tmp_path: Path) -> None:
    place = tmp_path / "journal.db"
    with Journal(place) as journal:
        journal.put("k", EVENT)
    data = place.read_bytes()
    assert data.count(b"lamp is on") == 1
    place.write_bytes(data.replace(b"lamp is on", b"lamp is oo"))
    with Journal(place) as journal, pytest.raises(InternalFault, match="an event is not what was written"):
        journal.get("k")


def test_an_event_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    place = tmp_path / "journal.db"
    with Journal(place) as journal:
        journal.put("k", EVENT)
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("""UPDATE events SET value = '{"text": "the lamp is off"}'""")
        connection.commit()
    with Journal(place) as journal:
        assert journal.get("k") == {"text": "the lamp is off"}
