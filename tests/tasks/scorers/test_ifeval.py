"""IFEval's 25 checks, each with a reply that follows and one that does not."""

from __future__ import annotations

import random

import pytest

from masdesign.errors import InputError
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers._instructions import CHECKS, follows
from masdesign.types import Answer, Item

CASES = {
    "keywords:existence": ({"keywords": ["cat", "dog"]}, "A Cat and a dogma", "A cat"),
    "keywords:frequency": ({"keyword": "cat", "frequency": 2, "relation": "at least"}, "cat Cat", "cat"),
    "keywords:forbidden_words": ({"forbidden_words": ["cat"]}, "concatenate", "the cat."),
    "keywords:letter_frequency": (
        {"letter": "A", "let_frequency": 2, "let_relation": "less than"}, "a b", "a A"
    ),
    "language:response_language": (
        {"language": "de"}, "Der Hund läuft schnell über die Wiese.", "The dog runs quickly over the grass."
    ),
    "length_constraints:number_sentences": (
        {"num_sentences": 2, "relation": "at least"}, "Dr. Who came. He left.", "Dr. Who came in a hurry."
    ),
    "length_constraints:number_paragraphs": ({"num_paragraphs": 2}, "one\n***\ntwo", "one\n\ntwo"),
    "length_constraints:number_words": (
        {"num_words": 3, "relation": "less than"}, "two words", "now three words"
    ),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "weekend"},
        "a\n\n'Weekend, yes", "a\n\nb weekend",
    ),
    "detectable_content:number_placeholders": ({"num_placeholders": 2}, "[a] and [b]", "[a]"),
    "detectable_content:postscript": ({"postscript_marker": "P.S."}, "Bye.\nP. S. More", "Bye.\nPS"),
    "detectable_format:number_bullet_lists": ({"num_bullets": 2}, "* a\n- b", "* a\n** b"),
    "detectable_format:constrained_response": ({}, "My answer is yes.", "Yes."),
    "detectable_format:number_highlighted_sections": ({"num_highlights": 1}, "*a*", "** ** a"),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Section", "num_sections": 2}, "Section 1 a Section 2 b", "Section 1 a"
    ),
    "detectable_format:json_format": ({}, '```json\n{"a": 1}\n```', "{a: 1}"),
    "detectable_format:title": ({}, "<<A title>>\ntext", "<< >>"),
    "combination:two_responses": ({}, "one******two", "one******one"),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say it."}, "say it. I do.", "I say it."),
    "startend:end_checker": ({"end_phrase": "Any other questions?"}, '"… any other questions?"', "None"),
    "startend:quotation": ({}, '"quoted"', '"'),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 2, "capital_relation": "at least"}, "NASA and AT&T", "Nasa"
    ),
    "change_case:english_capital": ({}, "THIS IS A SENTENCE IN ENGLISH.", "This is a sentence in English."),
    "change_case:english_lowercase": ({}, "this is a sentence in english.", "This is a sentence in English."),
    "punctuation:no_comma": ({}, "one two", "one, two"),
}  # fmt: skip


def test_there_is_a_case_for_each():
    assert CASES.keys() == CHECKS.keys()
    assert len(CHECKS) == 25


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_each_check(kind: str):
    if kind.startswith(("language", "change_case:english")):
        pytest.importorskip("langdetect")
    arguments, followed, missed = CASES[kind]
    assert follows(kind, followed, arguments)
    assert not follows(kind, missed, arguments)
    assert not follows(kind, "  ", arguments)


PIECES = (
    "cat", "Cat", "DOG", " ", "\n", "\n\n", "***", "******", "* a", "- b", "**bold**", "*it*", "[x]", "<<T>>",
    "<< >>", "P.S. bye", "PS", "P.P.S", '"', ".", "!", "?", ",", "Section 1", "section 3 ", '{"a": 1}', "```",
    "My answer is yes.", "weekend", "Weekend,", "NASA", "été", "Any other questions?", "Say it.", "Dr. Who",
)  # fmt: skip
NEED_PUNKT = ("length_constraints:number_sentences", "change_case:capital_word_frequency")
"""Counted by NLTK's models, which its users download."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(CASES.keys() - {*NEED_PUNKT}))
def test_each_check_is_that_of_lm_eval(kind: str):
    """300 replies a kind, most of them made of what the checks look for."""
    registry = pytest.importorskip("lm_eval.tasks.ifeval.instructions_registry", exc_type=ImportError)
    arguments, followed, missed = CASES[kind]
    draw = random.Random(kind)
    for _ in range(300):
        noise = "".join(draw.choice(PIECES) + draw.choice(("", "", " ", "\n")) for _ in range(9))
        reply = draw.choice((followed, missed, noise, followed + noise, noise + followed, followed.upper()))
        given = {
            name: max(1, value + draw.choice((-1, 0, 1)))
            if isinstance(value, int) and name != "nth_paragraph"
            else draw.choice(("at least", "less than")) if name.endswith("relation")
            else value
            for name, value in arguments.items()
        }  # fmt: skip
        if given.get("nth_paragraph", 0) > given.get("num_paragraphs", 9):
            continue  # lm-eval then draws other arguments
        check = registry.INSTRUCTION_DICT[kind]("id")
        check.build_description(**given)
        theirs = bool(reply.strip()) and bool(check.check_following(reply))
        assert follows(kind, reply, given) == theirs, (given, reply)


def record(*kinds: str) -> dict:
    filler = {"keywords": None, "num_words": None}  # as the hub's table has them
    return {"instruction_id_list": list(kinds), "kwargs": [{**filler, **CASES[kind][0]} for kind in kinds]}


def test_the_four_numbers():
    item = Item("1", "?", (), record=record("punctuation:no_comma", "startend:quotation"))
    ifeval = scorer_named("ifeval")
    score = ifeval.grade(Answer('"One two."'), item)
    assert (score.value, score.parts["instructions"], score.feedback) == (1.0, 1.0, "")
    half = ifeval.grade(Answer("One two."), item)
    assert (half.value, half.parts["instructions"]) == (0.0, 0.5)
    assert half.feedback == "Not followed: startend:quotation."
    loose = ifeval.grade(Answer('Sure:\n**"One two."**'), item)
    assert (loose.value, loose.parts["loose"], loose.parts["loose_instructions"]) == (0.0, 1.0, 1.0)


def test_numbers_that_a_table_made_floats():
    item = Item("1", "?", (), record={"instruction_id_list": ["detectable_format:number_bullet_lists"],
                                      "kwargs": [{"num_bullets": 2.0}]})  # fmt: skip
    assert scorer_named("ifeval")(Answer("* a\n* b"), item) == 1.0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "must have"),
        ({"instruction_id_list": ["a:b"], "kwargs": [{}]}, "no instruction 'a:b'"),
        (
            {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"x": 1}]},
            "correct the item's kwargs",
        ),
    ],
)
def test_a_record_that_is_none(given: dict, says: str):
    with pytest.raises(InputError, match=says):
        scorer_named("ifeval").grade(Answer("a"), Item("1", "?", (), record=given))
