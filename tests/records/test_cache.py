"""Completions in a file and on a server: found again, shared, and never harmed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from openai_server import says, serving
from sqlalchemy import create_engine, inspect

from masdesign.archive import Archive
from masdesign.archive.calls import calls_beside
from masdesign.errors import InputError, InternalFault
from masdesign.lm import Cached, ModelSpec, Scripted, load_lm
from masdesign.records.cache import Cache
from masdesign.records.keys import cache_key
from masdesign.spending.price import Price
from masdesign.types import Completion, Message, Request, Usage

REQUEST = Request((Message("user", "2 + 2 ="),), model="m")
FOUR = Completion("4", Usage(7, 1, 0.25), "length")


@pytest.fixture(params=["file", "server"])
def place(request, tmp_path) -> str:
    """Where a cache can be: in a file, and on a PostgreSQL server."""
    if request.param == "file":
        return str(tmp_path / "new" / "cache.db")
    return request.getfixturevalue("new_database")()


def test_what_was_put_is_found_again_also_after_opening_anew(place: str) -> None:
    with Cache(place) as cache:
        assert cache.get("k") is None
        cache.put("k", REQUEST, FOUR)
        assert cache.get("k") == FOUR
        cache.flush()
        assert cache.get("k") == FOUR
    with Cache(place) as cache:
        assert cache.get("k") == FOUR
        assert len(cache) == 1


def test_in_memory() -> None:
    with Cache.memory() as cache:
        cache.put("k", REQUEST, FOUR)
        cache.flush()
        assert cache.get("k") == FOUR
        assert len(cache) == 1
        cache.note_model("m", 512, None)
        assert cache.models() == {"m": (512, None)}


@pytest.mark.slow
def test_it_commits_by_itself(place: str) -> None:
    with Cache(place) as cache, Cache(place) as other:
        for number in range(1200):
            cache.put(str(number), REQUEST, FOUR)
        while len(other) < 1200:
            pass
        assert other.get("1199") == FOUR


@pytest.mark.parametrize("extra", [{}, {"reasoning": "2 and 2"}])
def test_a_flipped_bit_is_no_other_answer(tmp_path: Path, extra: dict[str, str]) -> None:
    place = tmp_path / "cache.db"
    with Cache(place) as cache:
        cache.put("k", REQUEST, replace(FOUR, text="Answer: 4", **extra))
    data = place.read_bytes()
    assert data.count(b"Answer: 4") == 1
    place.write_bytes(data.replace(b"Answer: 4", b"Answer: 5"))
    with Cache(place) as cache, pytest.raises(InternalFault, match=r"cannot be read .*not what was written"):
        cache.get("k")


def test_a_row_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    place = tmp_path / "cache.db"
    with Cache(place) as cache:
        cache.put("k", REQUEST, FOUR)
    with sqlite3.connect(place) as connection:
        connection.execute("DELETE FROM extras")
    with Cache(place) as cache:
        assert cache.get("k") == FOUR


def test_the_first_completion_of_a_key_stays(place: str) -> None:
    with Cache(place) as one, Cache(place) as two:
        one.put("k", REQUEST, FOUR)
        two.put("k", REQUEST, Completion("5"))
        one.flush()
        two.flush()
        assert one.get("k") == two.get("k") == FOUR


def test_models_are_noted_for_replays(place: str) -> None:
    with Cache(place) as cache:
        cache.note_model("b", 512, Price(0.15, 0.6))
        cache.note_model("a", 4096, None)
        assert cache.models() == {"a": (4096, None), "b": (512, Price(0.15, 0.6))}


def test_characters_that_no_database_takes_do_no_harm(place: str) -> None:
    request = replace(REQUEST, messages=(Message("user", "\ud800"),))
    with Cache(place) as cache:
        cache.put(cache_key(request), request, Completion("a\ud800b\x00c"))
        cache.flush()
        assert cache.get(cache_key(request)) == Completion("a?b\x00c")


def test_a_file_that_is_no_cache_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like something " * 50)
    for path in (tmp_path / "notes.txt", tmp_path / "notes.txt" / "below", tmp_path):
        with pytest.raises(InputError, match=r"cannot be used .* name another file") as caught:
            Cache(path)
        assert "\n" not in str(caught.value)


def test_after_closing_it_says_so(place: str) -> None:
    cache = Cache(place)
    cache.close()
    cache.close()
    with pytest.raises(InputError, match="is closed"):
        cache.get("k")


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"messages": (Message("system", "2 + 2 ="),)},
        {"messages": (Message("user", "2 + 2 ="), Message("user", ""))},
        {"temperature": 0.8},
        {"max_tokens": 100},
        {"stop": ("\n",)},
        {"sample": 1},
        {"world": 1},
    ],
)
def test_the_key_depends_on_everything(change: dict[str, object]) -> None:
    assert cache_key(replace(REQUEST, **change)) != cache_key(REQUEST)  # type: ignore[arg-type]


def test_the_key_is_fixed() -> None:
    assert cache_key(replace(REQUEST, temperature=0)) == cache_key(REQUEST)
    minus = cache_key(replace(REQUEST, temperature=-0.0))
    assert cache_key(REQUEST) == minus
    assert cache_key(REQUEST).startswith("e87c84dd72e3")


def test_it_waits_for_another_process_that_writes_into_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.3, other.execute, ["COMMIT"])
    end.start()
    with Cache(path) as cache:
        cache.put("k", REQUEST, FOUR)
    end.join()
    other.close()


WRITER = """
import sys
from masdesign.records.cache import Cache
from masdesign.types import Completion, Message, Request
name = sys.argv[2]
cache = Cache(sys.argv[1])
for number in range(10**9):
    cache.put(f"{name}-{number}", Request((Message("user", str(number)),)), Completion(f"{number} " * 50))
    if number % 100 == 0:
        cache.flush()
        print(number, flush=True)
"""


@pytest.mark.slow
def test_it_survives_kill_in_the_middle_of_writing_by_several_processes(place: str) -> None:
    for stop_after in (1, 4, 9):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, place, f"{stop_after}{name}"],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for name in "ab"
        ]
        flushed = {}
        try:
            for name, writer in zip("ab", writers, strict=True):
                assert writer.stdout is not None
                for _ in range(stop_after):
                    flushed[f"{stop_after}{name}"] = int(writer.stdout.readline())
        finally:
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
                writer.communicate()
        with Cache(place) as cache:
            for name, last in flushed.items():
                for number in range(0, last + 1, 1 if "://" not in place else 20):
                    assert cache.get(f"{name}-{number}") == Completion(f"{number} " * 50)
            cache.put(f"after-{stop_after}", REQUEST, FOUR)
    if "://" not in place:
        connection = sqlite3.connect(place)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


async def test_one_persons_calls_are_anothers_cache_and_replay(new_database) -> None:
    url = new_database()
    Archive(url).close()  # a shared archive holds the calls of its runs, too
    mine = Scripted(lambda request: "4")
    with Cache(calls_beside(url)) as cache:
        assert (await Cached(mine, cache).complete(REQUEST)).text == "4"
    yours = Scripted(lambda request: "5")
    with Cache(calls_beside(url)) as cache:
        assert (await Cached(yours, cache).complete(REQUEST)).text == "4"
        lm = load_lm(f"replay:{url}", cache=cache, concurrency=1)
        assert (await lm.complete(REQUEST)).text == "4"
        await lm.aclose()
    assert not yours.requests


@pytest.mark.slow
async def test_no_credentials_reach_the_server(new_database, monkeypatch) -> None:
    url, key = new_database(), "sk-canary-77aa0c1e"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with serving(says("4")) as server, Cache(url) as cache:
        base = server.url.replace("http://", "http://me:canary-password@")
        lm = load_lm(ModelSpec("openai/test-model", base), cache=cache, concurrency=2)
        assert (await lm.complete(REQUEST)).text == "4"
        await lm.aclose()
    sent = server.headers[0]["authorization"].split()[1]
    engine = create_engine(url)
    with engine.connect() as connection:
        kept = [
            connection.exec_driver_sql(f"SELECT * FROM {t}").all()
            for t in inspect(connection).get_table_names()
        ]
    engine.dispose()
    assert "test-model" in str(kept)
    assert sent not in str(kept)
    assert "canary" not in str(kept)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://me:s3cret@127.0.0.1:9/db", "check that the server is up"),
        ("postgresql+nosuch://me:s3cret@host/db", "no driver"),
        ("mysql://me:s3cret@host/db", "PostgreSQL or in a file"),
        ("://", "not a path or a database URL"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_clear_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Cache(url)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
