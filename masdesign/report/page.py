"""The page: one HTML file with its own style, script and figures, that loads nothing.

Everything that comes from a design, an item, a model or an import is escaped (Jinja2's autoescape). The
Content-Security-Policy allows this file's own style sheet and script by their hashes, and nothing else.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from masdesign.report.ablation import AblationReport
from masdesign.report.candidates import STAGES, ReportedCandidate, by_rank, label
from masdesign.report.findings import RunFindings
from masdesign.report.graphs import flow
from masdesign.report.pictures import family_picture, workflow_picture
from masdesign.report.plots import MOST_DOTS, forest_plot, frontier_plot, look_plot, progress_plot
from masdesign.report.verdict import verdict
from masdesign.report.words import WRITERS, cut, in_words, shown
from masdesign.types import Item, Result

CODE_CHARACTERS = 1_500_000
"""Characters of candidates' code in the page, the best first; of the others it says how to see it."""


def render(findings: RunFindings, ablation: AblationReport | None = None) -> str:
    """The page on these findings, as HTML."""
    style, script = _part("style.css"), _part("script.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    failed, step, items = _group_failures(findings), findings.step, compared_items(findings)
    template = _environment().get_template("report.html.j2")
    return template.render(
        findings=findings,
        cost=findings.test or (findings.winner.val if findings.winner else None),
        unit_field="usd_per_item" if findings.unit == "usd" else "tokens_per_item",
        step_cost=step.other_cost if step is not None else 0.0,
        step_name=step.against if step is not None else "",
        sections=_sections(findings, ablation),
        run=findings.run,
        winner=findings.winner,
        verdict=verdict(findings),
        figures=_figures(findings),
        flow=flow(each.outcome.trace for each in findings.replayed.traced),
        items=items,
        listed_items=listed(items),
        ablation=ablation,
        failed=failed,
        never=sum(len(group) for *_, group in failed),
        by_stage=Counter(each.stage for each in findings.tried).most_common(),
        kinds=_kinds(findings),
        some_partial=any(each.partial for each in findings.plain_val),
        dots_left_out=max(0, sum(each.complete for each in findings.tried) - MOST_DOTS),
        by_rank=by_rank(findings.tried),
        with_code=_with_code(findings),
        stages=STAGES,
        style=Markup(style),
        script=Markup(script),
        policy=policy,
    )


def _figures(findings: RunFindings) -> Mapping[str, Markup | None]:
    """Every figure by name; ``None`` where there is nothing to draw."""
    traces = [each.outcome.trace for each in findings.replayed.traced]
    return {
        "frontier": frontier_plot(findings) if findings.winner else None,
        "progress": progress_plot(findings) if findings.winner else None,
        "forest": forest_plot(findings.compared) if findings.compared else None,
        "look": look_plot(findings) if findings.compared else None,
        "workflow": workflow_picture(flow(traces)) if traces else None,
        "lineage": family_picture(findings) if len(findings.family) > 1 else None,
    }


def _group_failures(findings: RunFindings) -> list[tuple[str, str, list[ReportedCandidate]]]:
    """(reason, cure, candidates) of those that were never scored, the most frequent reason first."""
    groups: dict[tuple[str, str], list[ReportedCandidate]] = {}
    for candidate in findings.tried:
        if candidate.stage == "failed":
            failure, ended = candidate.failure, "the budget or the provider ended first"
            key = (failure.message, failure.cure) if failure else (ended, "")
            groups.setdefault(key, []).append(candidate)
    return [(*key, group) for key, group in sorted(groups.items(), key=lambda pair: -len(pair[1]))]


def _kinds(findings: RunFindings) -> list[tuple[str, int]]:
    """Items that failed, by kind, over all candidates."""
    totals: Counter[str] = Counter()
    for candidate in findings.tried:
        totals.update(candidate.counts)
    return [(kind, count) for kind, count in totals.most_common() if count]


def _sections(findings: RunFindings, ablation: AblationReport | None) -> list[tuple[str, str]]:
    """(id, title) of the sections that are there."""
    there = {
        "better": ("Score and cost", findings.winner),
        "progress": ("Progress", findings.winner),
        "workflow": ("Workflow and code", findings.winner),
        "traces": ("Traces", findings.replayed.traced),
        "items": ("Items", findings.val),
        "ablation": ("Ablation", ablation),
        "lineage": ("Lineage", findings.winner),
        "candidates": ("All designs", True),
        "failed": ("Failures", True),
        "about": ("About", True),
    }
    return [(id_, title) for id_, (title, holds) in there.items() if holds]


def _with_code(findings: RunFindings) -> frozenset[str]:
    """Ids of the candidates whose code the page shows."""
    kept, left = set[str](), CODE_CHARACTERS
    for candidate in by_rank(findings.tried):
        left -= len(candidate.design.source)
        if left < 0:
            break
        kept.add(candidate.design.id)
    return frozenset(kept)


@cache
def _part(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in WRITERS}
    environment.filters |= {"label": label, "words": in_words, "cut": cut}
    environment.globals["shown"] = shown
    return environment


MOST_ITEMS = 400
"""Most items listed; where there are more, those on which the two differ come first."""


@dataclass(frozen=True, slots=True)
class ComparedItem:
    """One item of `val`."""

    item_id: str
    item: Item | None
    """``None`` where the task is not at hand: its question and target are then not known here."""
    winner: Result
    step: Result | None

    @property
    def outcome(self) -> str:
        """Which of the two did better."""
        ours = self.winner.score
        theirs = self.step.score if self.step is not None else None
        if ours is None or theirs is None:
            return "unscored" if ours is None else "not compared"
        if ours == theirs:
            return "both right" if ours == 1 else "both wrong" if ours == 0 else "equal"
        return "winner better" if ours > theirs else "step by step better"


def compared_items(findings: RunFindings) -> tuple[ComparedItem, ...]:
    """The items of the winner's val evaluation, in their order."""
    if findings.val is None:
        return ()
    items = {item.id: item for item in (findings.task.val if findings.task is not None else ())}
    steps = {r.item_id: r for r in (findings.step_val.results if findings.step_val is not None else ())}
    results = findings.val.results
    return tuple(ComparedItem(r.item_id, items.get(r.item_id), r, steps.get(r.item_id)) for r in results)


def listed(rows: Sequence[ComparedItem]) -> Sequence[ComparedItem]:
    """At most `MOST_ITEMS` of them."""
    if len(rows) <= MOST_ITEMS:
        return rows
    return sorted(rows, key=lambda row: not row.outcome.endswith("better"))[:MOST_ITEMS]
