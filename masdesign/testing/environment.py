"""`EnvironmentContract`: what every environment keeps, and `LentServices`, which stands for the evaluator."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar

import pytest

from masdesign.aio import run_sync
from masdesign.evaluation.workers import workers
from masdesign.protocols import Environment, Episode
from masdesign.types import Action, Completion, Item, Message, Observation, ProgramResult
from masdesign.workflow import MontySandbox
from masdesign.workflow.programs import Programs

R = TypeVar("R")


class LentServices:
    """What an evaluator lends an environment: real programs and processes; ``reply`` is the model.

    ``asked`` lists roles and messages of the completions. Without a ``reply``, asking for one is an error.
    """

    def __init__(self, reply: Callable[[Sequence[Message]], str] | None = None) -> None:
        self.reply = reply
        self.asked: list[tuple[str, Sequence[Message]]] = []

    async def complete(self, role: str, messages: Sequence[Message], **options: Any) -> Completion:
        """Have what ``reply`` gives."""
        self.asked.append((role, messages))
        assert self.reply is not None, "no model is expected to be asked"
        return Completion(self.reply(messages))

    async def run_program(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        """Run a program as an evaluator does."""
        return await _programs().run(source, stdin=stdin, seconds=seconds)

    async def in_process(self, function: Callable[..., R], *arguments: Any, seconds: float = 10.0) -> R:
        """Run a function in a worker process."""
        return await workers().run(function, *arguments, seconds=seconds)


@cache
def _programs() -> Programs:
    return Programs(MontySandbox())


class EnvironmentContract:
    """Inherit it in a test class; set ``environment``, an ``item`` and right ``actions`` for it.

    A wrong call is an observation and no exception; the same actions give the same observations; a fork is
    the episode at that point, and goes its own way; two episodes share no state; an outcome is JSON.
    """

    environment: ClassVar[Environment]
    item: ClassVar[Item] = Item("a", "?", "")
    actions: ClassVar[Sequence[Action]] = ()

    def reply(self, messages: Sequence[Message]) -> str:
        """What the model of any role answers, where the environment asks one."""
        raise AssertionError("write reply(), since the environment asks a model")

    def play(self, *actions: Action) -> tuple[list[Observation], dict[str, Any]]:
        """The first observation and those of the actions, in an episode of its own; and the outcome."""
        return run_sync(self._played, actions)

    def test_its_tools_have_names_and_schemas(self) -> None:
        from jsonschema import Draft202012Validator

        assert isinstance(self.environment, Environment), "see masdesign.protocols.Environment"
        names = [tool.name for tool in self.environment.tools]
        assert names, "an environment without tools is nothing to act in"
        assert len(set(names)) == len(names)
        for tool in self.environment.tools:
            assert tool.description, f"say what {tool.name} does: the agent reads it"
            assert tool.schema.get("type") == "object"
            Draft202012Validator.check_schema(tool.schema)

    def test_wrong_calls_are_observations(self) -> None:
        wrong = [Action(tool.name, {"no such argument": 1}) for tool in self.environment.tools]
        observations, _ = self.play(Action("no_such_tool", {}), *wrong)
        assert all(seen.error for seen in observations[1:]), observations

    def test_the_right_actions_are_no_errors(self) -> None:
        observations, outcome = self.play(*self.actions)
        assert not any(seen.error for seen in observations), observations
        assert json.loads(json.dumps(outcome)) == outcome

    def test_replay_is_equal(self) -> None:
        if not self.environment.deterministic:
            pytest.skip("it does not say that it is deterministic")
        assert self.play(*self.actions) == self.play(*self.actions)

    def test_a_fork_is_the_episode_at_that_point(self) -> None:
        half = len(self.actions) // 2
        run_sync(self._forked, self.actions[:half], self.actions[half:])

    def test_two_episodes_share_no_state(self) -> None:
        run_sync(self._apart)

    async def _open(self) -> Episode:
        return await self.environment.open(self.item, 0, LentServices(self.reply))

    async def _played(self, actions: Sequence[Action]) -> tuple[list[Observation], dict[str, Any]]:
        episode = await self._open()
        observations = [episode.start, *[await episode.call(a.tool, a.arguments) for a in actions]]
        outcome = dict(await episode.outcome())
        await episode.aclose()
        await episode.aclose()
        return observations, outcome

    async def _forked(self, before: Sequence[Action], after: Sequence[Action]) -> None:
        episode = await self._open()
        for action in before:
            await episode.call(action.tool, action.arguments)
        fork = await episode.fork()
        if fork is not None:
            there = [await fork.call(a.tool, a.arguments) for a in after]
            here = [await episode.call(a.tool, a.arguments) for a in after]
            assert there == here, "what happens in a fork stays there"
            assert await fork.outcome() == await episode.outcome()
            await fork.aclose()
        await episode.aclose()

    async def _apart(self) -> None:
        idle = await self._open()
        outcome = await idle.outcome()
        await self._played(self.actions)
        assert await idle.outcome() == outcome, "another episode changed this one"
        await idle.aclose()
