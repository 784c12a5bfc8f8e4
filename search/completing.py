"""Before a winner is named, the designs that stand first are completed where the budget cut them.

Only what has answered all of val can win. Without this, a search whose budget ends in the middle of a
race would give away the best that it found, for a design that merely was tried earlier.
"""

from __future__ import annotations

from masdesign.search.candidate import Candidate
from masdesign.search.history import History
from masdesign.search.objective import Objective
from masdesign.search.stages import Stages
from masdesign.search.watch import Watch


async def complete_leaders(stages: Stages, history: History, objective: Objective, watch: Watch) -> None:
    """Let what stands first answer the rest of val, until what stands first has, or the budget ends.

    The order is the objective's, by shrunk scores: few items are believed the less.
    """
    stages.cut, tried = False, set[str]()
    while not stages.cut:
        leader = _leader(history, objective, tried)
        if leader is None:
            return
        tried.add(leader.design.id)
        answered = {result.item_id for result in leader.evaluation.results} if leader.evaluation else set()
        left = [item for item in stages.task.val if item.id not in answered]
        name = leader.design.name or leader.design.id
        watch.note(f"{name} stands first after {len(answered)} val items, and answers the rest of them")
        await stages.extend([leader], left)
        history.renew(leader, stages.spent)
        watch.report()


def _leader(history: History, objective: Objective, tried: set[str]) -> Candidate | None:
    """The first that is not complete, of those before the first that is."""
    by_id = {candidate.design.id: candidate for candidate in history.candidates}
    for entry in objective.order(history.view().entries):
        candidate = by_id[entry.design.id]
        if candidate.complete:
            return None
        if entry.design.id not in tried:
            return candidate
    return None
