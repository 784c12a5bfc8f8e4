"""Whose fault is it? Every exception at every seam, and what becomes of the item and of the run."""

import asyncio
import builtins
import inspect
import sqlite3
from dataclasses import replace

import pytest

from masdesign import errors
from masdesign.archive.tables import evaluations
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.errors import InternalFault, MasdesignError
from masdesign.evaluation import evaluate
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.records.journal import Journal
from masdesign.session.session import Session
from masdesign.session.verbs import run_evaluate_async
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Completion, Item, Observation, Question, Score, Tool, Usage
from masdesign.workflow import Design, ItemFailed, MontySandbox, Runtime, block, running
from masdesign.workflow.gate import Acting
from masdesign.workflow.limits import design_failure

ITEMS = [Item(f"i{n}", f"{n} + 1 =", str(n + 1)) for n in range(5)]
TASK = Task.of("sums", val=ITEMS)
DIRECT = "return await direct(task)"
BROKEN = "i2"
"""The item on which a fault occurs."""
ODD = {"UnicodeDecodeError", "UnicodeEncodeError", "UnicodeTranslateError", "ExceptionGroup", "StopIteration",
       "StopAsyncIteration"}  # fmt: skip
"""Exceptions that need more than a message, or mean something to a coroutine."""


def _made(kind):
    if kind is errors.BilledError:
        return kind("the fault", Usage(3, 4))
    return kind("the fault")


PLAIN = [
    kind
    for name, kind in sorted(vars(builtins).items())
    if inspect.isclass(kind) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    and name not in ODD
] + [sqlite3.DatabaseError, sqlite3.OperationalError, asyncio.InvalidStateError]  # fmt: skip
GUEST = (
    Exception, ArithmeticError, AssertionError, AttributeError, IndexError, KeyError, LookupError,
    MemoryError, NameError, NotImplementedError, OSError, OverflowError, RecursionError, RuntimeError,
    SyntaxError, TimeoutError, TypeError, ValueError, ZeroDivisionError,
)  # fmt: skip
"""Exceptions that the guest's interpreter has."""
OURS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, MasdesignError)]

ENDS = (errors.BudgetExhausted, errors.CredentialsError, errors.NotRecorded, errors.InputError, InternalFault)
DESIGN = (errors.SourceError, errors.ContextOverflow, errors.NotPlayable)


def of_ours(kind):
    """The outcome of an error of ours that a model or a block raises: a failure's kind, or an exception."""
    if issubclass(kind, DESIGN):
        return "design"
    if issubclass(kind, ENDS):
        return kind
    if issubclass(kind, errors.LMError):
        return "provider" if issubclass(kind, errors.ProviderError) else "refused"
    return InternalFault


def with_plain(outcome):
    return [(kind, outcome) for kind in PLAIN]


def cases(*rows):
    return pytest.mark.parametrize(
        ("kind", "outcome"), rows, ids=[f"{kind.__module__}.{kind.__name__}" for kind, _ in rows]
    )


def is_broken(text):
    return "2 + 1" in text


def answer(request):
    return f"Answer: {int(request.messages[-1].content.split()[1]) + 1}"


@pytest.fixture
async def play():
    """Evaluates a design where everything works but what is given."""
    async with MontySandbox() as sandbox:

        async def play(body=DIRECT, *, lm=None, task=TASK, more=(), **changes):
            runtime = Runtime({"": lm or Scripted(answer)}, {**blocks(), **dict(more)}, sandbox)
            design = Design(f"async def workflow(task):\n    {body}\n")
            ledger = changes.pop("ledger", None)
            return await evaluate(design, task, "val", replace(runtime, **changes), ledger=ledger)

        yield play


async def check(outcome, evaluating):
    """The outcome is as the table says; nothing but a design's own fault scores 0."""
    if isinstance(outcome, str):
        evaluation = await evaluating
        by_id = {result.item_id: result for result in evaluation.results}
        assert by_id[BROKEN].failure.kind == outcome
        assert by_id[BROKEN].score == (0.0 if outcome == "design" else None)
        assert [r.score for r in evaluation.results if r.item_id != BROKEN] == [1.0] * 4
        assert "\n" not in by_id[BROKEN].failure.message
        return
    with pytest.raises(MasdesignError) as caught:
        await evaluating
    error = caught.value
    if isinstance(error, errors.BudgetExhausted):
        error = error.__cause__ or error  # an evaluation that was cut tells how far it came
    assert type(error) is outcome
    assert "\n" not in str(error)


@pytest.mark.slow
@cases(*[(kind, "design") for kind in GUEST])
async def test_of_the_guest(kind, outcome, play):
    await check(outcome, play(f"if '2 + 1' in task.question: raise {kind.__name__}('x')\n    {DIRECT}"))


@pytest.mark.slow
@cases(*with_plain(InternalFault), *[(kind, of_ours(kind)) for kind in OURS])
async def test_of_a_block(kind, outcome, play):
    @block()
    async def broken(task: Question) -> str:
        """Breaks on one item."""
        if is_broken(task.question):
            raise _made(kind)
        return (await running().complete([*_asked(task)])).text.partition(": ")[2]

    await check(outcome, play("return await broken(task)", more={"broken": broken}))


def _asked(task):
    from masdesign.types import Message

    yield Message("user", f"Problem: {task.question}".replace("Problem: ", "x "))


async def test_of_a_block_that_refuses_its_arguments(play):
    @block()
    async def careful(task: Question) -> str:
        """Refuses one item."""
        if is_broken(task.question):
            raise running().failed("careful: too hard", "ask for less")
        return (await running().complete([*_asked(task)])).text.partition(": ")[2]

    await check("design", play("return await careful(task)", more={"careful": careful}))
    await check("design", play(f"if '2 + 1' in task.question: return majority([])\n    {DIRECT}"))
    assert isinstance(design_failure("x"), ItemFailed)


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", ["bare", "cached", "charged"])
@cases(*with_plain("provider"), *[(kind, of_ours(kind)) for kind in OURS])
async def test_of_a_model(kind, outcome, wrapped, play):
    class Model(Scripted):
        async def complete(self, request):
            if is_broken(request.messages[-1].content):
                raise _made(kind)
            return await super().complete(request)

    lm, ledger = Model(answer), None
    if wrapped != "bare":
        lm = Cached(lm, Cache.memory())
    if wrapped == "charged":
        ledger = Ledger(Budget.parse("1000calls"))
        lm = Budgeted(lm, ledger)
    await check(outcome, play(lm=lm, ledger=ledger))


@pytest.mark.parametrize(("finish", "outcome"), [("refused", "refused"), ("error", "provider")])
async def test_of_a_reply_that_is_none(finish, outcome, play):
    def reply(request):
        if is_broken(request.messages[-1].content):
            return Completion("", Usage(3, 0), finish)
        return answer(request)

    await check(outcome, play(lm=Scripted(reply)))


async def test_of_a_reply_that_was_cut(play):
    def reply(request):
        broken = is_broken(request.messages[-1].content)
        return Completion("so\nwe", Usage(3, 2), "length") if broken else answer(request)

    evaluation = await play(lm=Scripted(reply))
    failed = evaluation.results[2]
    assert (failed.failure.kind, failed.score) == ("cut", 0.0)
    assert "cut after 2 tokens" in failed.failure.message


@pytest.mark.slow
@pytest.mark.parametrize("seam", ["get", "put"])
@cases(*with_plain(InternalFault))
async def test_of_the_cache(kind, outcome, seam, play):
    class Broken(Cache):
        def get(self, key):
            if seam == "get":
                raise _made(kind)
            return super().get(key)

        def put(self, key, request, completion):
            raise _made(kind)

    cache = Broken.memory()
    cache.__class__ = Broken
    await check(outcome, play(lm=Cached(Scripted(answer), cache)))


@pytest.mark.slow
@cases(*with_plain(InternalFault))
async def test_of_the_ledger(kind, outcome, play):
    class Broken(Ledger):
        async def charge(self, *args, **kwargs):
            raise _made(kind)

    ledger = Broken(Budget.parse("1000calls"))
    await check(outcome, play(lm=Budgeted(Scripted(answer), ledger), ledger=ledger))


@pytest.mark.slow
@pytest.mark.parametrize("seam", ["start", "resume"])
@cases(*with_plain(InternalFault))
async def test_of_the_sandbox(kind, outcome, seam, play):
    class Broken(MontySandbox):
        async def start(self, *args):
            if seam == "start":
                raise _made(kind)
            return await super().start(*args)

        async def resume(self, *args):
            raise _made(kind)

    async with Broken() as sandbox:
        await check(outcome, play(sandbox=sandbox))


@cases(*with_plain(InternalFault))
async def test_of_the_executor(kind, outcome, play):
    class Broken:
        async def run(self, design, question, runtime, gate=None):
            raise _made(kind)

    await check(outcome, play(executor=Broken()))


@pytest.mark.slow
@cases(*with_plain("scorer"), *[(kind, "scorer") for kind in OURS])
async def test_of_the_scorer(kind, outcome, play):
    class Broken:
        name, calls = "broken", 0

        async def score(self, answer, item, outcome, services):
            if item.id == BROKEN:
                raise _made(kind)
            return Score(1.0)

    await check(outcome, play(task=replace(TASK, scorer=Broken())))


LOOK = Tool("look", "Look.", {"type": "object", "properties": {}})


class World:
    """An environment that breaks in one place, on one item; ``start`` works."""

    name, version, tools, places, calls, deterministic = "world", "1", (LOOK,), 0, 0, True

    def __init__(self, seam, kind):
        self.seam, self.kind = seam, kind

    async def open(self, item, seed, services):
        if self.seam == "open" and item.id == BROKEN:
            raise _made(self.kind)
        return Episode(self, item)


class Episode:
    """One episode of it."""

    start = Observation("here")

    def __init__(self, world, item):
        self.world, self.item = world, item

    def __getattr__(self, seam):
        async def serve(*args):
            if self.world.seam == seam and self.item.id == BROKEN:
                raise _made(self.world.kind)
            return Observation("a lamp") if seam == "call" else {}

        return serve


class Done:
    """1 for every episode that came to an end."""

    name, calls = "done", 0

    async def score(self, answer, item, outcome, services):
        return Score(1.0)


ACTS = 'seen = await act("look")\n    return seen.text'


@pytest.mark.slow
@pytest.mark.parametrize("seam", ["open", "call", "outcome"])
@cases(*with_plain("environment"), *[(kind, "environment") for kind in OURS])
async def test_of_the_environment(kind, outcome, seam, play):
    acting = Acting(World(seam, kind))
    task = replace(TASK, scorer=Done())
    await check(outcome, play(ACTS, task=task, acting=acting, allow_no_calls=True))


@pytest.mark.parametrize("kind", [OSError, KeyError])
async def test_of_closing_an_episode_nothing_comes(kind, play):
    acting = Acting(World("aclose", kind))
    evaluation = await play(ACTS, task=replace(TASK, scorer=Done()), acting=acting, allow_no_calls=True)
    assert evaluation.score == 1.0
    assert evaluation.unscored == 0


@pytest.mark.slow
@pytest.mark.parametrize("seam", ["get", "put"])
@cases(*with_plain(InternalFault))
async def test_of_the_journal(kind, outcome, seam, play):
    class Broken(Journal):
        def get(self, key):
            if seam == "get":
                raise _made(kind)
            return super().get(key)

        def put(self, key, event):
            raise _made(kind)

    acting = Acting(World("", None), Broken())
    await check(outcome, play(ACTS, task=replace(TASK, scorer=Done()), acting=acting, allow_no_calls=True))


async def test_of_damaged_pages_of_a_cache_file(tmp_path, play):
    """Neither a wrong answer nor a paid one: the run ends with one line that says what to do."""
    place = tmp_path / "calls.db"
    with Cache(place) as cache:
        assert (await play(lm=Cached(Scripted(answer), cache))).score == 1.0
    data = bytearray(place.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[page:] = bytes(255 for _ in data[page:])
    place.write_bytes(data)
    with (
        pytest.raises(MasdesignError, match=r"cache .*calls\.db cannot be (read|used|written)"),
        Cache(place) as cache,
    ):
        await play(lm=Cached(Scripted(answer), cache))


@pytest.mark.slow
async def test_of_the_archive(monkeypatch):
    """Whatever the archive raises ends the run, and nothing of it is kept."""
    async with Session.open(archive=":memory:") as session:
        for kind in [*PLAIN, *(kind for kind in OURS if kind is not errors.SourceError)]:
            fault = _made(kind)

            def fails(*_: object, fault=fault) -> None:
                raise fault

            monkeypatch.setattr(evaluations, "add_evaluation", fails)
            with pytest.raises(kind) as caught:
                await run_evaluate_async(
                    Design(f"async def workflow(task):\n    {DIRECT}\n"), TASK,
                    model=Scripted(answer), session=session,
                )  # fmt: skip
            assert caught.value is fault, kind
        assert session.archive.evaluations() == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", [KeyError("x"), sqlite3.DatabaseError("x")])
def test_of_the_archive_on_the_command_line(fault, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(evaluations, "add_evaluation", fails)
    assert main(["evaluate", "direct", "arithmetic", "--items=2", "--json"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.splitlines()[-1].startswith("masdesign: ")
    assert "Traceback" not in streams.err
