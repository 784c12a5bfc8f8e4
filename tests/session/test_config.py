"""The configuration file: found upwards, checked entry by entry, its files named from where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.session.config import Config

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
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, message):
    (tmp_path / "masdesign.toml").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        Config.find(tmp_path)
    assert "\n" not in str(caught.value)
