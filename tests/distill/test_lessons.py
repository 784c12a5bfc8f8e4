"""What a design's drafts teach: right ones, begun in the way that does best."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from masdesign.distill._lessons import learnable, lessons
from masdesign.distill.job import Transcript
from masdesign.types import Answer, Completion, Item, Question, Usage
from masdesign.workflow import ItemOutcome, Node, Trace


class Metric:
    @staticmethod
    async def score(answers, item):
        return [float(answer.text == item.target) for answer in answers]


def transcript(number, *drafts, score=1.0):
    """An item with target 7, and drafts given as reasoning of which the last word is the answer."""
    answers = [Answer(text.split()[-1], text) for text in drafts]
    asked = (("", Question(f"{number}?")),)
    steps = [Node("chain_of_thought", "block", asked, answer) for answer in answers]
    root = Node("workflow", "block", children=steps)
    outcome = ItemOutcome(answers[0], None, Usage(), len(drafts), 0.0, Trace(Question("?"), root))
    return Transcript(Item(str(number), f"{number}?", "7"), outcome, score)


def taught(transcripts):
    return [text.splitlines()[0] for _, text in asyncio.run(lessons(transcripts, Metric()))]


def test_of_right_drafts_that_one_whose_beginning_does_best():
    both = [transcript(n, f"Guess {n} 7", f"Count {n} 7") for n in range(5)]
    count = [transcript(n, f"Guess {n} 8", f"Count {n} 7") for n in range(5, 10)]
    guess = [transcript(10, "Guess 10 7", "Guess again 8")]
    assert taught([*guess, *both, *count]) == [f"Count {n} 7" for n in range(10)]


def test_of_many_the_best_begun_are_taken():
    many = [transcript(n, *(f"{word} {n} 7" for word in "abcdef"), f"b {n} 8") for n in range(3)]
    assert taught(many) == [f"{word} {n} 7" for n in range(3) for word in "acde"]


def test_a_hard_item_is_no_mark_against_a_beginning():
    """What is tried on hard items alone fails more often, and is not the worse for it."""
    easy = [transcript(n, f"Sum {n} 7", f"Sum again {n} 7") for n in range(10)]
    hard = [transcript(n, f"List {n} 7", f"List again {n} 8") for n in range(10, 15)]
    assert len(taught([*easy, *hard])) == 25


def test_what_was_answered_in_parts_is_learnt_with_its_parts():
    item = Item("1", "A plus B?", "7", context=("A: 3", "B: 4", "C: 5"))

    def asked(question, answer):
        reply = Node("model", "model", completion=Completion(answer.reasoning))
        return Node("chain_of_thought", "block", inputs=(("", question),), output=answer, children=[reply])

    whole = Answer("7", "3 + 4 = 7")
    parts = [
        asked(Question("A?", ("A: 3",)), Answer("3", "It says 3.")),
        asked(Question("B?", item.context), Answer("4")),
    ]
    merged = asked(Question(item.question), whole)
    inner = Node(
        "isolate", "block", inputs=(("", Question(item.question)),), output=whole, children=[*parts, merged]
    )
    root = Node("workflow", "workflow", output=whole, children=[inner])
    outcome = ItemOutcome(whole, None, Usage(), 3, 0.0, Trace(Question.of(item), root))
    right = Transcript(item, outcome, 1.0)
    text = (
        "Question 1: A?\nEvidence 1: A: 3\nIt says 3.\nFinding 1: 3\n"
        "Question 2: B?\nFinding 2: 4\n3 + 4 = 7\nAnswer: 7"
    )
    assert [told for _, told in asyncio.run(lessons([right], Metric()))] == [text]
    assert learnable(right) == text
    assert learnable(replace(right, score=0.0)) == ""


@pytest.mark.parametrize("drafts", [(), ("Wrong 8",)])
def test_what_was_not_solved_or_not_scored_teaches_nothing(drafts):
    unscored = transcript(1, "Count 7", score=None)
    assert taught([unscored, *(transcript(2, d, score=0.0) for d in drafts)]) == []
