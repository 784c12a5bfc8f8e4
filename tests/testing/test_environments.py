"""The contract of environments holds for what is shipped, and fails where one does not keep it."""

import pytest
from testing.test_contracts import broken

from masdesign.environments import ENVIRONMENTS, Corpus, State, StateEnvironment, Toolbox, tool
from masdesign.environments.corpus import Document
from masdesign.environments.gym import oracle as gym_oracle
from masdesign.environments.house import oracle as house_oracle
from masdesign.environments.repair import oracle as repair_oracle
from masdesign.environments.wide_search import oracle as wide_search_oracle
from masdesign.tasks.families import families, sample_items
from masdesign.testing import EnvironmentContract
from masdesign.types import Action, Item


def contract(environment, item, actions):
    names = {"environment": environment, "item": item, "actions": actions}
    return type("Contract", (EnvironmentContract,), names)()


@pytest.mark.parametrize(
    ("name", "family", "oracle"),
    [
        ("house", "house", house_oracle),
        ("repair", "repair", repair_oracle),
        ("wide_search", "wide_search", wide_search_oracle),
        ("gym", "text_games", gym_oracle),
    ],
)
def test_generated_environments_keep_it(name, family, oracle):
    if name == "gym":
        pytest.importorskip("gymnasium")
    (item,) = sample_items(families()[family], 1, 7, 2, reserved=True)
    assert broken(contract(ENVIRONMENTS.get(name), item, oracle(item))) == []


def test_files_documents_and_functions_keep_it():
    def double(n: int) -> int:
        """Twice."""
        return 2 * n

    item = Item("a", "?", "")
    write = [Action("write_file", {"path": "a", "text": "x"}), Action("read_file", {"path": "a"})]
    assert broken(contract(ENVIRONMENTS.get("scratch"), item, write)) == []
    corpus = Corpus([Document("a", "Some text.")])
    assert (
        broken(contract(corpus, item, [Action("search", {"query": "text"}), Action("read", {"id": "a"})]))
        == []
    )
    assert broken(contract(Toolbox([double]), item, [Action("double", {"n": 2})] * 2)) == []


SHARED: list[str] = []


class Leaky(State):
    @tool
    def note(self, text: str) -> str:
        """Note."""
        SHARED.append(text)
        return str(len(SHARED))

    def outcome(self):
        return {"notes": len(SHARED)}


def test_shared_state_is_noticed():
    leaky = StateEnvironment("leaky", "1", Leaky, lambda item, seed: (Leaky(), ""))
    failed = broken(contract(leaky, Item("a", "?", ""), [Action("note", {"text": "x"})] * 2))
    assert set(failed) >= {"test_replay_is_equal", "test_two_episodes_share_no_state"}
