"""masdesign blocks: what there is, and the whole card."""

import json

import pytest

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import template_source
from masdesign.cli import main


@pytest.fixture
def output(capsys):
    """Runs a command that must succeed and gives its standard output; nothing goes to standard error."""

    def run(*arguments):
        assert main(list(arguments)) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return run


@pytest.mark.slow
def test_one_line_each(output):
    lines = output("blocks").splitlines()
    assert [line.split()[0] for line in lines] == list(blocks())
    assert all("arXiv:" in line for line in lines)
    assert max(map(len, lines)) < 165


@pytest.mark.slow
def test_the_fields_that_scripts_read(output):
    rows = json.loads(output("blocks", "--json"))
    assert [row["name"] for row in rows] == list(blocks())
    for row in rows:
        assert list(row) == ["name", "reference", "cost", "summary", "trained", "fires", "origin"]
    trained = {row["name"] for row in rows if row["trained"]}
    assert trained >= {"ask", "chain_of_thought", "choose", "debate_round", "direct", "revise", "verify"}
    assert trained >= {"self_consistency", "write_program"}


def test_the_whole_card(output):
    card = output("blocks", "verify")
    assert blocks()["verify"].stub() in card
    assert "Weng et al. 2022" in card
    assert "Example::" in card
    for line in template_source("verify").splitlines():
        assert line in card


def test_the_card_as_json(output):
    card = json.loads(output("blocks", "self_consistency", "--json"))
    assert card["cost"] == "n calls"
    assert card["templates"] == {}
    assert card["trained"] is True
    assert card["stub"] == blocks()["self_consistency"].stub()


def test_an_unknown_block_names_the_close_ones(capsys):
    assert main(["blocks", "verfy"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "'verfy'" in printed.err
    assert "verify" in printed.err


@pytest.mark.slow
def test_a_template_that_abacus_was_not_trained_on_is_untrained(output, monkeypatch):
    import masdesign.cli.blocks as module

    known = module._list_trained_templates()
    before = {row["name"] for row in json.loads(output("blocks", "--json")) if row["trained"]}
    monkeypatch.setattr(module, "_list_trained_templates", lambda: known | {"verify": 99})
    after = {row["name"] for row in json.loads(output("blocks", "--json")) if row["trained"]}
    assert "verify" in before - after
    assert "cascade" in before - after  # it asks verify
    assert {"direct", "self_consistency"} <= after
    assert "untrained" in output("blocks", "verify")


@pytest.mark.slow
def test_a_block_measured_on_a_task(tmp_path, capsys):
    place = str(tmp_path / "a.db")
    options = ["--items", "2", "--archive", place, "--json"]
    assert main(["blocks", "direct", "--on", "arithmetic,boolean", *options]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [d["task"] for d in documents] == ["arithmetic", "boolean"]
    (row,) = documents[0]["blocks"]
    assert (row["name"], row["items"], row["calls_per_item"]) == ("direct", 2, 1.0)
    assert row["advantage"]["score"] <= 0  # it is on the curve itself
    assert main(["archive", "list", "--archive", place]) == 0
    assert "direct" in capsys.readouterr().out


def test_a_block_that_needs_more_than_a_task_says_so(capsys):
    assert main(["blocks", "verify", "--on", "arithmetic"]) == 2
    assert "verify needs more than a task" in capsys.readouterr().err
