"""`masdesign doctor`: what works here, and what does not."""

from __future__ import annotations

import json
import tomllib

import pytest

from masdesign.cli import main
from masdesign.lm import ModelSpec
from masdesign.testing.modes import Reply, says
from masdesign.testing.server import serving


def findings(capsys, code: int) -> dict[str, dict]:
    assert main(["doctor", "--json"]) == code
    return {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}


@pytest.mark.slow
def test_a_record_of_calls_that_cannot_be_opened_is_a_finding(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "archive.db"))
    well = findings(capsys, 0)
    assert all(finding["ok"] for finding in well.values())
    assert "0 designs; calls recorded in" in well["archive"]["detail"]
    (tmp_path / "calls.db").write_bytes(b"no database" * 100)
    ill = findings(capsys, 1)
    assert [name for name, finding in ill.items() if not finding["ok"]] == ["archive"]
    assert "calls.db cannot be used" in ill["archive"]["detail"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "shown", "line"),
    [
        ("plain", "reasons first   no", "reasons = false"),
        ("thinks", "reasons first   yes", "reasons = true"),
        ("no_temperature", "temperature no", 'refuses = ["temperature"]'),
        ("no_usage", "counts tokens   no", "native = []"),
    ],
)
def test_with_a_model_it_says_what_it_can_do(mode, shown, line, capsys) -> None:
    with serving(mode) as server:
        assert main(["doctor", "--model", "openai/any", "--base-url", server.url]) == 0
        assert len(server.requests) <= 6
    out = capsys.readouterr().out
    assert shown in out
    table = tomllib.loads(out[out.index("[models.default]") :])["models"]["default"]
    assert line in out
    spec = ModelSpec.of(table)
    assert (spec.model, spec.base_url) == ("openai/any", server.url)


def test_a_weak_model_that_keeps_to_a_schema_takes_it(capsys) -> None:
    """SmolLM2 cannot add, and was told to be asked in words."""

    def weak(call):
        return Reply(says(call, '{"sum": 3}' if "response_format" in call.body else "about 3"))

    with serving(weak) as server:
        assert main(["doctor", "--model=openai/any", f"--base-url={server.url}"]) == 0
    out = capsys.readouterr().out
    assert "answers         no" in out
    assert 'native = ["schema"]' in out


def test_the_lines_for_the_configuration_hold_every_option(capsys, monkeypatch) -> None:
    """A table among them was written as JSON, which the file could not be read with."""
    monkeypatch.setenv("MY_KEY", "abcdefgh")
    options = {
        "key_env": "MY_KEY",
        "thinking": {"type": "on", "budget_tokens": 9},
        "top_p": 0.5,
        "rpm": 600.0,
    }
    given = [f"--model-option={name}={value if name == 'key_env' else json.dumps(value)}"
             for name, value in options.items()]  # fmt: skip
    with serving() as server:
        assert main(["doctor", "--model=openai/any", f"--base-url={server.url}", *given]) == 0
    out = capsys.readouterr().out
    table = tomllib.loads(out[out.index("[models.default]") :])["models"]["default"]
    assert {name: table[name] for name in options} == options
    ModelSpec.of(table)


def test_with_a_model_that_is_not_there_it_ends_with_one_line(capsys) -> None:
    with serving("no_model") as server:
        assert main(["doctor", "--model", "openai/any", "--base-url", server.url]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
def test_it_knows_the_plugins_of_the_project(tmp_path, monkeypatch, capsys, fresh_imports) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "archive.db"))
    assert main(["new", "model", "rule"]) == 0
    (tmp_path / "masdesign.toml").write_text('plugins = ["rule.py"]\n[models.default]\nmodel = "rule"\n')
    capsys.readouterr()
    assert main(["doctor", "--model", "rule"]) == 0
    assert "rule@1" in capsys.readouterr().out
    assert "models rule; 1 plug-ins" in findings(capsys, 0)["project"]["detail"]
    (tmp_path / "rule.py").write_text("1 / 0\n")
    ill = findings(capsys, 1)
    assert "ZeroDivisionError" in ill["project"]["detail"]
