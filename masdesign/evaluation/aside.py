"""Items that a model refuses to answer at all: set aside for all designs alike, named and counted.

A content filter may refuse an item whatever is asked about it. The plain question (`direct`, before any
candidate) tells: what is refused there says nothing about a design, so no design is asked it, and an
evaluation is complete without it. What is refused under one design's prompts alone is unscored for that
design.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from masdesign.evaluation.evaluation import SET_ASIDE, Evaluation
from masdesign.tasks import Task
from masdesign.types import Item, Result
from masdesign.workflow import Design, Runtime

PLAIN = Design("async def workflow(task):\n    return await direct(task)\n").id
"""The design that asks the plain question."""


class SettingAside:
    """Keeps the results of one evaluation in the order of its items, those set aside among them."""

    def __init__(
        self,
        design: Design,
        task: Task,
        items: Sequence[Item],
        runtime: Runtime,
        keep: Callable[[Result], None],
    ) -> None:
        self._known = runtime.set_aside.setdefault(key_of(task.name, runtime), set())
        self._aside = frozenset(self._known)  # as known when the evaluation begins: timing never decides
        self._is_plain = design.id == PLAIN
        self._left = deque(items)
        self._keep = keep

    def asked(self, items: Sequence[Item]) -> list[Item]:
        """The items that are not set aside."""
        return [item for item in items if item.id not in self._aside]

    def keep(self, item: Item, result: Result) -> None:
        """Hand a result on, after those of items set aside before it."""
        self.flush(until=item.id)
        self._left.popleft()
        if self._is_plain and result.failure is not None and result.failure.kind == "refused":
            self._known.add(item.id)
            result = replace(result, failure=SET_ASIDE)
        self._keep(result)

    def flush(self, until: str = "") -> None:
        """Hand on the results of the next items, which are set aside."""
        while self._left and self._left[0].id in self._aside and self._left[0].id != until:
            self._keep(Result(self._left.popleft().id, None, None, failure=SET_ASIDE))


def key_of(task: str, runtime: Runtime) -> str:
    """The task and the model that refuses: another one may answer."""
    return f"{task} {runtime.models[''].model}"


def with_aside(results: Sequence[Result], items: Sequence[Item], aside: Collection[str]) -> list[Result]:
    """Results in the order of the items, with those of items set aside."""
    by_item = {result.item_id: result for result in results}
    by_item |= {item_id: Result(item_id, None, None, failure=SET_ASIDE) for item_id in aside}
    return [by_item[item.id] for item in items if item.id in by_item]


def without_aside(evaluation: Evaluation, runtime: Runtime) -> Evaluation:
    """An evaluation that ran beside that of the plain question, as if it had come after it."""
    aside = runtime.set_aside.get(key_of(evaluation.task, runtime), set())
    without = {item_id: Result(item_id, None, None, failure=SET_ASIDE) for item_id in aside}
    results = tuple(without.get(result.item_id, result) for result in evaluation.results)
    return replace(evaluation, results=results) if aside else evaluation


def aside_note(evaluation: Evaluation) -> str:
    """Which items were set aside, in one line; empty where there is none.

    >>> refused = Result("a", None, None, failure=SET_ASIDE)
    >>> aside_note(Evaluation("d", "t", "1", "val", "m", 0, "", 1, (refused,)))
    '1 item is set aside for all designs, since the model refuses the plain question: a'
    """
    ids = evaluation.set_aside
    if not ids:
        return ""
    count = "1 item is" if len(ids) == 1 else f"{len(ids)} items are"
    named = ", ".join(ids[:8]) + (" …" if len(ids) > 8 else "")
    return f"{count} set aside for all designs, since the model refuses the plain question: {named}"
