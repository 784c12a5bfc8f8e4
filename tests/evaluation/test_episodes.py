"""Designs that act: episodes are opened in order, recorded, replayed offline, and never a wrong score."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from masdesign.building_blocks import blocks
from masdesign.environments.house import HOUSE
from masdesign.errors import InputError, InternalFault
from masdesign.evaluation import evaluate, open_runtime
from masdesign.evaluation.episodes import Places
from masdesign.evaluation.services import ItemServices
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.records.journal import Journal
from masdesign.tasks import Task
from masdesign.types import (
    Action,
    Answer,
    Item,
    Message,
    Observation,
    Question,
    Score,
    Tool,
    Usage,
)
from masdesign.workflow import Design, MontySandbox, Runtime, block, running
from masdesign.workflow.gate import SHOWN, Acting
from masdesign.workflow.limits import ItemFailed

SCHEMA = {"type": "object", "properties": {"by": {"type": "integer"}}, "required": ["by"]}
NOTHING = {"type": "object", "properties": {}}
TOOLS = (
    Tool("add", "Add to the counter.", SCHEMA),
    Tool("look", "Read the counter.", NOTHING),
    Tool("twice", "Twice a number.", SCHEMA, "pure"),
    Tool("stop", "End.", NOTHING),
)


@dataclass
class Counting:
    """An episode that counts to a number."""

    home: "Counter"
    item: Item
    services: object = None
    count: int = 0
    start: Observation = field(default_factory=lambda: Observation("The counter shows 0."))

    async def call(self, tool, arguments):
        self.home.called.append((self.item.id, tool))
        if self.home.crash(self, tool):
            raise OSError("the counter is broken")
        if self.home.asks:
            reply = await self.services.complete("user", [Message("user", f"{self.count} {tool}")])
            assert reply.text == "go on"
        if tool == "add":
            self.count += arguments["by"]
        if tool == "twice":
            return Observation(str(2 * arguments["by"]))
        return Observation(f"It shows {self.count}." + self.home.noise(), done=tool == "stop")

    async def fork(self):
        return replace(self) if self.home.forks else None

    async def outcome(self):
        return {"count": self.count}

    async def aclose(self):
        self.home.live -= 1


class Counter:
    """A counter for each item; ``crash`` says whether a call breaks."""

    name, version, tools, deterministic = "counter", "1", TOOLS, True

    def __init__(
        self, *, places=0, asks=False, forks=True, crash=lambda episode, tool: False, noise=lambda: ""
    ):
        self.places, self.asks, self.forks, self.crash, self.noise = places, asks, forks, crash, noise
        self.calls = 8 if asks else 0
        self.called, self.live, self.most, self.opened = [], 0, 0, 0

    async def open(self, item, seed, services):
        self.opened += 1
        self.live += 1
        self.most = max(self.most, self.live)
        return Counting(self, item, services)


@block(calls=0)
async def count_to(task: Question, n: int) -> Answer:
    """Adds one, n times."""
    seen = [(await running().act("add", {"by": 1})).text for _ in range(n)]
    return Answer("\n".join(seen))


@block()
async def count_by_reply(task: Question) -> Answer:
    """Adds what the model says, and stops."""
    reply = await running().complete([Message("user", task.question)])
    await running().act("add", reply.text)
    await running().act("stop", {})
    return Answer("")


class Reached:
    """1 where the counter shows the target."""

    name, calls = "reached", 0

    async def score(self, answer, item, outcome, services):
        return Score(float(outcome["count"] == int(item.target)))


ITEMS = [Item(f"i{n}", f"Count to {n}.", str(n)) for n in range(1, 7)]
TASK = replace(Task.of("counting", val=ITEMS), scorer=Reached())
BY_REPLY = Design("async def workflow(task):\n    return await count_by_reply(task)\n")
THRICE = Design("async def workflow(task):\n    return await count_to(task, 3)\n")


def follow_orders(request):
    words = request.messages[-1].content.split()
    return "go on" if len(words) == 2 else f'{{"by": {words[-1][:-1]}}}'


@pytest.fixture
async def opened():
    """Makes a runtime for an environment, with the journal of earlier ones."""
    journal = Journal()
    async with MontySandbox() as sandbox:

        def make(environment, journal=journal, **more):
            lm = Cached(Scripted(follow_orders), Cache.memory())
            known = {**blocks(), "count_to": count_to, "count_by_reply": count_by_reply}
            return Runtime(
                models={"": lm}, blocks=known, sandbox=sandbox, allow_no_calls=True, roles={"user": lm},
                acting=Acting(environment, journal), **more,
            )  # fmt: skip

        yield make
    journal.close()


async def scores(design, runtime, task=TASK):
    return [r.score for r in (await evaluate(design, task, "val", runtime)).results]


async def test_the_outcome_of_the_episode_is_scored(opened):
    environment = Counter()
    assert await scores(BY_REPLY, opened(environment)) == [1.0] * 6
    assert await scores(THRICE, opened(Counter())) == [0, 0, 1, 0, 0, 0]
    assert environment.live == 0


async def test_a_run_is_replayed_without_its_environment(opened):
    first = await evaluate(BY_REPLY, TASK, "val", opened(Counter()))

    class Gone(Counter):
        async def open(self, item, seed, services):
            raise AssertionError("the environment was opened")

    again = await evaluate(BY_REPLY, TASK, "val", opened(Gone()))
    assert again.to_json(times=False) == first.to_json(times=False)


async def test_an_episode_goes_on_where_its_events_end(opened):
    await scores(THRICE, opened(Counter()))
    environment = Counter()
    longer = Design("async def workflow(task):\n    return await count_to(task, 5)\n")
    assert await scores(longer, opened(environment)) == [0, 0, 0, 0, 1, 0]
    assert environment.called.count(("i1", "add")) == 5  # three again, to get there, and two


async def test_what_is_not_the_same_again_leaves_the_item_unscored(opened):
    await scores(THRICE, opened(Counter()))
    evaluation = await evaluate(
        Design("async def workflow(task):\n    return await count_to(task, 4)\n"), TASK, "val",
        opened(Counter(noise=lambda: " Oh.")),
    )  # fmt: skip
    assert {r.failure.kind for r in evaluation.results} == {"environment"}
    assert "not deterministic" in evaluation.results[0].failure.message


async def test_a_crash_is_cured_by_a_fresh_episode_once(opened):
    broken = []

    def once(episode, tool):
        broken.append(episode.item.id)
        return broken.count(episode.item.id) == 2

    environment = Counter(crash=once)
    assert await scores(THRICE, opened(environment)) == [0, 0, 1, 0, 0, 0]
    assert environment.opened == 12


@pytest.mark.parametrize("where", ["open", "call", "outcome"])
async def test_an_environment_that_crashes_leaves_the_item_unscored(where, opened):
    class Broken(Counter):
        async def open(self, item, seed, services):
            if where == "open" and item.id == "i2":
                raise OSError("no room")
            episode = await super().open(item, seed, services)
            if where == "outcome" and item.id == "i2":
                episode.outcome = self.no_outcome
            return episode

        async def no_outcome(self):
            raise OSError("no room")

    environment = Broken(crash=lambda episode, tool: where == "call" and episode.item.id == "i2")
    evaluation = await evaluate(BY_REPLY, TASK, "val", opened(environment))
    assert [r.score for r in evaluation.results] == [1, None, 1, 1, 1, 1]
    assert evaluation.results[1].failure.kind == "environment"
    again = await evaluate(BY_REPLY, TASK, "val", opened(Counter()))
    assert again.score == 1.0


@pytest.mark.parametrize("places", [1, 2, 3])
async def test_no_more_episodes_are_open_than_there_are_places(places, opened):
    environment = Counter(places=places)
    runtime = opened(environment)
    rates = await asyncio.gather(scores(BY_REPLY, runtime), scores(THRICE, runtime))
    assert rates == [[1.0] * 6, [0, 0, 1, 0, 0, 0]]
    assert environment.most == places


async def test_places_are_given_in_the_order_of_the_tickets():
    places, order = Places(1), []
    tickets = [places.ticket() for _ in range(4)]

    async def hold(number):
        await tickets[number].take()
        order.append(number)
        await asyncio.sleep(0)
        tickets[number].give_back()

    tickets[1].give_back()  # its item was never started
    await asyncio.gather(*[hold(number) for number in (3, 2, 0)])
    assert order == [0, 2, 3]


async def test_a_simulated_user_is_overhead_and_is_charged_again_on_replay(opened):
    live = await evaluate(BY_REPLY, TASK, "val", opened(Counter(asks=True)))
    assert live.score == 1.0
    assert live.results[0].overhead == Usage(4, 4)
    again = await evaluate(BY_REPLY, TASK, "val", opened(Counter(asks=True)))
    assert again.to_json(times=False) == live.to_json(times=False)


async def test_an_open_episode_catches_up_with_what_another_design_recorded():
    """Two designs act alike on an item at once: what one records, the other recalls and has not done."""
    journal, environment = Journal(), Counter()
    slow, quick = await gate_of(environment, journal), await gate_of(environment, journal)
    await quick.act(Action("add", {"by": 2}))
    assert (await slow.act(Action("add", {"by": 2}))).text == "It shows 2."
    assert environment.called == [("i1", "add")]  # recalled
    fork = await slow.fork()
    assert (await slow.act(Action("add", {"by": 3}))).text == "It shows 5."
    assert (await fork.outcome(), await slow.outcome()) == ({"count": 2}, {"count": 5})


async def gate_of(environment, journal=None):
    acting = Acting(environment, journal or Journal())
    return await acting.open(ITEMS[0], 0, ItemServices(Runtime({}, {}, MontySandbox())))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Action("fly", {}), "There is no tool 'fly'; there are add, look, twice, stop."),
        (Action("add", {}), "'by' is a required property"),
        (Action("add", {"by": "one"}), "is not of type 'integer'"),
    ],
)
async def test_a_wrong_call_is_told_and_never_reaches_the_environment(action, message):
    environment = Counter()
    gate = await gate_of(environment)
    observation = await gate.act(action)
    assert observation.error
    assert message in observation.text
    assert environment.called == []


async def test_actions_issued_together_are_served_in_order():
    gate = await gate_of(Counter())
    seen = await asyncio.gather(*[gate.act(Action("add", {"by": n})) for n in (1, 2, 3)])
    assert [o.text for o in seen] == ["It shows 1.", "It shows 3.", "It shows 6."]


async def test_a_pure_tool_is_called_once_for_all_items():
    environment, journal = Counter(), Journal()
    acting = Acting(environment, journal)
    for item in ITEMS:
        gate = await acting.open(item, 0, ItemServices(Runtime({}, {}, MontySandbox())))
        assert (await gate.act(Action("twice", {"by": 4}))).text == "8"
    assert len(environment.called) == 1


async def test_after_the_end_nothing_is_done():
    environment = Counter()
    gate = await gate_of(environment)
    assert (await gate.act(Action("stop", {}))).done
    again = await gate.act(Action("add", {"by": 1}))
    assert (again.done, again.error) == (True, True)
    assert len(environment.called) == 1


@pytest.mark.parametrize("forks", [True, False])
async def test_a_fork_is_independent(forks):
    gate = await gate_of(Counter(forks=forks))
    await gate.act(Action("add", {"by": 2}))
    copy = await gate.fork()
    await copy.act(Action("add", {"by": 5}))
    assert (await gate.act(Action("look", {}))).text == "It shows 2."
    assert (await copy.outcome(), await gate.outcome()) == ({"count": 7}, {"count": 2})


async def test_long_observations_are_cut_where_it_can_be_seen():
    gate = await gate_of(Counter(noise=lambda: "x" * 3 * SHOWN))
    text = (await gate.act(Action("look", {}))).text
    assert f"[… {2 * SHOWN + len('It shows 0.')} characters are left out …]" in text
    assert len(text) < SHOWN + 100


async def test_what_is_recorded_of_an_observation_is_what_is_shown(tmp_path):
    """A tool's megabytes are not kept for each of its calls; recalled, nothing is cut again."""
    with Journal(tmp_path / "events.db") as journal:
        seen = []
        for _ in range(2):
            gate = await gate_of(Counter(noise=lambda: "x" * 3_000_000), journal)
            seen.append((await gate.act(Action("look", {}))).text)
            fork = await gate.fork(live=False)
            seen.append((await fork.act(Action("look", {}))).text)
    assert (seen[0], seen[1]) == (seen[2], seen[3])
    assert (tmp_path / "events.db").stat().st_size < 300_000


async def test_half_a_character_in_an_observation_harms_no_design(opened):
    environment = Counter(noise=lambda: " name\udcff.txt")
    evaluation = await evaluate(BY_REPLY, TASK, "val", opened(environment))
    assert [r.score for r in evaluation.results] == [1.0] * 6
    gate = await gate_of(environment)
    assert (await gate.act(Action("look", {}))).text == "It shows 0. name?.txt"


async def test_an_environment_that_opens_on_its_own_items_says_so():
    with pytest.raises(ItemFailed, match="house opens on items of its own task alone, whose record has 'wo"):
        await gate_of(HOUSE)


async def test_tools_that_change_the_world_are_refused_where_designs_are_compared():
    environment = Counter()
    environment.tools = (*TOOLS, Tool("send", "Send a letter.", NOTHING, "world"))
    with pytest.raises(InputError, match="the tools send change the world"):
        Acting(environment)
    assert Acting(environment, world_allowed=True).environment is environment


async def test_many_time_outs_end_the_run(opened):
    class Slow(Counter):
        async def open(self, item, seed, services):
            episode = await super().open(item, seed, services)

            async def call(tool, arguments):
                return Observation("The tool did not finish within 1 seconds.", error=True)

            episode.call = call
            return episode

    with pytest.raises(InternalFault, match="too slow"):
        await scores(
            Design("async def workflow(task):\n    return await count_to(task, 5)\n"), opened(Slow())
        )


async def test_a_damaged_journal_ends_the_run(tmp_path, opened):
    place = tmp_path / "calls.db"
    with Journal(place) as journal:
        await scores(THRICE, opened(Counter(), journal))
    data = bytearray(place.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    place.write_bytes(data)
    with Journal(place) as journal, pytest.raises(InternalFault, match=r"journal .* cannot be read"):
        await scores(THRICE, opened(Counter(), journal))


async def test_a_design_acts_without_an_environment_by_its_own_fault(opened):
    runtime = replace(opened(Counter()), acting=None)
    evaluation = await evaluate(THRICE, TASK, "val", runtime)
    assert evaluation.results[0].failure.kind == "design"
    assert "no tools" in evaluation.results[0].failure.message


async def test_an_opened_runtime_keeps_events_beside_the_completions(tmp_path):
    place, environment = tmp_path / "calls.db", Counter()
    task = replace(TASK, environment=environment)
    known = {**blocks(), "count_to": count_to}
    evaluations = []
    for _ in range(2):
        async with open_runtime(
            "abacus", task=task, cache=place, allow_no_calls=True, blocks=known
        ) as runtime:
            evaluations.append(await evaluate(THRICE, task, "val", runtime))
    assert evaluations[0].to_json(times=False) == evaluations[1].to_json(times=False)
    assert evaluations[0].fingerprint.endswith("environment=counter@1")
    assert environment.opened == 6
