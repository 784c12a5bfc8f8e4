"""What a plug-in's author tests with: contracts to inherit, and a model that is a script.

class TestShout(BlockContract):
    block = shout

def test_it_asks_loudly():
    outcome, model = answer(shout, "1 + 1 =", lambda request: "Answer: 2")
    assert outcome.answer.text == "2"
    assert "ANSWER AT ONCE" in model.requests[0].messages[-1].content

Nothing here needs a network. The tests of a contract are plain ones, which pytest finds in the class that
inherits it; the contracts hold for everything that masdesign ships.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.lm.providers.scripted import Scripted
    from masdesign.testing.block import BlockContract, answer
    from masdesign.testing.environment import EnvironmentContract, LentServices
    from masdesign.testing.form import AnswerFormContract
    from masdesign.testing.model import ModelContract
    from masdesign.testing.scorer import ScorerContract
    from masdesign.testing.strategy import StrategyContract

__all__ = [
    "AnswerFormContract",
    "BlockContract",
    "EnvironmentContract",
    "LentServices",
    "ModelContract",
    "ScorerContract",
    "Scripted",
    "StrategyContract",
    "answer",
]

__getattr__, __dir__ = lazily(__name__)
