"""The archive keeps what it is given, once, and finds it again."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables.designs import lineage
from masdesign.errors import InputError
from masdesign.types import Answer, Failure
from masdesign.workflow.design import Design

RUN = RunRecord("r", "arithmetic", "1-2", "abacus-1@3f2a", "random", 0, {"batch": 8}, {"concurrency": 64})


def test_a_design_comes_back_as_it_was(archive, make):
    design = make.design(1, thought="votes help", parents=("aaaaaaaaaaaa",), origin="random")
    assert archive.add_design(design)
    assert not archive.add_design(replace(design, name="another name"))
    assert archive.designs() == [design]
    assert archive.designs()[0].id == design.id


def test_designs_are_found_by_id_prefix_and_name(archive, make):
    designs = [make.design(n) for n in range(40)]
    for design in designs:
        archive.add_design(design)
    assert archive.design(designs[3].id) == designs[3]
    assert archive.design(designs[3].id[:9].upper()) == designs[3]
    assert archive.design("design 3") == designs[3]
    with pytest.raises(InputError, match="no design 'nothing like it'"):
        archive.design("nothing like it")
    with pytest.raises(InputError, match="no design"):
        archive.design("")
    first = [d.id[0] for d in designs]
    shared = max(first, key=first.count)
    with pytest.raises(InputError, match=f"stands for {first.count(shared)} designs: {shared}"):
        archive.design(shared)


def test_a_name_that_two_designs_bear_is_ambiguous(archive, make):
    for number in (1, 2):
        archive.add_design(make.design(number, name="twin"))
    with pytest.raises(
        InputError, match=r"'twin' stands for 2 designs: .* \(twin\), .* \(twin\); give one's id"
    ):
        archive.design("twin")


def test_search_wants_every_word_whatever_its_case(archive, make):
    archive.add_design(make.design(1, thought="Debate until 100% agree"))
    archive.add_design(make.design(2, thought="Vote"))
    assert [s.design.name for s in archive.search("debate AGREE")] == ["design 1"]
    assert [s.design.name for s in archive.search("attempt")] == ["design 1", "design 2"]
    assert [s.design.name for s in archive.search("100%")] == ["design 1"]
    assert archive.search("vote debate") == []


def test_search_finds_the_same_with_the_index_of_words_and_without(archive, make):
    texts = ['a "quoted" word', "100% sure", "snake_case", "snakeXcase", "Straße", "ärger", "tab\tted", ""]
    for number, text in enumerate(texts):
        archive.add_design(make.design(number, name=text, thought=text[::-1]))
    words = [
        "quo",
        '"quoted',
        "0%",
        "100% sure",
        "e_c",
        "SNAKE",
        "straße",
        "ärger",
        "ted tab",
        "xyz",
        "at",
        "'",
    ]
    found = {word: [s.design.name for s in archive.search(word)] for word in words}
    assert found["SNAKE"] == ["snake_case", "snakeXcase"]
    assert found["e_c"] == ["snake_case"]
    with archive._connection(writes=True) as connection:
        kind = "TABLE" if connection.dialect.name == "sqlite" else "INDEX"
        connection.exec_driver_sql(f"DROP {kind} designs_words")
    archive.add_design(Design("x = 1", name="zzz"))
    assert {word: [s.design.name for s in archive.search(word)] for word in words} == found
    assert [s.design.name for s in archive.search("zz")] == ["zzz"]


def test_an_evaluation_comes_back_as_it_was(archive, make):
    design = make.design()
    archive.add_design(design)
    evaluation = make.evaluation(design, 70)
    assert archive.add_evaluation(evaluation)
    assert not archive.add_evaluation(evaluation)
    assert archive.evaluations(design_id=design.id) == [evaluation]
    (summary,) = archive.summaries()
    assert (summary.score, summary.items, summary.complete, summary.tokens_per_item) == (0.7, 100, True, 30.0)
    assert (summary.low, summary.high) == (evaluation.low, evaluation.high)


def test_a_partial_evaluation_grows_and_never_shrinks(archive, make):
    design = make.design()
    archive.add_design(design)
    whole = make.evaluation(design, 70)
    archive.add_evaluation(replace(whole, results=whole.results[40:60]))
    assert [s.complete for s in archive.summaries()] == [False]
    archive.add_evaluation(replace(whole, results=whole.results[:20]))
    assert archive.summaries()[0].items == 40
    archive.add_evaluation(whole)
    archive.add_evaluation(replace(whole, results=whole.results[:5]))
    assert archive.evaluations() == [whole]


def test_a_scored_result_takes_the_place_of_an_unscored_one_and_stays(archive, make):
    design = make.design()
    archive.add_design(design)
    whole = make.evaluation(design, 70)
    holed = replace(whole, results=(*map(make.unscored, whole.results[:10]), *whole.results[10:]))
    archive.add_evaluation(holed)
    assert archive.summaries(complete=True) == []
    assert archive.add_evaluation(whole)
    assert not archive.add_evaluation(holed)
    assert not archive.add_evaluation(make.evaluation(design, 70, seconds=9.0))
    assert archive.evaluations() == [whole]


def test_worlds_models_and_versions_stand_apart(archive, make):
    design = make.design()
    archive.add_design(design)
    for fields in (
        {},
        {"world": 1},
        {"model": "b@1"},
        {"task_version": "2"},
        {"fingerprint": "x"},
        {"split": "test"},
    ):
        archive.add_evaluation(make.evaluation(design, 50, **fields))
    assert len(archive.summaries()) == 6
    assert len(archive.summaries(model="abacus")) == 5
    assert len(archive.summaries(split="test")) == 1


def test_an_evaluation_needs_its_design_and_its_run(archive, make):
    with pytest.raises(InputError, match="add it before"):
        archive.add_evaluation(make.evaluation(make.design(), 1))
    archive.add_design(make.design())
    with pytest.raises(InputError, match="no run 'r' in this archive; there is none yet"):
        archive.add_evaluation(make.evaluation(make.design(), 1), run="r")
    assert archive.summaries() == []


def test_texts_that_no_database_takes_are_kept_in_part(archive, make):
    design = make.design()
    archive.add_design(design)
    evaluation = make.evaluation(design, 1, 1)
    odd = replace(evaluation.results[0], answer=Answer("4\ud800", "null\x00 byte"))
    archive.add_evaluation(replace(evaluation, results=(odd,)))
    assert archive.evaluations()[0].results[0].answer == Answer("4\ufffd", "null\ufffd byte")
    assert not archive.add_evaluation(replace(evaluation, results=(odd,)))


def test_failures_are_kept_once(archive, make):
    design, failure = make.design(), Failure("design", "raised ZeroDivisionError", 3, "divide less")
    archive.start_run(RUN)
    assert archive.add_failure(design, failure, "r")
    assert not archive.add_failure(design, failure, "r")
    assert archive.add_failure(design, replace(failure, line=4), "r")
    assert archive.failures(design.id)[0] == (design.id, "r", failure)
    assert archive.designs() == [design]


def test_a_run_goes_on_under_its_name_with_the_same_settings(archive):
    assert archive.start_run(RUN) == "r"
    assert archive.start_run(replace(RUN, facts={"concurrency": 1})) == "r"
    archive.finish_run("r", {"best": {"id": "abc"}})
    run = archive.run("r")
    assert run is not None
    assert (run.outcome, run.facts, run.finished is not None) == (
        {"best": {"id": "abc"}},
        {"concurrency": 1},
        True,
    )
    with pytest.raises(InputError, match="run 'r' had seed 0, not 1"):
        archive.start_run(replace(RUN, seed=1))
    with pytest.raises(InputError, match="run 'r' had batch 8, not 4"):
        archive.start_run(replace(RUN, settings={"batch": 4}))
    with pytest.raises(InputError, match="run 'r' had items None, not 20"):
        archive.start_run(replace(RUN, settings={"batch": 8, "items": 20}))
    with pytest.raises(InputError, match="no run 'q' in this archive; the latest are r"):
        archive.finish_run("q", {})


def test_new_runs_get_names(archive):
    assert [archive.start_run(replace(RUN, name="")) for _ in range(2)] == [
        "arithmetic-random-1",
        "arithmetic-random-2",
    ]
    assert [run.name for run in archive.runs()] == ["arithmetic-random-1", "arithmetic-random-2"]


def test_proposals_keep_their_order_and_are_overwritten(archive, make):
    archive.start_run(RUN)
    for index in (2, 0, 1):
        archive.record_proposal("r", index, make.design(index), "screened", {"items": 20})
    archive.record_proposal("r", 1, make.design(1), "complete")
    assert [(p["position"], p["stage"]) for p in archive.proposals("r")] == [
        (0, "screened"),
        (1, "complete"),
        (2, "screened"),
    ]
    assert archive.proposals("r")[1]["design_id"] == make.design(1).id


def test_the_same_set_again_is_the_same_opening(archive):
    archive.start_run(RUN)
    first = archive.open_test("r", ["b", "a"], ["1", "2"])
    assert archive.open_test("r", ["a", "b", "a"], ["2", "1"]) == first
    assert archive.open_test("r", ["a"], ["1", "2"]).key != first.key
    assert archive.open_test(None, ["b", "a"], ["1", "2"]).key != first.key
    assert [opening.designs for opening in archive.openings("r")] == [("a", "b"), ("a",)]
    assert len(archive.openings()) == 3


def test_a_transaction_is_kept_whole_or_not_at_all(archive, make):
    def fail() -> None:
        with archive.transaction():
            archive.add_design(make.design(1))
            archive.add_evaluation(make.evaluation(make.design(1), 5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert archive.designs() == []
    with archive.transaction():
        archive.add_design(make.design(1))
        archive.add_evaluation(make.evaluation(make.design(1), 5))
    assert len(archive.summaries()) == 1


def test_an_error_of_the_users_own_passes_through_a_transaction(archive):
    with pytest.raises(FileNotFoundError), archive.transaction():
        raise FileNotFoundError(2, "mine")


@pytest.mark.slow
def test_threads_share_an_archive(archive, make):
    def add(start: int) -> None:
        for number in range(start, start + 10):
            with archive.transaction():
                archive.add_design(make.design(number))
                archive.add_evaluation(make.evaluation(make.design(number), 5, 10))

    threads = [threading.Thread(target=add, args=(start,)) for start in (0, 10, 20, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(archive.summaries()) == len(archive.designs()) == 30


def test_two_archives_in_one_place(place, archive, make):
    with Archive(place) as other:
        archive.add_design(make.design(1))
        other.add_design(make.design(1))
        other.add_design(make.design(2))
        assert archive.designs() == other.designs() == [make.design(1), make.design(2)]


def test_lineage(archive, make):
    grand, mother = make.design(1), make.design(2, parents=(make.design(1).id,))
    child = make.design(3, parents=(mother.id, "000000000000"))
    for design in (grand, mother, child):
        archive.add_design(design)
    family = archive.lineage(mother.id)
    assert [r.design_id for r in family.ancestors] == [grand.id]
    assert [r.design_id for r in family.descendants] == [child.id]
    assert {(r.design_id, r.generations) for r in archive.lineage(child.id).ancestors} == {
        (mother.id, 1),
        ("000000000000", 1),
        (grand.id, 2),
    }


def test_lineage_is_that_of_all_designs_together(archive, make):
    rng, designs = random.Random(0), []
    for number in range(40):
        ids = [design.id for design in designs]
        parents = tuple(rng.sample(ids, min(len(ids), rng.randint(0, 3))))
        designs.append(make.design(number, parents=(*parents, "not an id") if number % 7 == 0 else parents))
        archive.add_design(designs[-1])
    everyone = {design.id: design.parents for design in designs}
    for design in designs:
        assert archive.lineage(design.id) == lineage(design.id, everyone)


def test_a_design_that_claims_to_be_its_own_ancestor(archive):
    design = Design("x = 1")
    archive.add_design(replace(design, parents=(design.id,)))
    assert archive.lineage(design.id).ancestors == ()


def test_stats(archive, make):
    archive.add_design(make.design(1))
    archive.add_evaluation(make.evaluation(make.design(1), 70))
    archive.add_failure(make.design(2), Failure("design", "bad"))
    found = archive.stats()
    assert (found["designs"], found["evaluations"], found["results"], found["failures"]) == (2, 1, 100, 1)
    assert found["by_kind"] == {"design": 1}
    assert found["tasks"][0]["best_val"] == 0.7
