"""How every block does on a task: score, cost, advantage, and which blocks ask the very same calls."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import evaluate
from masdesign.experiments.baselines import reference_curve
from masdesign.experiments.curve import Advantage, Curve, advantage
from masdesign.experiments.fired import fired
from masdesign.records.keys import cache_key
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Failure, Item, Result
from masdesign.workflow import Design, ItemOutcome, Runtime


@dataclass(frozen=True, slots=True)
class BlockRun:
    """One block on the `val` items of a task, with a digest of all calls that it made."""

    name: str
    evaluation: Evaluation
    calls: str
    fired: float = 0.0
    """Share of the items in which its essential step happened."""

    @property
    def refusal(self) -> Failure | None:
        """The design's own failure that all items share, as where a tool is missing; else ``None``."""
        shared = {result.failure for result in self.evaluation.results}
        failure = shared.pop() if len(shared) == 1 else None
        return failure if failure is not None and failure.kind == "design" else None


@dataclass(frozen=True, slots=True)
class BlockScore:
    """What a block earns on a task."""

    name: str
    evaluation: Evaluation
    advantage: Advantage | None
    """Over self-consistency and the other baselines at the block's tokens; ``None`` where it was refused."""
    refusal: Failure | None
    same_as: tuple[str, ...]
    """Other blocks whose traces coincide with this one's on all items: the same calls by another name."""
    fired: float = 0.0
    """Share of the items in which its essential step happened (`masdesign.experiments.fired`)."""


async def block_scores(
    designs: Mapping[str, Design],
    task: Task,
    runtime: Runtime,
    *,
    seed: int,
    ledger: Ledger,
    on_result: Callable[[Result], None] | None = None,
    keep: Callable[[Evaluation], object] | None = None,
) -> tuple[Curve, list[BlockScore]]:
    """Every design (a block on its own) on the `val` items, and the curve that reaches as far as they do.

    Parameters:
        seed: of the bootstrap behind the intervals of the advantages.
        ledger: charged with all calls; the designs share their draws with each other and the curve.
        on_result: called with each result.
        keep: called with each block's evaluation as soon as it is there.

    Raises:
        EvaluationCut: the budget is spent.
    """
    measured = []
    for name, design in designs.items():
        measured.append(await _ask(name, design, task, runtime, ledger, on_result))
        if keep is not None:
            keep(measured[-1].evaluation)
    most = max((block.evaluation.tokens_per_item for block in measured), default=0.0)
    curve = await reference_curve(task, "val", runtime, up_to_tokens=most, ledger=ledger)
    return curve, [_score(block, measured, curve, seed) for block in measured]


async def _ask(
    name: str,
    design: Design,
    task: Task,
    runtime: Runtime,
    ledger: Ledger,
    on_result: Callable[[Result], None] | None,
) -> BlockRun:
    seen: dict[str, tuple[bool, list[str]]] = {}

    def see(item: Item, outcome: ItemOutcome) -> None:
        seen[item.id] = fired(name, outcome.trace.root), _keys(outcome)

    evaluation = await evaluate(
        design, task, "val", runtime, ledger=ledger, on_result=on_result, on_outcome=see
    )
    digest = hashlib.sha256()
    for item_id in (result.item_id for result in evaluation.results if result.item_id in seen):
        digest.update("\n".join([item_id, *seen[item_id][1]]).encode())
    share = sum(happened for happened, _ in seen.values()) / max(1, len(seen))
    return BlockRun(name, evaluation, digest.hexdigest(), share)


def _keys(outcome: ItemOutcome) -> list[str]:
    """What was asked, whatever the order; and the answer, since two may read the same replies differently."""
    requests = (node.request for node in outcome.trace.root.walk())
    keys = sorted(cache_key(request) for request in requests if request is not None)
    return [*keys, outcome.answer.text if outcome.answer is not None else ""]


def _score(measured: BlockRun, others: Iterable[BlockRun], curve: Curve, seed: int) -> BlockScore:
    refusal = measured.refusal
    earned = None if refusal else advantage(measured.evaluation, curve, seed=seed)
    alike = [other.name for other in others if other.calls == measured.calls]
    same = [] if refusal else [name for name in alike if name != measured.name]
    return BlockScore(measured.name, measured.evaluation, earned, refusal, tuple(same), measured.fired)
