"""Models by name, and the package's own promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from openai_server import fails, says, serving

import masdesign.lm
from masdesign.errors import CredentialsError, InputError
from masdesign.lm import LM, ModelSpec, Scripted, load_lm
from masdesign.records.cache import Cache
from masdesign.types import Message, Request


async def test_a_litellm_name_gets_all_wrappers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-anything")
    request = Request((Message("user", "2 + 2 ="),))
    with serving(fails(429, retry_after="0"), says("4")) as server, Cache(tmp_path / "cache.db") as cache:
        lm = load_lm(ModelSpec("openai/test-model", server.url), cache=cache, concurrency=2)
        assert [(await lm.complete(request)).text for _ in range(3)] == ["4", "4", "4"]
        assert len(server.requests) == 2
        await lm.aclose()
        await lm.aclose()


def test_bad_names_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with Cache.memory() as cache:
        for name in ("", "no-such-model", "replay:/nowhere.db"):
            with pytest.raises(InputError) as caught:
                load_lm(name, cache=cache, concurrency=1)
            assert "\n" not in str(caught.value)
        with pytest.raises(CredentialsError, match="ANTHROPIC_API_KEY"):
            load_lm("anthropic/claude-opus-4", cache=cache, concurrency=1)


def test_every_name_can_be_imported() -> None:
    assert sorted(masdesign.lm.__all__) == dir(masdesign.lm)
    for name in masdesign.lm.__all__:
        assert getattr(masdesign.lm, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = masdesign.lm.nothing
    assert isinstance(Scripted(lambda request: ""), LM)


def test_the_import_is_light() -> None:
    code = """
import sys, masdesign.lm
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
heavy = {"litellm", "openai", "numpy", "torch", "pydantic"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
