"""The models at hand, and abacus's card as its manifest has it."""

import json

from masdesign.cli import main


def test_the_list_names_the_embedded_model(capsys):
    assert main(["models", "--json"]) == 0
    assert "abacus" in [row["name"] for row in json.loads(capsys.readouterr().out)]


def test_the_card_has_every_family_and_what_was_trained_on(capsys):
    assert main(["models", "abacus", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert {"arithmetic", "boolean", "navigate", "truth_tellers"} <= set(card["calibration"])
    assert card["templates"]["chain_of_thought"]["version"] >= 1


def test_the_card_for_people(capsys):
    assert main(["models", "abacus"]) == 0
    shown = capsys.readouterr().out
    assert "vote of 9" in shown
    assert "sha256" not in shown


def test_the_card_of_the_model_that_acts(capsys):
    """Its table has blocks that were measured on some of the families only."""
    assert main(["models", "abacus:3"]) == 0
    shown = capsys.readouterr().out
    assert "lookup" in shown
    assert "delegate" in shown


def test_a_model_without_a_card_says_which_have_one(capsys):
    assert main(["models", "gpt"]) == 2
    assert "abacus" in capsys.readouterr().err
    assert main(["models", "openai/gpt-4o"]) == 2
    assert "masdesign doctor --model openai/gpt-4o" in capsys.readouterr().err


def test_a_model_of_ones_own_is_shown_with_where_it_comes_from(tmp_path, monkeypatch, capsys, fresh_imports):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "model", "rule"]) == 0
    capsys.readouterr()
    assert main(["models", "rule", "--plugin", "rule.py"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("rule  Answers by a rule")
    assert out.endswith("[file rule.py]\n")


def test_the_card_of_recorded_solutions_says_what_they_are(tmp_path, capsys):
    row = {"question": "How many?", "ground_truth": "A: 4711", "6b_verification": {"solution": "A: 4"}}
    (tmp_path / "solutions.jsonl").write_text(json.dumps(row))
    name = f"recorded:{tmp_path / 'solutions.jsonl'}#6b_verification"
    assert main(["models", name, "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["questions"], card["solutions_a_question"]) == (1, 1)
    assert card["answers"] == "chain_of_thought, direct"
    assert "best of many" in card["note"]
    assert "4711" not in str(card)
    assert main(["models", name]) == 0
    assert "best of many" in capsys.readouterr().out
    assert main(["models", name.partition("#")[0]]) == 2
    assert "with one of 6b_verification" in capsys.readouterr().err
