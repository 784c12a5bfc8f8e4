"""`ScorerContract`: what every scorer keeps (`masdesign.protocols.Scorer`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from masdesign.aio import run_sync
from masdesign.evaluation.services import ItemServices
from masdesign.lm import Scripted
from masdesign.protocols import Scorer
from masdesign.tasks.scorers import scorer_named
from masdesign.types import Answer, Item, Score
from masdesign.workflow import MontySandbox, Runtime

ODD_ANSWERS = ("", " ", "\x00", "¯\\_(ツ)_/¯", "\ud800", "1e400", "[" * 200, "word " * 20_000)


class ScorerContract:
    """Inherit it in a test class, and set ``scorer`` and ``cases``.

    A scorer gives a number from 0 to 1, the same for the same answer, whatever the answer looks like.
    """

    scorer: ClassVar[Scorer | Callable[..., Any] | str]
    """A scorer, a function (as ``staticmethod``), or a name."""
    cases: ClassVar[Sequence[tuple[str, Item | str, float]]]
    """An answer, the item or its right answer, and the score that the answer should have."""
    judgement: ClassVar[str] = "Grade: 10"
    """What a judge replies."""

    def score(self, answer: str, item: Item | str, outcome: Mapping[str, Any] | None = None) -> Score:
        """Score one answer, with all that the evaluator lends."""
        posed = item if isinstance(item, Item) else Item("i", "What is it?", item)
        named = scorer_named(self.scorer)
        return run_sync(_score, named, Answer(answer), posed, outcome or {}, self.judgement)

    def test_it_has_a_name_and_says_how_often_it_asks(self) -> None:
        named = scorer_named(self.scorer)
        assert isinstance(named, Scorer), "a scorer has name, calls and score"
        assert named.name
        assert named.calls >= 0

    def test_answers_have_the_scores_that_they_should_have(self) -> None:
        assert self.cases, "name at least one answer with its score"
        for answer, item, expected in self.cases:
            assert self.score(answer, item).value == pytest.approx(expected), (answer, item)

    def test_the_same_answer_has_the_same_score(self) -> None:
        for answer, item, _ in self.cases:
            assert self.score(answer, item) == self.score(answer, item)

    @pytest.mark.parametrize("answer", ODD_ANSWERS, ids=range(len(ODD_ANSWERS)))
    def test_an_odd_answer_has_a_score_too(self, answer: str) -> None:
        score = self.score(answer, self.cases[0][1])
        assert isinstance(score, Score)
        assert 0 <= score.value <= 1


async def _score(
    scorer: Scorer, answer: Answer, item: Item, outcome: Mapping[str, Any], judgement: str
) -> Score:
    model = Scripted(lambda request: judgement)
    async with MontySandbox() as sandbox:
        services = ItemServices(Runtime({"": model}, {}, sandbox, roles={"judge": model, "user": model}))
        return await scorer.score(answer, item, outcome, services)
