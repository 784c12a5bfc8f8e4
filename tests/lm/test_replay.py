"""A recorded run again, without its model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from masdesign.errors import InputError, NotRecorded
from masdesign.lm import Cached, Replay, Scripted, load_lm
from masdesign.records.cache import Cache
from masdesign.spending.price import Price
from masdesign.types import Message, Request

REQUESTS = [Request((Message("user", f"{n} + {n} ="),), temperature=0.8, sample=n % 3) for n in range(20)]


async def record(path: Path, *models: str) -> list[str]:
    texts = []
    with Cache(path) as cache:
        for model in models:
            script = Scripted(
                lambda request: request.messages[0].content * 2, model, window=77, price=Price(1, 2)
            )
            lm = Cached(script, cache)
            texts = [(await lm.complete(request)).text for request in REQUESTS]
    return texts


async def test_the_same_texts_window_and_price(tmp_path: Path) -> None:
    texts = await record(tmp_path / "calls.db", "m@1")
    with Cache.memory() as cache:
        lm = load_lm(f"replay:{tmp_path / 'calls.db'}", cache=cache, concurrency=4)
        assert [(await lm.complete(request)).text for request in REQUESTS] == texts
    assert (lm.model, lm.window, getattr(lm, "price", None)) == ("m@1", 77, Price(1, 2))
    await lm.aclose()


async def test_what_is_not_recorded_is_one_clear_line(tmp_path: Path) -> None:
    await record(tmp_path / "calls.db", "m@1")
    lm = Replay(tmp_path / "calls.db")
    with pytest.raises(
        NotRecorded, match=r"'5 \+ 5 =', temperature 0.8, sample 2, world 9.*recorded run"
    ) as caught:
        await lm.complete(replace(REQUESTS[5], world=9))
    assert "\n" not in str(caught.value)
    await lm.aclose()


async def test_of_several_models_one_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    await record(path, "small", "large")
    with pytest.raises(InputError, match=r"several models; give replay:.*#MODEL with one of large, small"):
        Replay(path)
    with pytest.raises(InputError, match="no model 'huge'"):
        Replay(path, "huge")
    with Cache.memory() as cache:
        lm = load_lm(f"replay:{path}#large", cache=cache, concurrency=1)
    assert lm.model == "large"
    await lm.aclose()


def test_a_record_that_is_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        Replay(tmp_path / "none.db")
    Cache(tmp_path / "empty.db").close()
    with pytest.raises(InputError, match="holds no model"):
        Replay(tmp_path / "empty.db")
