"""The one look at test."""

from __future__ import annotations

from masdesign.archive import Archive
from masdesign.search import Settings
from masdesign.search.look.conclude import Closing
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design

SAYS_YES = Design('async def workflow(task):\n    await direct(task)\n    return "yes"\n')


async def test_a_blank_score_of_a_few_items_is_not_taken_for_one_of_all(open_scripted) -> None:
    items = [Item(f"i{i}", f"test: {i} + 1 =", "no" if i % 2 else "yes") for i in range(40)]
    first = [*items[:7:2], items[1]]  # four of five are "yes", half of all
    test = [*first, *(item for item in items if item not in first)]
    task = Task.of("halves", val=items, test=test)
    ledger = Ledger(Budget.parse("5000calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            run = Run.of(task, runtime, ledger, archive)
            run.begin(Settings().spec(run.spec, task), "trial", {})
            look = await Closing(run, 0.0).look(SAYS_YES, 5)
    assert (task.chance, look.blank) == (0.5, 0.8)
    assert not look.answers_without_model, "four of five is no more than chance leaves open"
