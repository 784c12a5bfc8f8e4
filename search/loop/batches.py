"""Batch after batch of proposals until the budget or the news ends, then the leaders are completed.

strategy.propose → check, dry run, screening, race, val → history (archive) → strategy's next view
"""

import inspect
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from masdesign.archive.view import ArchiveView
from masdesign.errors import (
    BudgetExhausted,
    InputError,
    InternalFault,
    MasdesignError,
    ProviderError,
    describe,
)
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluator import check_replies
from masdesign.experiments.curve import Unit
from masdesign.search.events import Watch
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.history import History
from masdesign.search.loop.stages import Stages
from masdesign.search.models import cost_unit
from masdesign.search.objective import Objective
from masdesign.search.strategy import Proposal, Strategy
from masdesign.types import Failure
from masdesign.workflow import Design
from masdesign.workflow.promoted import linked

PATIENCE = 10
"""Number of batches over which new calls are counted, to see whether designs still ask anything new."""
WATCHED = 16
"""Number of scored designs whose replies are watched together: a few are unreadable by their own fault."""
LEAST_NEW = 0.02
"""Share of their calls that must be new: below it there is little left to learn, and each further design
that is picked on the same items is picked by luck the more."""


async def try_batches(
    strategy: Strategy, stages: Stages, history: History, objective: Objective, size: int, watch: Watch
) -> str:
    """Batch after batch, until the budget cuts one, the strategy has no more, or nothing new is asked.

    What is given back is the message of the model that writes designs, where that failed; otherwise nothing.

    Raises:
        ProviderError: the model failed on every call of a batch.
        UnusableReplies: most replies to the last `WATCHED` designs are cut, unreadable or refused.
    """
    watched = deque[Evaluation](maxlen=WATCHED)
    sizes, new = deque[float](maxlen=PATIENCE), deque[int](maxlen=PATIENCE)
    while not stages.cut:
        before = stages.ledger.spend.calls
        try:
            batch = await _propose(strategy, history, size, cost_unit(stages.runtime.models))
        except BudgetExhausted:
            return ""
        except ProviderError as error:
            watch.note(f"the model that writes designs fails ({error}); the search ends early")
            return str(error)
        if not batch:
            designer = strategy.setting.designer
            stuck = designer.stuck if designer is not None else ""
            reason = f": the model that writes designs fails again and again ({stuck})" if stuck else ""
            watch.note(f"the strategy has no more designs to propose{reason}")
            return ""
        await try_batch(batch, stages, history, objective)
        watch.report()
        watched.extend(candidate.evaluation for candidate in batch if candidate.evaluation is not None)
        if len(watched) == WATCHED and not stages.cut and not stages.runtime.keep_going:
            check_replies([result for evaluation in watched for result in evaluation.results], "search")
        sizes.append(sum(candidate.calls for candidate in batch))
        new.append(stages.ledger.spend.calls - before)
        if len(new) == PATIENCE and sum(new) <= LEAST_NEW * sum(sizes):
            watch.note(
                f"of {sum(sizes):,.0f} calls of the last {PATIENCE} batches {sum(new):,} were new: there is "
                "little left to learn from these items, and the search ends before its budget does"
            )
            return ""
    return ""


async def try_batch(
    batch: Sequence[Candidate], stages: Stages, history: History, objective: Objective
) -> None:
    """Try a batch and take it into the history. Raises `ProviderError`: the model failed on every call."""
    paid = stages.ledger.spend.paid_calls
    await stages.try_batch(batch, history.candidates, objective)
    outage = _outage(batch) if stages.ledger.spend.paid_calls == paid else ""
    if outage and not stages.cut:  # the batch is proposed again when the run goes on
        raise ProviderError(
            f"the model fails on every call ({outage}); what was finished is kept, and the same command "
            "goes on"
        )
    history.add(batch, stages.spent)


async def _propose(strategy: Strategy, history: History, size: int, unit: Unit) -> list[Candidate]:
    view, setting = history.view(), strategy.setting
    if setting.designer is not None:
        setting.designer.show(view)
    if strategy.takes_blame and setting.diagnoses is not None:
        for leader in setting.objective.order(view.entries)[:1]:
            await setting.diagnoses.of(leader.design)
    blocks = {block.name: block for block in setting.grammar.promoted}
    first: dict[str, Proposal] = {}
    for proposal in await _ask(strategy, view, size):
        made = replace(proposal, design=linked(proposal.design, blocks))
        first.setdefault(made.design.id, made)
    tried = {entry.design.id for entry in view.entries}
    fresh = [proposal for design_id, proposal in first.items() if design_id not in tried]
    return [
        Candidate(history.next_index + i, proposal.design, failure=proposal.failure, unit=unit)
        for i, proposal in enumerate(fresh)
    ]


async def _ask(strategy: Strategy, view: ArchiveView, size: int) -> list[Proposal]:
    """What a strategy proposes; it may be a plug-in, so what its own code raises, or gives, is one line."""
    try:
        written = strategy.propose(view, size)
        proposals: Iterable[Proposal] = await written if inspect.isawaitable(written) else written
        listed = list(islice(proposals, size))
    except (MasdesignError, OSError):
        raise
    except Exception as error:
        kept = "correct it; what was evaluated is kept"
        raise InternalFault(f"strategy {strategy.name!r} failed ({describe(error)}); {kept}") from error
    for proposal in listed:
        if not isinstance(proposal, Proposal) or not isinstance(proposal.design, Design):
            raise InputError(
                f"strategy {strategy.name!r} proposed {proposal!r:.60}; give Proposal(Design(source))"
            )
    return listed


def _outage(batch: Sequence[Candidate]) -> str:
    """The provider's message where it failed more than half of what the batch asked."""
    failures = [failure for candidate in batch for failure in _failures(candidate)]
    messages = [failure.message for failure in failures if failure is not None and failure.kind == "provider"]
    return messages[0] if 2 * len(messages) > len(failures) else ""


def _failures(candidate: Candidate) -> list[Failure | None]:
    """What failed each of its items, ``None`` where nothing did; or what ended its dry run."""
    results = candidate.evaluation.results if candidate.evaluation is not None else ()
    return [result.failure for result in results] or [candidate.failure]


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
