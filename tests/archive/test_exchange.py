"""Export and import: the round trip, the canonical form, and files from elsewhere."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from threading import Thread

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.archive.exchange import taking, untrusted
from masdesign.errors import InputError
from masdesign.types import Failure
from masdesign.workflow import Design


def fill(archive, make, *, order=range(4), seconds=0.5, host="here", paid=3):
    run = RunRecord("r", "arithmetic", "1-2", "abacus-1@3f2a", "random", 0, {"batch": 8}, {"host": host})
    archive.start_run(run)
    for n in order:
        design = make.design(n, parents=(make.design(0).id,) if n else ())
        archive.record_proposal("r", n, design, "complete", {"score": 0.5, "seconds": seconds})
        archive.add_evaluation(make.evaluation(design, 50 + n, seconds=seconds), run="r")
    archive.add_failure(make.design(9), Failure("design", "raised", 2, "mend it"), "r")
    archive.open_test("r", [make.design(1).id], ["a", "b"])
    archive.add_evaluation(make.evaluation(make.design(1), 60, split="test"), run="r")
    archive.promote(make.design(1).id, "careful")
    archive.finish_run("r", {"spend": {"calls": 9, "seconds": seconds, "paid_calls": paid, "paid_usd": 0.1}})


def canonical(archive) -> bytes:
    out = io.BytesIO()
    archive.export(out, canonical=True)
    return out.getvalue()


@pytest.mark.slow
def test_equal_contents_give_equal_bytes_whatever_the_time_host_and_order(archive, make, tmp_path):
    fill(archive, make)
    with Archive(tmp_path / "other.db") as other:
        fill(other, make, order=(2, 0, 3, 1), seconds=7.5, host="there", paid=0)
        fill(other, make, seconds=1.0)
        assert canonical(other) == canonical(archive)
        other.add_design(make.design(77))
        assert canonical(other) != canonical(archive)


@pytest.mark.slow
def test_round_trip(archive, make, tmp_path):
    fill(archive, make)
    archive.export(tmp_path / "out.jsonl")
    with Archive(tmp_path / "other.db") as other:
        found = other.import_(tmp_path / "out.jsonl")
        assert (found.known, found.skipped) == (0, ())
        assert found.added == (tmp_path / "out.jsonl").read_bytes().count(b"\n") - 1
        assert canonical(other).replace(b'"foreign":true', b'"foreign":false') == canonical(archive)
        assert canonical(other).count(b'"foreign":true') == 8
        assert {s.key for s in other.summaries(run="r")} == {s.key for s in archive.summaries(run="r")}
        again = other.import_(tmp_path / "out.jsonl")
        assert (again.added, again.known, again.skipped) == (0, found.added, ())
        other.export(tmp_path / "back.jsonl")
    mine = canonical(archive)
    back = archive.import_(tmp_path / "back.jsonl")
    assert (back.added, back.skipped) == (0, ())
    assert canonical(archive) == mine


def test_reasoning_tokens_of_items_are_kept_and_travel(archive, make, tmp_path):
    archive.add_design(make.design(1))
    evaluation = make.evaluation(make.design(1), 3)
    thought = replace(evaluation.results[0].usage, reasoning_tokens=7)
    results = (replace(evaluation.results[0], usage=thought), *evaluation.results[1:])
    archive.add_evaluation(replace(evaluation, results=results))
    archive.export(tmp_path / "out.jsonl")
    with Archive(":memory:") as other:
        other.import_(tmp_path / "out.jsonl")
        for kept in (archive, other):
            (summary,) = kept.summaries()
            found = {result.usage.reasoning_tokens for result in kept.evaluation(summary).results}
            assert found == {0, 7}
        lines = (tmp_path / "out.jsonl").read_text()
        (tmp_path / "out.jsonl").write_text(lines.replace('"reasoning_tokens":7', '"reasoning_tokens":-7'))
        assert 'reasoning_tokens" is below 0' in str(other.import_(tmp_path / "out.jsonl").skipped)


@pytest.mark.slow
def test_an_import_changes_nothing_of_ours(archive, make, tmp_path):
    fill(archive, make)
    with Archive(":memory:") as other:
        fill(other, make)
        other.add_evaluation(make.evaluation(make.design(3), 1, world=5))
        other.add_design(make.design(50))
        other.add_evaluation(make.evaluation(make.design(50), 100))
        other.export(tmp_path / "x.jsonl")
    before = archive.evaluations()
    assert archive.import_(tmp_path / "x.jsonl").added == 3
    assert archive.evaluations() == before
    assert len(archive.summaries(foreign=True)) == 2


@pytest.mark.slow
def test_a_promoted_block_comes_along_with_its_evidence_marked(archive, make, tmp_path):
    fill(archive, make)
    archive.export(tmp_path / "out.jsonl")
    with Archive(":memory:") as other:
        other.import_(tmp_path / "out.jsonl")
        (block,) = other.promoted().values()
        mine = archive.promoted()["careful"]
        assert block == mine
        assert "Evidence: 0.51" in mine.doc
        assert "Evidence from elsewhere, not measured here: 0.51" in block.doc
        other.add_evaluation(make.evaluation(make.design(1), 20))
        assert "Evidence: 0.200" in other.promoted()["careful"].doc


def promotion(design, name="careful"):
    return {"kind": "promotion", "name": name, "design_id": design.id, "created": 1.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "number", "says"),
    [
        ("careful", 2, "is another design here"),
        ("direct", 1, "something of that name"),
        ("__import__", 1, "begin with a letter"),
        ("other", 99, "is not here"),
    ],
)
def test_an_import_takes_no_name_of_ours(archive, make, tmp_path, name, number, says):
    fill(archive, make)
    (tmp_path / "in.jsonl").write_text(json.dumps(promotion(make.design(number), name)))
    found = archive.import_(tmp_path / "in.jsonl")
    assert says in found.skipped[0]["reason"]
    assert {n: b.version for n, b in archive.promoted().items()} == {"careful": make.design(1).id}


def test_a_design_that_can_be_no_block_is_none_by_import_either(archive, tmp_path):
    counts = Design("COUNT = 0\nasync def workflow(task):\n    global COUNT\n    return await direct(task)\n")
    archive.add_design(counts)
    (tmp_path / "in.jsonl").write_text(json.dumps(promotion(counts)))
    assert "global COUNT" in archive.import_(tmp_path / "in.jsonl").skipped[0]["reason"]


@pytest.mark.slow
def test_imports_do_not_fill_the_catalogue_without_end(archive, make, tmp_path, monkeypatch):
    monkeypatch.setattr(taking, "MAX_BLOCKS", 2)
    archive.add_design(make.design())
    found = [json.dumps(promotion(make.design(), f"careful{n}")) for n in range(3)]
    (tmp_path / "in.jsonl").write_text("\n".join(found))
    taken = archive.import_(tmp_path / "in.jsonl")
    assert (taken.added, [s["reason"] for s in taken.skipped]) == (
        2, ["this archive has 2 promoted blocks already"]
    )  # fmt: skip


def lines(archive, tmp_path) -> list[dict]:
    archive.export(tmp_path / "x.jsonl")
    return [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]


def taken(tmp_path, *records) -> tuple[int, list[str]]:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in records))
    with Archive(":memory:") as other:
        found = other.import_(path)
        assert not other.evaluations()
        return found.added, [skipped["reason"] for skipped in found.skipped]


@pytest.mark.slow
def test_an_id_that_is_not_that_of_its_source_is_skipped_and_so_is_what_speaks_of_it(archive, make, tmp_path):
    archive.add_design(make.design())
    archive.add_evaluation(make.evaluation(make.design(), 5))
    header, design, evaluation = lines(archive, tmp_path)
    design["source"] += "\nimport os\n"
    added, reasons = taken(tmp_path, header, design, evaluation)
    assert added == 0
    assert "is not that of its source" in reasons[0]
    assert "is not here" in reasons[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score": 2.0}, "not in 0..1"),
        ({"score": True}, '"score" is missing or no float'),
        ({"score": "1"}, '"score" is missing or no float'),
        ({"usage": {"prompt_tokens": -1, "completion_tokens": 0, "usd": 0}}, "below 0"),
        ({"usage": {"prompt_tokens": 10**30, "completion_tokens": 0, "usd": 0}}, "too large"),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 0, "usd": 1e308}}, '"usd" is too large'),
        ({"usage": None}, '"usage" is missing'),
        ({"seconds": -1.0}, '"seconds" is below 0'),
        ({"calls": 2**40}, '"calls" is too large'),
        ({"item_id": "x" * 300}, "longer than 200"),
        ({"item_id": "item 1"}, "an item twice"),
        ({"answer": {"text": 5, "reasoning": ""}}, '"text" is missing'),
        ({"answer": [1]}, '"answer" is missing'),
        ({"failure": {"kind": "magic", "message": ""}}, "unknown kind of failure"),
    ],
)
def test_wrong_results_are_skipped(archive, make, tmp_path, change, says):
    archive.add_design(make.design())
    archive.add_evaluation(make.evaluation(make.design(), 5, 3))
    header, design, evaluation = lines(archive, tmp_path)
    evaluation["results"][0] |= change
    added, reasons = taken(tmp_path, header, design, evaluation)
    assert added == 1
    assert says in reasons[0]


def test_malformed_lines_are_skipped_with_their_numbers_and_the_rest_is_taken(
    archive, make, tmp_path, monkeypatch
):
    monkeypatch.setattr(untrusted, "MAX_LINE", 5000)
    archive.add_design(make.design())
    header, design = lines(archive, tmp_path)
    bad = {
        b"{": "broken JSON",
        b"[1]": "not a JSON object",
        b'"x"': "not a JSON object",
        b"\xff\xfe": "not UTF-8",
        b'{"kind": "spell"}': "unknown kind",
        b'{"kind": ["design"]}': '"kind" is missing',
        b'{"kind": "design", "x": 1e999}': "not finite",
        b'{"kind": "design", "x": NaN}': "NaN is not JSON",
        b'{"kind": "design", "x": ' + b"9" * 4500 + b"}": "an integer is too large",
        b'{"kind": "design", "kind": "run"}': '"kind" is given twice',
        b'{"kind": "design", "x": {"y": [{"z": 1, "z": 2}]}}': '"z" is given twice',
        b'{"a":' * 40 + b"1" + b"}" * 40: "nests deeper",
        b'{"kind": "design", "source": "' + b"x" * 6000 + b'"}': "longer than 5000 bytes",
        b'{"kind": "header", "format": "other"}': "another format",
        b'{"kind": "design", "id": "x", "parents": "abc", "source": ""}': '"parents" is missing',
        b'{"kind": "evaluation"}': "is missing",
        b'{"kind": "run", "name": ""}': "empty",
        b'{"kind": "proposal", "run": "none", "position": 0}': "is not here",
        b'{"kind": "opening", "run": "", "designs": [1], "items": []}': "not a list of texts",
    }
    added, reasons = taken(tmp_path, header, *bad, b"", b"  ", design)
    assert added == 1
    assert len(reasons) == len(bad)
    for says in bad.values():
        assert any(says in reason for reason in reasons), says


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"created": 1e300}, '"created" is no time'),
        ({"created": -1e18}, '"created" is no time'),
        ({"size": 2**40}, '"size" is too large'),
        ({"task": "".join(map(chr, range(0x4E00, 0x5A00)))}, '"task" is longer than 800 bytes'),
    ],
)
def test_what_no_database_holds_and_no_list_shows_is_skipped(archive, make, tmp_path, change, says):
    archive.add_design(make.design())
    archive.add_evaluation(make.evaluation(make.design(), 5, 3))
    header, design, evaluation = lines(archive, tmp_path)
    added, reasons = taken(tmp_path, header, design, evaluation | change)
    assert added == 1
    assert says in reasons[0]
    if "created" in change:  # the design of that date, too
        assert taken(tmp_path, header, design | change)[0] == 0


def test_lone_surrogates_and_nul_do_no_harm(archive, make, tmp_path):
    archive.add_design(make.design())
    header, design = lines(archive, tmp_path)
    text = json.dumps(design).replace('"design 0"', '"\\ud800\\u0000"').encode()
    assert taken(tmp_path, header, text) == (1, [])


def test_another_run_of_the_same_name_is_skipped(archive, make, tmp_path):
    fill(archive, make)
    found = lines(archive, tmp_path)
    for line in found:
        if line["kind"] == "run":
            line["seed"] = 5
        if line["kind"] == "proposal":
            line["design_id"] = make.design(9).id
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, found)))
    result = archive.import_(tmp_path / "in.jsonl")
    assert "another run of that name" in result.skipped[0]["reason"]
    assert {s["reason"] for s in result.skipped[1:]} == {"the run that is here proposed something else"}
    assert replace(archive.runs()[0], outcome=None).seed == 0


def test_a_newer_export_a_missing_file_and_a_folder(archive, tmp_path):
    (tmp_path / "new.jsonl").write_text('{"kind": "header", "format": "masdesign-archive", "version": 9}\n')
    for name, says in (
        ("new.jsonl", "newer masdesign"),
        ("none.jsonl", "cannot be read"),
        ("", "is a folder"),
    ):
        with pytest.raises(InputError, match=says):
            archive.import_(tmp_path / name)
    with pytest.raises(InputError, match="cannot write"):
        archive.export(tmp_path / "no" / "folder.jsonl")


@pytest.mark.slow
def test_a_pipe_or_what_a_link_names_is_written_and_not_replaced(archive, make, tmp_path):
    fill(archive, make)
    pipe, link, real = tmp_path / "pipe", tmp_path / "link.jsonl", tmp_path / "real.jsonl"
    os.mkfifo(pipe)
    link.symlink_to(real)
    read: list[bytes] = []
    reader = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    archive.export(pipe, canonical=True)
    assert pipe.is_fifo()
    reader.join(60)
    assert read == [canonical(archive)]
    archive.export(link, canonical=True)
    assert link.is_symlink()
    assert real.read_bytes() == canonical(archive)
