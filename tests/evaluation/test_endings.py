"""A run ends early where most replies are of no use, says which, and goes on after the cure."""

from __future__ import annotations

import json

import pytest

from masdesign.cli import UNUSABLE, main
from masdesign.distill.verbs import run_distill_async
from masdesign.errors import UnusableReplies
from masdesign.evaluation import EvaluationEnded
from masdesign.experiments.verbs import run_baseline_async, run_transfer_async
from masdesign.experiments.worlds import run_worlds_async
from masdesign.lm import ModelSpec
from masdesign.search.compare.verbs import run_compare_async
from masdesign.search.verbs import run_search_async
from masdesign.session.verbs import run_evaluate_async
from masdesign.tasks import load_task
from masdesign.testing.modes import MODES, Reply, says
from masdesign.testing.server import serving


def unreadable(call):
    return Reply(says(call, "I would rather not say, and yet I go on talking"))


KINDS = {"cut": "were cut at 4096 tokens; set max_tokens", "refusal": "were refused", "": "could not be read"}


@pytest.fixture
def sums(tmp_path):
    path = tmp_path / "sums.jsonl"
    rows = [{"question": f"{n} + {n + 1} =", "target": str(2 * n + 1)} for n in range(120)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return load_task(path)


@pytest.mark.slow
@pytest.mark.parametrize("mode", KINDS)
async def test_an_evaluation_ends_early_and_keeps_what_it_has(mode, sums):
    with serving(mode or unreadable) as server:
        spec = ModelSpec("openai/any", server.url)
        with pytest.raises(EvaluationEnded, match=f"20 of 20 replies {KINDS[mode]}") as ended:
            await run_evaluate_async("direct", sums, model=spec, concurrency=2)
        assert len(ended.value.partial.results) == 20
        assert len(server.requests) < len(sums.val)
        whole = await run_evaluate_async("direct", sums, model=spec, keep_going=True)
        assert len(whole.results) == len(sums.val)


@pytest.mark.slow
async def test_a_summary_says_how_many_were_cut(sums):
    def sometimes(call):
        return MODES["cut" if call.number in (3, 7) else "plain"](call)

    with serving(sometimes) as server:
        spec = ModelSpec("openai/any", server.url)
        found = await run_worlds_async("direct", sums, model=spec, concurrency=1, archive=":memory:")
    assert found.notes[-1].endswith(
        f"2 of {len(sums.val)} replies were cut at 4096 tokens; set max_tokens higher"
    )
    assert found.pooled().score == pytest.approx(1 - 2 / len(sums.val))
    assert not found.cut


@pytest.mark.slow
async def test_a_baseline_ends_early_and_a_transfer_names_the_model(sums):
    with serving("cut") as cut, serving() as plain:
        bad, good = ModelSpec("openai/any", cut.url), ModelSpec("openai/any", plain.url)
        with pytest.raises(UnusableReplies, match="were cut"):
            await run_baseline_async(sums, model=bad, max_k=1, archive=":memory:")
        found = await run_transfer_async("direct", [sums], models=[bad, good], archive=":memory:")
    assert [cell.evaluation.score for cell in found.table.cells] == [1.0]
    assert "were cut" in found.unscored[0][2]


@pytest.mark.slow
async def test_a_search_ends_early_and_goes_on_after_the_cure(sums, tmp_path):
    cured = False

    def refuses(call):
        return MODES["plain" if cured else "refusal"](call)

    with serving(refuses) as server:
        given = {"model": ModelSpec("openai/any", server.url), "archive": str(tmp_path / "a.db")}
        given |= {"cache": str(tmp_path / "calls.db"), "budget": "2000calls", "strategy": "random"}
        with pytest.raises(UnusableReplies, match="the search ends early: 72 of 72 replies were refused"):
            await run_search_async(sums, **given)
        assert len(server.requests) == 72
        cured = True
        found = await run_search_async(sums, run="sums.jsonl-random-1", **given)
    assert found.best_test.score == 1.0


@pytest.mark.slow
async def test_a_comparison_ends_early(sums):
    with serving("refusal") as server:
        spec = ModelSpec("openai/any", server.url)
        with pytest.raises(UnusableReplies, match="the search ends early: 72 of 72 replies were refused"):
            await run_compare_async(
                sums, ["random", "portfolio"], budget="2000calls", repeats=1, model=spec, archive=":memory:"
            )


async def test_a_distillation_ends_early(sums):
    with serving("cut") as server:
        spec = ModelSpec("openai/any", server.url)
        with pytest.raises(EvaluationEnded, match="were cut at 4096 tokens; set max_tokens") as ended:
            await run_distill_async("direct", sums, model=spec, archive=":memory:")
    assert len(ended.value.partial.results) == 20


@pytest.mark.slow
@pytest.mark.parametrize(("more", "code", "items"), [([], UNUSABLE, 20), (["--keep-going"], 0, 37)])
def test_the_command_tells_it_by_its_exit_code(sums, tmp_path, capsys, more, code, items):
    with serving("cut") as server:
        given = ["--model=openai/any", f"--base-url={server.url}", f"--archive={tmp_path / 'a.db'}", *more]
        assert main(["evaluate", "direct", str(tmp_path / "sums.jsonl"), "--json", *given]) == code
    printed = capsys.readouterr()
    assert json.loads(printed.out)["items"] == items
    assert ("ends early" in printed.err) == (code != 0)
