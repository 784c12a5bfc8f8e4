"""The configuration file: found upwards, checked entry by entry, its files named from where it lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.lm import ModelSpec
from masdesign.session.config import Config
from masdesign.session.spec import RunSpec

TEXT = """
plugins = ["shout.py", "package.blocks"]
archive = "kept/archive.db"
concurrency = 8

[models.default]
model = "openai/small"
key_env = "SMALL_KEY"
price = "0.1/0.4"
max_tokens = 2048

[models.meta]
model = "openai/large"

[task]
name = "questions.jsonl"
items = 60
columns = { question = "problem", target = "solution" }

[search]
budget = "4000calls"
strategy = "random"
"""


def test_it_is_found_above_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "masdesign.toml").write_text(TEXT)
    (tmp_path / "shout.py").write_text("")
    (tmp_path / "questions.jsonl").write_text("")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    config = Config.find()
    assert config.path == tmp_path / "masdesign.toml"
    assert config.plugins == ("../../shout.py", "package.blocks")
    assert config.task["name"] == "../../questions.jsonl"
    assert config.task_arguments == {"items": 60, "columns": {"question": "problem", "target": "solution"}}
    assert config.conduct == {"archive": "../../kept/archive.db", "concurrency": 8}
    assert set(config.models) == {"", "meta"}
    assert config.models[""]["price"] == "0.1/0.4"
    assert config.search == {"budget": "4000calls", "strategy": "random"}


def test_without_a_file_it_is_empty(tmp_path):
    assert Config.find(tmp_path / "nowhere") in (Config(), Config.find(Path("/")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modells = 1", "did you mean models"),
        ("[task]\nitem = 3", "did you mean items"),
        ("[search]\nbuget = '3calls'", "did you mean budget"),
        ("models = 3", r"write \[models\]"),
        ("[models]\nsmall = 'abacus'", r"write \[models.small\]"),
        ("plugins = 'shout.py'", "no list"),
        ("[task", "cannot be read"),
        (f"task = {'[' * 20_000}{']' * 20_000}", "cannot be read .maximum recursion"),
        (f"seed = {'9' * 5000}", "cannot be read .Exceeds the limit"),
        ("archive = 5", "archive of .* is 5; write a text"),
        ("archive = ['a']", "archive of .*; write a text"),
        ("seed = 1.5", "seed of .* is 1.5; write a whole number"),
        ("[task]\nitems = 'many'", "items of .* is 'many'; write a whole number"),
        ("[task]\nitems = true", "items of .* is True; write a whole number"),
        ("[task]\nlabels = 7", "labels of .* is 7; write a text or a list of texts"),
        ("[task]\ntools = [7]", "tools of .* write a text or a list of texts"),
        ("[task]\nmcp = 5", "mcp of .* write a text or a list of texts"),
        ("[task]\ncorpus = 5", "corpus of .* write a text or a list of texts"),
        ("[task]\nname = 1979-05-27", "name of .* write a text"),
        ('[task]\nname = "a\\u0000b"', "name of .* NUL character"),
        ('archive = "a\\u0000b"', "archive of .* NUL character"),
        ("[search]\nbudget = 300", "budget of .* is 300; write a text"),
        ("[search]\nstart = 3", "start of .* is 3; write a text or a list of texts"),
        ("[search]\ntransfer = 'no'", "transfer of .* is 'no'; write true or false"),
        ("[search]\nbatch = 'many'", "batch of .* is 'many'; write a whole number"),
        ('plugins = ["a\\u0000.py"]', "plugins of .* NUL character"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, message):
    (tmp_path / "masdesign.toml").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        Config.find(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_design_to_start_with_is_found_from_a_folder_below(tmp_path, monkeypatch):
    (tmp_path / "masdesign.toml").write_text("[search]\nstart = 'mine.py'\n")
    (tmp_path / "mine.py").touch()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert Config.find().search == {"start": [os.path.join("..", "mine.py")]}


def test_a_name_that_is_no_path_is_not_looked_up(tmp_path):
    (tmp_path / "masdesign.toml").write_text(f"[task]\nname = '{'a' * 5000}'\n")
    assert Config.find(tmp_path).task["name"] == "a" * 5000


def test_what_is_shown_of_it_has_no_password(tmp_path):
    text = "[models.default]\nmodel = 'openai/x'\nbase_url = 'http://me:c4nary@host/v1?token=c4nary'"
    (tmp_path / "masdesign.toml").write_text(text)
    config = Config.find(tmp_path)
    spec = ModelSpec.of(config.models[""])
    assert spec.base_url.startswith("http://me:c4nary@")
    shown = [config, spec, RunSpec("evaluate", models=spec), {"large": spec}]
    assert [each for each in shown if "c4nary" in f"{each!r} {each}"] == []


@pytest.mark.parametrize(
    "option",
    [
        *({name: "c4nary"} for name in ("api_key", "apikey", "key", "token", "auth_token", "client_secret")),
        {"extra_headers": {"Authorization": "Bearer c4nary"}},
        {"extra_body": {"provider": {"X-API-Key": "c4nary"}}},
    ],
)
def test_a_key_among_a_models_options_is_refused(option):
    """It would be in the archive, as all that decides a reply is."""
    with pytest.raises(InputError, match="put the key into an environment variable") as told:
        ModelSpec.of({"model": "openai/x", **option})
    assert "c4nary" not in str(told.value)


def test_options_that_only_sound_like_keys_are_taken():
    options = {
        "max_tokens": 9,
        "thinking": {"budget_tokens": 9},
        "prompt_cache_key": "a",
        "stop_token_ids": [1],
    }
    assert ModelSpec.of({"model": "openai/x", **options}).draw == options


@pytest.mark.parametrize("seed", [10**18, -(10**18), 9**999])
def test_a_seed_that_no_database_holds_is_refused(seed):
    with pytest.raises(InputError, match="the seed is above"):
        RunSpec("evaluate", seed=seed)
