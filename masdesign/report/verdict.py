"""Is it better? One sentence, and a second that says how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from masdesign.report.compare import Comparison, baseline_name
from masdesign.report.findings import Findings
from masdesign.report.words import signed

State = Literal["good", "mind", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the page says first."""

    state: State
    headline: str
    """A few words."""
    told: str
    """One or two sentences, with figures."""


def verdict(found: Findings) -> Verdict:
    """What the run's one look at test says; no figure of val decides anything here."""
    if found.winner is None:
        told = "No design has answered all of val yet, so that none can be called the best."
        return Verdict("unknown", "Nothing found yet", told)
    if found.test is None or not found.compared:
        told = "The run has not looked at test, so nothing is known of fresh items; its val scores are below."
        return Verdict("unknown", "Not known yet", told)
    bad = next((check for check in found.checks if check.state == "bad"), None)
    if bad is not None:
        return Verdict("bad", "Not a result", bad.answer)
    main, step = found.compared[-1], found.step
    plain = baseline_name(found.winner.design)
    told = " ".join(filter(None, (_above(main, found), "" if plain else _step(step))))
    if plain is not None:
        return Verdict("mind", f"Nothing found beyond a plain way: {plain[0]}", told)
    if main.verdict == "better":
        return Verdict("good", "Better than plain methods at the same cost", told)
    if main.verdict == "worse":
        return Verdict("bad", "Worse than plain methods at the same cost", told)
    if step is not None and step.verdict == "better":
        return Verdict("mind", "Better than one careful answer, not than a plain vote at its cost", told)
    if step is not None and step.verdict == "worse":
        return Verdict("bad", "Worse than one careful answer", told)
    return Verdict("mind", "No gain that these items can show", told)


def _above(one: Comparison, found: Findings) -> str:
    if one is found.step or found.test is None:
        return ""
    unit = "USD" if found.unit == "usd" else "tokens"
    return (
        f"On test the winner scores {found.test.score:.3f}, and the best plain way at the same {unit} "
        f"an item {one.other_score:.3f}: a difference of {_signed(one)}."
    )


def _step(one: Comparison | None) -> str:
    if one is None:
        return ""
    p = "" if one.p is None else f", p = {one.p:.2g}"
    return f"Against {one.against} it is {_signed(one)}{p}."


def _signed(one: Comparison) -> str:
    difference, low, high = map(signed, (one.difference, one.low, one.high))
    return f"{difference} (95 % interval {low} to {high})"
