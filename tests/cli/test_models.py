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
    assert "vote_of_9" in shown
    assert "sha256" not in shown


def test_a_model_without_a_card_says_which_have_one(capsys):
    assert main(["models", "gpt"]) == 2
    assert "abacus" in capsys.readouterr().err
