"""Is it better, and can that be trusted? The verdict, and the checks behind it, each with its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from masdesign.archive import Archive, RunRecord
from masdesign.evaluation import Evaluation
from masdesign.report.candidates import ReportedCandidate
from masdesign.report.compare import WinnerComparison, baseline_name
from masdesign.report.outcome import claims, text
from masdesign.report.words import signed
from masdesign.statistics.intervals import wilson
from masdesign.statistics.power import visible_difference

if TYPE_CHECKING:
    from masdesign.report.findings import RunFindings

State = Literal["good", "mind", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the page says first."""

    state: State
    headline: str
    """A few words."""
    explanation: str
    """One or two sentences, with figures."""


def verdict(findings: RunFindings) -> PageVerdict:
    """What the run's one look at test says; no figure of val decides anything here."""
    if findings.winner is None:
        text = "No design has answered all of val yet, so that none can be called the best."
        return PageVerdict("unknown", "Nothing found yet", text)
    if findings.test is None or not findings.compared:
        text = "The run has not looked at test, so nothing is known of fresh items; its val scores are below."
        return PageVerdict("unknown", "Not known yet", text)
    bad = next((check for check in findings.checks if check.state == "bad"), None)
    if bad is not None:
        return PageVerdict("bad", "Not a result", bad.answer)
    main, step = findings.compared[-1], findings.step
    plain = baseline_name(findings.winner.design)
    text = " ".join(filter(None, (_above(main, findings), "" if plain else _step(step))))
    if plain is not None:
        return PageVerdict("mind", f"Nothing found beyond a plain way: {plain[0]}", text)
    if main.verdict == "better":
        return PageVerdict("good", "Better than plain methods at the same cost", text)
    if main.verdict == "worse":
        return PageVerdict("bad", "Worse than plain methods at the same cost", text)
    if step is not None and step.verdict == "better":
        return PageVerdict("mind", "Better than one careful answer, not than a plain vote at its cost", text)
    if step is not None and step.verdict == "worse":
        return PageVerdict("bad", "Worse than one careful answer", text)
    return PageVerdict("mind", "No gain that these items can show", text)


def _above(comparison: WinnerComparison, findings: RunFindings) -> str:
    if comparison is findings.step or findings.test is None:
        return ""
    unit = "USD" if findings.unit == "usd" else "tokens"
    return (
        f"On test the winner scores {findings.test.score:.3f}, and the best plain way at the same {unit} "
        f"an item {comparison.other_score:.3f}: a difference of {_format_signed(comparison)}."
    )


def _step(comparison: WinnerComparison | None) -> str:
    if comparison is None:
        return ""
    p = "" if comparison.p is None else f", p = {comparison.p:.2g}"
    return f"Against {comparison.against} it is {_format_signed(comparison)}{p}."


def _format_signed(comparison: WinnerComparison) -> str:
    difference, low, high = map(signed, (comparison.difference, comparison.low, comparison.high))
    return f"{difference} (95 % interval {low} to {high})"


FEW_DIFFER = 0.05
"""Least share of items on which two designs are taken to differ, whatever was seen."""


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """One question with its answer."""

    question: str
    state: State
    answer: str


_IMPORTED = TrustCheck(
    "Was it made here?", "mind",
    "No: it was imported. Its scores are evidence from elsewhere; nothing was measured again here.",
)  # fmt: skip
_BEYOND = TrustCheck(
    "Does the comparison reach so far?", "mind",
    "The winner costs more than any plain way measured; the best plain score stands in for it.",
)  # fmt: skip


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
        *((_IMPORTED,) if run.foreign else ()),
        _check_openings(archive, run, test),
        *_check_claims(run, seen),
        _check_unscored(winner, test),
        _blank(blank, chance, test),
        _luck(winner, test),
        _power(test, compared, seen),
        *((_BEYOND,) if any(comparison.beyond_curve for comparison in compared) else ()),
    )


def _check_openings(archive: Archive, run: RunRecord, test: Evaluation | None) -> TrustCheck:
    question = "How often was test opened?"
    if test is None:
        return TrustCheck(question, "unknown", "Not yet by this run: nothing is known of fresh items.")
    own = archive.openings(run.name)
    opened = archive.openings_of((r.item_id for r in test.results), run.task, run.task_version)
    others = [opening for opening in opened if opening.run != run.name]
    items = len(test.results)
    opened_here = _times(len(own)).capitalize()
    text = f"{opened_here} by this run, on {items} items, after the winner was frozen on val."
    if others:
        times = _times(len(others))
        text += f" The same items were opened {times} by other runs or commands of this archive."
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
        corrected = (
            "The p-values are corrected for all that is claimed (Holm), and for further looks at test."
        )
        checks.append(TrustCheck("Which claims hold?", state, f"{_sentence(words)} {corrected}"))
    if not seen and (warning := text(run.outcome, "headroom", "warning")):
        checks.append(TrustCheck("Was there anything to gain?", "mind", _sentence(warning)))
    return tuple(checks)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


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
        answer = f"{text}, above chance ({chance:.2f}): its code answers, not the model."
        return TrustCheck(question, "bad", answer)
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
    paired = next((c for c in compared if c.wins is not None and c.losses is not None), None)
    if paired is None or not paired.items:
        answer = f"On {test.items} items, only differences above about {visible_difference(test.items):.2f}."
        return TrustCheck(question, "mind", answer)
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
