"""The page itself: what it says, that it loads nothing, that nothing in it is live but our own script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables.runs import ABLATION
from masdesign.errors import InputError
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.curve import Curve, Point, advantage
from masdesign.report import chosen_run, findings_of, run_report
from masdesign.report.ablation import ablation_of
from masdesign.report.verdict import verdict
from masdesign.statistics.paired import paired_difference
from masdesign.types import SAMPLING_TEMPERATURE, Completion, Failure, Usage

from .conftest import BASELINES, CHILD, HOSTILE, WINNER, make_run, reply, sums

LARGEST = 5_000_000
"""Bytes of the page on 5,000 designs."""


class Elements(HTMLParser):
    """Every element with its attributes, and what text it holds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


@pytest.mark.slow
def test_hostile_text_is_text_wherever_it_stands(page, elements) -> None:
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    words = "".join(elements.text)
    for where in ("vote or revise ", "Asks again where in doubt. ", "unknown block ", "use ", "a note "):
        assert where + '<script>document.title = "planted"</script>' in words
    assert "Adding <script>" in words  # a completion
    assert "</script> val: 0 + 0 =" not in page
    assert "{{ 7*7 }}" in words
    assert "49" not in re.findall(r"\$x_1\$ & \"'(\w+)", words)


def test_the_page_loads_nothing_and_its_policy_allows_nothing_else(page, elements) -> None:
    addresses = [
        value or ""
        for _, attributes in elements.found
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "srcset", "xlink:href")
    ]
    assert addresses
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    assert not any("style" in attributes for _, attributes in elements.found)
    assert not re.search(r"url\((?!#)", page)
    (policy,) = (
        attributes["content"]
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_links_lead_to_something(elements) -> None:
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {
        attributes["href"][1:]
        for _, attributes in elements.found
        if (attributes.get("href") or "").startswith("#")
    }
    assert targets <= set(ids)
    assert f"d-{WINNER.id}" in targets


def test_no_item_of_test_is_shown(page) -> None:
    assert "val: 1 + 7 =" in page
    assert "test: " not in page.replace("test: 0", "")
    assert "> test: " not in page
    assert "test0" not in page


@pytest.mark.slow
def test_the_same_archive_gives_the_same_page(made, page) -> None:
    assert run_report(made.archive, task=made.task, cache=made.cache) == page


def test_the_figures_of_the_comparison_are_those_of_the_statistics(made) -> None:
    with Archive(made.archive) as archive:
        found = findings_of(archive, chosen_run(archive, None), made.task)
        tests = {e.design_id: e for e in archive.evaluations(run="trial", split="test")}
    step = paired_difference(tests[WINNER.id], tests[step_by_step().id], seed=3)
    assert (found.step.difference, found.step.low, found.step.p) == (step.mean, step.low, step.p)
    curve = Curve(tuple(Point(d.name, None, tests[d.id]) for d in BASELINES), 0.0)
    best = advantage(tests[WINNER.id], curve, seed=3)
    assert (found.main.difference, found.main.low, found.main.high) == (best.score, best.low, best.high)
    assert [one.against for one in found.compared] == [
        "step by step", "self-consistency at the same cost", "best plain way at the same cost",
    ]  # fmt: skip
    assert found.step.wins + found.step.losses <= found.step.items == 20


@pytest.mark.slow
async def test_step_by_step_on_val_is_the_one_that_test_was_opened_for(tmp_path) -> None:
    warm = step_by_step(SAMPLING_TEMPERATURE)

    def answer(request):  # a draw is cheaper, and worse
        return Completion("Answer: none", Usage(1, 1)) if request.temperature else reply(request)

    made = await make_run(tmp_path, designs=(WINNER, warm), answer=answer)
    with Archive(made.archive) as archive:
        found = findings_of(archive, chosen_run(archive, None), made.task)
    assert {one.name for one in found.plain_val} >= {"step by step", "step by step at 0.8"}
    assert found.plain_step.name == found.step.against == "step by step"
    assert found.step_val.design_id == step_by_step().id


@pytest.mark.slow
def test_the_items_are_counted_whole_however_few_are_listed(made, page, monkeypatch) -> None:
    counts = re.compile(r"The winner beside step by step: [^.]*")
    monkeypatch.setattr("masdesign.report.page.MOST_ITEMS", 5)
    short = run_report(made.archive, task=made.task, cache=made.cache)
    assert counts.search(short)[0] == counts.search(page)[0]
    assert sum(map(int, re.findall(r" on (\d+)", counts.search(short)[0]))) == 24
    assert "5 of 24 items, those that differ first" in short
    assert "24 items" in page


def test_the_winners_steps_are_traced_from_the_record(made, page) -> None:
    assert "× 3, " in page
    assert "revise" in page
    assert "One that it got right" in page
    assert "One that it got wrong" in page


@pytest.mark.slow
def test_without_the_task_there_is_no_trace_and_the_page_says_what_to_give(made) -> None:
    page = run_report(made.archive, cache=made.cache)
    assert "One that it got right" not in page
    assert "give the task" in page


@pytest.mark.slow
def test_without_the_record_there_is_no_trace_and_the_page_says_so(made, tmp_path) -> None:
    page = run_report(made.archive, task=made.task, cache=tmp_path / "none.db")
    assert "The recorded calls do not hold" in page
    assert not (tmp_path / "none.db").exists()


def test_another_task_is_refused(made) -> None:
    with pytest.raises(InputError, match="is not that of run trial"):
        run_report(made.archive, task=replace(made.task, version="2"), cache=made.cache)


def test_a_model_that_would_be_asked_is_refused(made) -> None:
    with pytest.raises(InputError, match="asks no model"):
        run_report(made.archive, task=made.task, models={"": "openai/gpt-4o-mini"})


def test_an_archive_without_a_run_and_an_unknown_run(made) -> None:
    with Archive(":memory:") as empty, pytest.raises(InputError, match="masdesign search"):
        run_report(empty)
    with pytest.raises(InputError, match=r"no run 'nope'.* trial"):
        run_report(made.archive, run="nope")


@pytest.mark.slow
async def test_a_run_that_has_not_ended(tmp_path) -> None:
    made = await make_run(tmp_path, ended=False)
    page = run_report(made.archive, task=made.task, cache=made.cache)
    assert "Not known yet" in page
    assert 'id="frontier-figure"' in page
    assert 'id="forest-figure"' not in page


@pytest.mark.slow
async def test_a_single_candidate(tmp_path) -> None:
    made = await make_run(tmp_path, designs=(), task=sums(val=1, test=1))
    page = run_report(made.archive, task=made.task, cache=made.cache)
    assert "Nothing found beyond a plain way: step by step" in page
    assert "Against step by step it is" not in page


@pytest.mark.slow
async def test_a_graded_metric(tmp_path) -> None:
    class Half:
        name = "half"

        def __call__(self, answer, item) -> float:
            return 0.5 if answer.text != item.target else 0.9

    made = await make_run(tmp_path, task=replace(sums(12, 10), scorer=Half()))
    page = run_report(made.archive, task=made.task, cache=made.cache)
    assert "The best that it did" in page
    assert "scored 0.900" in page


def test_a_run_in_which_nothing_was_scored() -> None:
    from masdesign.archive import RunRecord

    with Archive(":memory:") as archive:
        archive.start_run(RunRecord("r", "sums", "1", "m@1", "random"))
        assert "Nothing found yet" in run_report(archive)


@pytest.mark.slow
async def test_code_that_answers_is_no_result(tmp_path) -> None:
    made = await make_run(tmp_path)
    with Archive(made.archive) as archive:
        archive.finish_run(made.run, {"best": {"id": WINNER.id, "blank_control": 1.0}})
        found = findings_of(archive, chosen_run(archive, None), made.task)
    assert verdict(found).headline == "Not a result"
    assert "code answers" in verdict(found).explanation


@pytest.mark.slow
async def test_a_second_opening_and_an_unscored_item_are_said(tmp_path) -> None:
    made = await make_run(tmp_path)
    with Archive(made.archive) as archive:
        archive.open_test(made.run, [WINNER.id, CHILD.id], made.task.ids("test"))
        archive.open_test(None, [CHILD.id], made.task.ids("test"))
        (val,) = archive.evaluations(design_id=WINNER.id, split="val")
        down = replace(val.results[0], score=None, failure=Failure("provider", "down"))
        archive.add_evaluation(replace(val, world=1, results=(down, *val.results[1:])), made.run)
        answers = {c.question: c for c in findings_of(archive, chosen_run(archive, None)).checks}
    opened, scored = answers["How often was test opened?"], answers["Is every item scored?"]
    assert opened.state == scored.state == "mind"
    assert opened.answer.startswith("Twice by this run")
    assert "opened once by other runs" in opened.answer
    assert "1 of 24 val items" in scored.answer


@pytest.mark.slow
async def test_an_ablation_is_shown_where_the_archive_holds_one(tmp_path) -> None:
    made = await make_run(tmp_path)
    step = {
        "id": CHILD.id, "step": f"revise {HOSTILE}", "line": 5, "instead": "what it was given",
        "without": {"score": 0.4321}, "tokens_per_item": 123.0, "says": "earns its cost",
        "earned": {"score": 0.25, "low": 0.125, "high": 0.375},
    }  # fmt: skip
    outcome = {
        "split": "val", "items": 24, "score": 0.6, "tokens_per_item": 210.0, "says": [f"it pays {HOSTILE}"],
        "steps": [
            {"step": "broken", "earned": "much"},
            {**step, "earned": {"score": -0.1, "low": -0.2, "high": 0.0}, "says": "earns nothing"},
            step,
        ],
        "simplified": {"id": "0123456789ab"},
    }  # fmt: skip
    with Archive(made.archive) as archive:
        run = chosen_run(archive, None)
        assert ablation_of(archive, run, findings_of(archive, run)) is None
        for name, design in (("other", CHILD), ("its", WINNER)):
            settings = {"design": design.id, "split": "val"}
            archive.start_run(RunRecord(name, run.task, run.task_version, run.model, ABLATION, 0, settings))
            archive.finish_run(name, outcome if name == "its" else {})
        assert chosen_run(archive, None) == run, "an ablation is no search to report"
        found = ablation_of(archive, run, findings_of(archive, run))
        page = run_report(archive, task=made.task, cache=made.cache)
    assert found is not None
    assert [one.verdict for one in found.removals] == ["earns its cost", "earns nothing"]
    assert (found.removals[0].low, found.simplified) == (0.125, "0123456789ab")
    assert "0.432" in page
    assert "+0.125 to +0.375" in page
    assert "what it was given" in page
    assert "masdesign archive show 0123456789ab" in page
    assert "<script>document" not in page


@pytest.mark.slow
async def test_an_imported_run_with_an_absurd_outcome(tmp_path) -> None:
    made = await make_run(tmp_path)
    lines = tmp_path / "export.jsonl"
    with Archive(made.archive) as archive:
        archive.export(lines)
    absurd = {"best": [HOSTILE], "spend": {"calls": "many", "seconds": {}}, "cost_unit": HOSTILE,
              "model_notes": {"a": 1}}  # fmt: skip
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    for row in rows:
        if row.get("strategy") == "evolution":
            row["outcome"] = absurd
    lines.write_text("\n".join(map(json.dumps, rows)))
    with Archive(tmp_path / "other.db") as other:
        other.import_(lines)
        page = run_report(other, task=made.task, cache=made.cache)
    assert "Was it made here?" in page
    assert Elements(page).found
    assert "<script>document" not in page


@pytest.mark.slow
@pytest.mark.parametrize("older", [False, True])
def test_an_imported_run_has_its_figures_as_far_as_the_export_names_them(made, tmp_path, older) -> None:
    lines = tmp_path / "export.jsonl"
    with Archive(made.archive) as archive:
        archive.export(lines)
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    if older:  # which did not say of which run an evaluation is
        rows = [{name: value for name, value in row.items() if name != "runs"} for row in rows]
    lines.write_text("\n".join(map(json.dumps, rows)))
    with Archive(tmp_path / "other.db") as other:
        other.import_(lines)
        page = run_report(other, task=made.task, cache=made.cache)
    assert "Was it made here?" in page
    assert ('id="look-figure"' in page or 'id="test-figure"' in page) is not older
    assert WINNER.id in page


@pytest.mark.slow
async def test_what_the_run_noted_of_its_result_is_told(tmp_path) -> None:
    noted = {
        "best": {"id": WINNER.id, "val_shrunk": 0.4321, "blank_control": 0.0},
        "claims": [{"than": "step_by_step", "p_holm": 0.031, "holds": True}],
        "headroom": {
            "best": 0.6,
            "best_name": HOSTILE,
            "ceiling": 0.9,
            "draws": 9,
            "warning": "too few items",
        },
        "break_even": {"unit": "calls", "against": "direct", "saving": 2.0, "gain": 0.1, "items": 350},
    }
    made = await make_run(tmp_path, outcome=noted)
    words = "".join(Elements(run_report(made.archive)).text)
    for told in (
        "0.432 is what to expect of it",
        "Better than step by step: holds (p = 0.031)",
        "the best of its 9 draws an item 0.90 (no bound on a design)",
        "the search is paid back after 350 items",
    ):
        assert told in words
    assert "Too few items." not in words  # no warning stands beside a difference that was seen


@pytest.mark.slow
def test_5000_candidates_are_one_quick_page(many) -> None:
    start = time.process_time()
    page = run_report(many)
    assert time.process_time() - start < 30
    assert len(page.encode()) < LARGEST
    assert page.count('<tr id="d-') == 5000
    assert direct().id not in page
