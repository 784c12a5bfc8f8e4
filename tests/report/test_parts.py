"""What the page is put together from."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from masdesign.archive import Archive
from masdesign.report import chosen_run, findings_of, plots
from masdesign.report.graphs import ANSWER, MOST_A_GENERATION, QUESTION, family, flow
from masdesign.report.pictures import Arrow, Box, _places, _width, _with_lanes, layered
from masdesign.report.svg import COLOURS, drawing, inline
from masdesign.report.words import shown
from masdesign.types import Answer, Completion, Message, Question, Request, Usage
from masdesign.workflow import Design, Trace
from masdesign.workflow.trace import Node

from .conftest import HOSTILE

ASKED = Request((Message("user", "how much?"),), temperature=0.8)


def draw(root: Node, text: str, finish="stop") -> Node:
    """A block that asked the model once."""
    node = root.child("chain_of_thought", "block", (("", Question("?")),))
    node.output = Answer(text, f"reply {text}")
    asked = node.child("model", "model")
    asked.request, asked.completion = ASKED, Completion(f"reply {text}", Usage(8, 2), finish)
    return node


def trace(*texts: str, revised: bool) -> Trace:
    root = Node("workflow", "workflow")
    drafts = [draw(root, text, "length" if text == "cut" else "stop") for text in texts]
    if revised:
        again = draw(root, "9")
        again.name, again.inputs = "revise", (("", drafts[0].output),)
    root.output = Answer("9" if revised else texts[0])
    return Trace(Question("?"), root)


def test_steps_of_many_items_are_laid_over_one_another() -> None:
    found = flow([trace("4", "4", revised=False), trace("5", "cut", revised=True)])
    draft, revise = found.ordered
    assert (draft.name, draft.items, draft.times, draft.tokens, draft.cut) == (
        "chain_of_thought",
        2,
        4,
        40,
        1,
    )
    assert (revise.name, revise.items, revise.times, revise.failures) == ("revise", 1, 1, 0)
    counts = {(a[1], b[1]): n for (a, b), n in found.edges.items()}
    assert counts["question", "chain_of_thought"] == 2
    assert counts["chain_of_thought", "revise"] == 1
    assert counts["revise", "answer"] == 1
    assert found.steps[QUESTION].level == 0
    assert found.steps[ANSWER].level == 3


def test_a_step_that_gave_nothing_and_one_without_an_answer_are_failures() -> None:
    root = Node("workflow", "workflow")
    draw(root, "")
    broken = root.child("chain_of_thought", "block")
    broken.child("model", "model").request = ASKED
    (step,) = flow([Trace(Question("?"), root)]).ordered
    assert (step.unread, step.broken, step.failures) == (1, 1, 2)


def test_a_block_that_asks_once_is_one_step() -> None:
    one = shown(trace("4", revised=False).root).children[0]
    assert (one.name, one.output, one.reply) == ("chain_of_thought", "4", "reply 4")
    assert one.prompt == (("user", "how much?"),)
    assert one.setting == "temperature 0.8, draw 1"
    assert one.children == ()


@pytest.fixture
def figure() -> str:
    with drawing(3, 2) as (drawn, axes):
        axes.set_title(HOSTILE)
        axes.plot([1, 2], [0, 1], color=COLOURS["accent"])
        axes.scatter([1], [1], color=COLOURS["bad"]).set_urls(["#d-1"])
        axes.text(0.5, 0.5, "out", url="https://example.org/")
        return inline(drawn, "figure-a", "what it is", {"#d-1": HOSTILE})


@pytest.mark.slow
def test_a_figure_has_no_style_no_colour_and_no_way_out(figure) -> None:
    root = ElementTree.fromstring(figure)
    elements = list(root.iter())
    assert {element.tag for element in elements}.isdisjoint({"style", "script", "metadata", "image"})
    assert not any("style" in element.attrib for element in elements)
    links = [element.get("href") for element in elements if element.tag == "a" and element.get("href")]
    assert links == ["#d-1"]
    classes = " ".join(element.get("class", "") for element in elements)
    assert "s-accent" in classes
    assert "f-bad" in classes
    paints = {element.get(name) for element in elements for name in ("fill", "stroke")}
    assert paints <= {None, "none"}


def test_a_figures_text_is_text_and_its_ids_are_its_own(figure) -> None:
    root = ElementTree.fromstring(figure)
    words = "".join(root.itertext())
    assert words.count("<script>document.title") == 2  # the title, and what the link says
    assert "$x_1$" in words
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(one.startswith("figure-a") for one in ids)


def test_an_arrow_past_a_layer_crosses_no_box() -> None:
    boxes = {key: Box(layer, (key,)) for key, layer in {"a": 0, "b": 1, "c": 1, "d": 2, "e": 3}.items()}
    arrows = [Arrow(*ends) for ends in ("ab", "ac", "bd", "cd", "de", "ad", "ae", "be")]
    layers, routes = _with_lanes(boxes, arrows)
    places = _places(layers, routes)
    assert sorted(map(len, routes)) == [2, 2, 2, 2, 2, 3, 3, 4]
    for nodes in layers.values():
        spans = sorted((places[node][0] - _width(node), places[node][0] + _width(node)) for node in nodes)
        assert all(right < left for (_, right), (left, _) in pairwise(spans))


def test_boxes_stand_in_their_layers() -> None:
    boxes = {"a": Box(0, (HOSTILE,)), "b": Box(1, ("b", "x" * 99)), "c": Box(1, ("c",), href="#d-c")}
    drawn = ElementTree.fromstring(
        layered("boxes", "boxes", boxes, [Arrow("a", "b", "50 %"), Arrow("a", "c")])
    )
    words = ["".join(text.itertext()) for text in drawn.iter("text")]
    assert {"b", "c", "50 %", "x" * 30 + "…"} <= set(words)
    heights = {word: float(text.get("y", "0")) for text, word in zip(drawn.iter("text"), words, strict=True)}
    assert heights["c"] > heights[words[1]] or heights["c"] > min(heights.values())


def test_a_name_that_xml_cannot_hold_is_drawn_without_what_it_cannot() -> None:
    drawn = ElementTree.fromstring(layered("boxes", "boxes", {"a": Box(0, ("a\x1b[1mb\x01\uffff",))}, []))
    assert ["".join(text.itertext()) for text in drawn.iter("text")] == ["a\ufffd[1mb\ufffd\ufffd"]


def test_a_large_family_is_cut_to_the_nearest_of_each_generation() -> None:
    first = Design("x")
    children = [Design(f"y{n}", parents=(first.id,)) for n in range(30)]
    known = {design.id: design for design in (first, *children)}
    found = family(first.id, known)
    assert len(found) == 1 + MOST_A_GENERATION
    assert found[0].design_id == first.id
    assert all(member.parents == (first.id,) for member in found[1:])


def test_a_parent_stands_above_its_children_where_both_are_parents_or_children_of_one() -> None:
    """`b` and its parent `a` are both parents of the winner; `d` and its child `e` both its children."""
    a = Design("a")
    b = Design("b", parents=(a.id,))
    winner = Design("w", parents=(a.id, b.id))
    d = Design("d", parents=(winner.id,))
    e = Design("e", parents=(winner.id, d.id))
    known = {design.id: design for design in (e, d, winner, b, a)}
    found = [(member.design_id, member.generation) for member in family(winner.id, known)]
    assert found == [(a.id, -2), (b.id, -1), (winner.id, 0), (d.id, 1), (e.id, 2)]


def test_designs_that_claim_to_be_their_own_ancestors_are_drawn() -> None:
    x, y, z = Design("x"), Design("y"), Design("z")
    known = {
        x.id: replace(x, parents=(x.id, y.id)),
        y.id: replace(y, parents=(x.id, z.id)),
        z.id: replace(z, parents=(y.id,)),
    }
    members = family(x.id, known)
    boxes = {member.design_id: Box(member.generation, (member.design_id,)) for member in members}
    arrows = [Arrow(parent, member.design_id) for member in members for parent in member.parents]
    drawn = ElementTree.fromstring(layered("boxes", "boxes", boxes, arrows))
    assert {"".join(text.itertext()) for text in drawn.iter("text")} == set(known)


@pytest.mark.slow
def test_the_winner_is_within_the_picture_however_far_above_the_plain_ways(made, monkeypatch) -> None:
    with Archive(made.archive) as archive:
        found = findings_of(archive, chosen_run(archive, None), made.task)
    low = tuple(replace(plain, score=0.02, low=0.0, high=0.05) for plain in found.plain_val)
    seen = []
    monkeypatch.setattr(plots, "inline", lambda figure, *rest: seen.append(figure.axes[0].get_ylim()))
    plots.frontier_plot(replace(found, plain_val=low))
    plots.look_plot(replace(found, plain_test=low))
    for (bottom, top), score in zip(seen, (found.winner.score, found.test.score), strict=True):
        assert bottom < 0.02
        assert top > score > 0.3
