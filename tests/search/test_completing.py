"""What stands first when the budget ends is completed; nothing is given away for having been tried late."""

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.experiments.baselines import step_by_step
from masdesign.experiments.votes import self_consistency_design
from masdesign.search.events import Note, Watch
from masdesign.search.loop.batches import complete_leaders
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.history import History
from masdesign.search.loop.loop import explore
from masdesign.search.loop.stages import Stages
from masdesign.search.objective import ScoreObjective
from masdesign.search.settings import Settings
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger

VOTE = self_consistency_design(5)


class Trial:
    """A weak design that is complete, and a better one that the budget cut."""

    def __init__(self, task, runtime, ledger, archive) -> None:
        archive.start_run(RunRecord("trial", task.name, task.version, "scripted", "random"))
        self.told = []
        self.stages, self.history = Stages(task, runtime, ledger), History(archive, "trial")
        self.watch = Watch(ledger, self.history, self.told.append)
        self.weak, self.better = Candidate(0, step_by_step()), Candidate(1, VOTE)

    async def begin(self, items) -> None:
        await self.stages.extend([self.weak], self.stages.task.val)
        await self.stages.extend([self.better], self.stages.task.val[:items])
        self.history.add([self.weak, self.better])
        self.stages.cut = True

    async def complete(self) -> None:
        await complete_leaders(self.stages, self.history, ScoreObjective(), self.watch)


async def test_what_stands_first_is_completed(task, open_scripted) -> None:
    ledger = Ledger(Budget(1000, "calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            trial = Trial(task, runtime, ledger, archive)
            await trial.begin(20)
            assert ScoreObjective().order(trial.history.view().entries)[0].design == VOTE
            await trial.complete()
        assert trial.better.complete
        assert len(trial.history.candidates) == 2
        assert archive.best(task.name) == VOTE
        stages = {p["design_id"]: p["stage"] for p in archive.proposals("trial")}
        assert stages[VOTE.id] == "complete"
    (note,) = [event.text for event in trial.told if isinstance(event, Note)]
    assert "after 20 val items" in note


async def test_where_the_budget_does_not_suffice_what_was_finished_is_kept(task, open_scripted) -> None:
    ledger = Ledger(Budget(1000, "calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            trial = Trial(task, runtime, ledger, archive)
            await trial.begin(20)
            ledger.limit = ledger.spent + 10  # two items' worth of six
            await trial.complete()
        assert trial.better.evaluation is not None
        assert (trial.better.complete, len(trial.better.evaluation.scores)) == (False, 22)
        assert ledger.spent == ledger.limit
        assert archive.best(task.name) == step_by_step()


async def test_what_stands_behind_is_left_as_it_is(task, open_scripted) -> None:
    ledger = Ledger(Budget(1000, "calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            trial = Trial(task, runtime, ledger, archive)
            trial.weak, trial.better = Candidate(0, VOTE), Candidate(1, step_by_step())
            await trial.begin(20)
            spent = ledger.spent
            await trial.complete()
        assert (trial.better.complete, ledger.spent) == (False, spent)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_budget_nothing_stands_before_the_winner(task, open_scripted, seed) -> None:
    """Each of these budgets ends the search in the middle of something else."""
    for calls in (800, 900, 1000, 1100):
        ledger = Ledger(Budget(calls, "calls"))
        with Archive(":memory:") as archive:
            async with open_scripted(ledger) as runtime:
                found = await explore(Run.of(task, runtime, ledger, archive), Settings("random", seed=seed))
        first = found.objective.order(found.history.view().entries)[0]
        assert first.stage == "complete" or ledger.spent > ledger.limit - 16, "it stands first, unfinished"
