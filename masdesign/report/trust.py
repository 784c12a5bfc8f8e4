"""Checks of a result's trustworthiness, each a question with its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from masdesign.archive import Archive, RunRecord
from masdesign.evaluation import Evaluation
from masdesign.report.candidates import ReportedCandidate
from masdesign.report.compare import WinnerComparison
from masdesign.report.noted import claims
from masdesign.report.outcome import text
from masdesign.statistics.intervals import wilson
from masdesign.statistics.power import visible_difference

State = Literal["good", "mind", "bad", "unknown"]
FEW_DIFFER = 0.05
"""Of so small a share of items at least it is said that two designs may differ, whatever was seen."""


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """One question with its answer."""

    question: str
    state: State
    answer: str


def checks(
    archive: Archive,
    run: RunRecord,
    winner: ReportedCandidate | None,
    tests: Mapping[str, Evaluation],
    compared: Sequence[WinnerComparison],
    *,
    blank: float | None,
    chance: float | None,
) -> tuple[TrustCheck, ...]:
    """All that the archive can answer, most telling first.

    Parameters:
        blank: the winner's test score with every completion blank.
        chance: the task's score without a model; ``None`` where the task is not at hand.
    """
    test = tests.get(winner.design.id) if winner is not None else None
    seen = [comparison for comparison in compared if comparison.verdict in ("better", "worse")]
    return (
        *((_check_origin(),) if run.foreign else ()),
        _check_openings(archive, run, test),
        *_check_claims(run, seen),
        _check_unscored(winner, test),
        _blank(blank, chance, test),
        _luck(winner, test),
        _power(test, compared, seen),
        *((_beyond(),) if any(comparison.beyond_curve for comparison in compared) else ()),
    )


def _check_origin() -> TrustCheck:
    text = "No: it was imported. Its scores are evidence from elsewhere; nothing was measured again here."
    return TrustCheck("Was it made here?", "mind", text)


def _check_openings(archive: Archive, run: RunRecord, test: Evaluation | None) -> TrustCheck:
    question = "How often was test opened?"
    if test is None:
        return TrustCheck(question, "unknown", "Not yet by this run: nothing is known of fresh items.")
    own = archive.openings(run.name)
    opened = archive.openings_of((r.item_id for r in test.results), run.task, run.task_version)
    others = [opening for opening in opened if opening.run != run.name]
    items = len(test.results)
    text = (
        f"{_times(len(own)).capitalize()} by this run, on {items} items, after the winner was frozen on val."
    )
    if others:
        text += (
            f" The same items were opened {_times(len(others))} by other runs or commands of this archive."
        )
    if len(own) != 1:
        text += " A figure that was looked at more than once is no longer a fresh one."
    return TrustCheck(question, "good" if len(own) == 1 and not others else "mind", text)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _check_claims(run: RunRecord, seen: Sequence[WinnerComparison]) -> tuple[TrustCheck, ...]:
    """The run's claims, tested together; and what it was warned of before it began, if nothing was seen."""
    checks = []
    if made := claims(run.outcome):
        words = "; ".join(
            f"better than {c.than}: {'holds' if c.holds else 'does not hold'} (p = {c.p_holm:.2g})"
            for c in made
        )
        state: State = "good" if all(claim.holds for claim in made) else "mind"
        words = (
            f"{words[0].upper()}{words[1:]}. The p-values are corrected for all that is claimed (Holm), "
            "and for further looks at test."
        )
        checks.append(TrustCheck("Which claims hold?", state, words))
    if not seen and (warning := text(run.outcome, "headroom", "warning")):
        checks.append(
            TrustCheck("Was there anything to gain?", "mind", f"{warning[0].upper()}{warning[1:]}.")
        )
    return tuple(checks)


def _check_unscored(winner: ReportedCandidate | None, test: Evaluation | None) -> TrustCheck:
    question = "Is every item scored?"
    val = winner.val if winner is not None else None
    parts = [
        f"{missing.unscored} of {count} {split} items of the winner are unscored"
        for split, missing, count in (
            ("val", val, val.items + val.unscored if val else 0),
            ("test", test, len(test.results) if test else 0),
        )
        if missing is not None and missing.unscored
    ]
    if parts:
        text = ", ".join(parts) + ": the model's provider failed on them. They count neither right nor wrong."
        return TrustCheck(question, "mind", text)
    return TrustCheck(question, "good", "Yes: the provider failed on none of the winner's items.")


def _blank(blank: float | None, chance: float | None, test: Evaluation | None) -> TrustCheck:
    question = "Does the model answer, or the code?"
    if blank is None:
        return TrustCheck(question, "unknown", "The blank-model control was not taken.")
    text = f"With every completion left blank the winner scores {blank:.3f}"
    if chance is None:
        state: State = "good" if blank == 0 else "mind"
        return TrustCheck(question, state, f"{text}; a score above chance would mean that its code answers.")
    items = len(test.results) if test is not None else 0
    if wilson(round(blank * items), items).low > chance:
        return TrustCheck(
            question, "bad", f"{text}, above chance ({chance:.2f}): its code answers, not the model."
        )
    return TrustCheck(question, "good", f"{text}, no more than chance ({chance:.2f}): the model answers.")


def _luck(winner: ReportedCandidate | None, test: Evaluation | None) -> TrustCheck:
    question = "Was the winner lucky on val?"
    if winner is None or winner.score is None or winner.shrunk is None:
        return TrustCheck(question, "unknown", "It has not answered all of val.")
    text = (
        f"It scored {winner.score:.3f} on val; {winner.shrunk:.3f} is what to expect of it, allowing for its "
        "having been picked from many"
    )
    if test is None:
        return TrustCheck(question, "mind", f"{text}.")
    fits = test.low <= winner.shrunk <= test.high
    says = "confirms that" if fits else "does not confirm that"
    return TrustCheck(question, "good" if fits else "mind", f"{text}. Test, with {test.score:.3f}, {says}.")


def _power(
    test: Evaluation | None, compared: Sequence[WinnerComparison], seen: Sequence[WinnerComparison]
) -> TrustCheck:
    question = "Could a difference have been seen?"
    if test is None or not test.items:
        return TrustCheck(question, "unknown", "Only once test is opened.")
    paired = next(
        (
            comparison
            for comparison in compared
            if comparison.wins is not None and comparison.losses is not None
        ),
        None,
    )
    if paired is None or not paired.items:
        least = visible_difference(test.items)
        return TrustCheck(
            question, "mind", f"On {test.items} items, only differences above about {least:.2f}."
        )
    if seen:
        than = " and ".join(c.against for c in seen)
        answer = f"Yes, and one was: on {paired.items} items the winner's score differs from that of {than}."
        return TrustCheck(question, "good", answer)
    differ = ((paired.wins or 0) + (paired.losses or 0)) / paired.items
    least = visible_difference(paired.items, disagreement=max(differ, FEW_DIFFER))
    text = (
        f"On {paired.items} items, with {paired.against} scoring otherwise on {100 * differ:.0f} % of them, "
        f"differences under about {least:.2f} cannot be told from chance (power 0.8)."
    )
    return TrustCheck(question, "good" if least <= 0.1 else "mind", text)


def _beyond() -> TrustCheck:
    text = "The winner costs more than any plain way measured; the best plain score stands in for it."
    return TrustCheck("Does the comparison reach so far?", "mind", text)
