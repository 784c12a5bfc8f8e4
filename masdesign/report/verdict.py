"""Is it better? One sentence, and a second that says how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from masdesign.report.compare import WinnerComparison, baseline_name
from masdesign.report.findings import RunFindings
from masdesign.report.words import signed

State = Literal["good", "mind", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the page says first."""

    state: State
    headline: str
    """A few words."""
    told: str
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
