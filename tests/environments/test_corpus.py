"""Searching and reading documents of several sources, and an item's own files."""

import json

import pytest

import masdesign as md
from masdesign.environments.corpus import PAGE, Corpus, Document
from masdesign.environments.scratch import MOST_CHARACTERS, SCRATCH
from masdesign.errors import InputError
from masdesign.evaluation import evaluate
from masdesign.lm.embedding import Embedding
from masdesign.lm.local import smollm2
from masdesign.lm.spec import ModelSpec
from masdesign.protocols import Environment
from masdesign.spending.price import Price
from masdesign.tasks import Task
from masdesign.testing import LentServices
from masdesign.types import Completion, Item, Request, Usage
from masdesign.workflow import Design

ITEM = Item("a", "?", "")
TEXTS = {
    "ulm": "Ulm lies on the Danube and has the tallest church of all. " * 4,
    "bonn": "Bonn lies on the Rhine. Beethoven was born there.",
    "long": "A long report on rivers. " + "Nothing of note. " * 400 + "The Elbe froze in 1929.",
}


def opened(environment):
    return environment.open(ITEM, 0, LentServices())


async def test_search_and_read():
    corpus = Corpus(Document(name, text) for name, text in TEXTS.items())
    assert isinstance(corpus, Environment)
    episode = await opened(corpus)
    found = await episode.call("search", {"query": "Where was Beethoven born?"})
    assert found.text == "[bonn] Bonn lies on the Rhine. Beethoven was born there."
    assert (await episode.call("read", {"id": "[bonn]"})).text == TEXTS["bonn"]
    page = (await episode.call("read", {"id": "long"})).text
    assert page.startswith(TEXTS["long"][:PAGE])
    assert page.endswith(f"read on with start={PAGE}]")
    assert "The Elbe froze" in (await episode.call("read", {"id": "long", "start": PAGE})).text
    snippet = (await episode.call("search", {"query": "Elbe"})).text
    assert "…" in snippet
    assert "The Elbe froze in 1929." in snippet
    for wrong in ({"query": "?!"}, {"query": ""}):
        assert (await episode.call("search", wrong)).text == "The query has no words."
    assert (await episode.call("search", {"query": "zebra"})).text == "No document has any of these words."
    assert (await episode.call("read", {"id": "paris"})).error
    assert await (await episode.fork()).outcome() == {}


async def test_several_sources_are_ranked_together(tmp_path):
    (tmp_path / "cities").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "cities" / f"{name}.txt").write_text(text)
    rows = [{"title": "Danube", "text": "The Danube passes Ulm and Vienna."}, {"id": "x", "text": "Snow."}]
    (tmp_path / "rivers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = Corpus.read([tmp_path / "cities", tmp_path / "rivers.jsonl"])
    episode = await opened(corpus)
    lines = (await episode.call("search", {"query": "Which cities lie on the Danube?"})).text.splitlines()
    assert {line.partition("]")[0] for line in lines[:2]} == {"[1", "[ulm.txt"}
    assert (await episode.call("read", {"id": "1"})).text.startswith("Danube\n")
    assert corpus.version != Corpus.read([tmp_path / "cities"]).version


async def test_the_same_id_in_two_sources_is_told_apart(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text('{"text": "snow"}\n')
    corpus = Corpus.read([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert set(corpus.library.documents) == {"a/1", "b/1"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("absent.txt", None, "does not exist"),
        ("bytes.txt", b"\xff\xfe\x00", "cannot be read as text"),
        ("bad.jsonl", b'{"text": "a"}\nnope\n', "line 2: not JSON"),
        ("bare.jsonl", b'{"body": "a"}\n', "line 1: no text"),
        ("empty.jsonl", b"", "at least one document"),
    ],
)
def test_what_is_no_corpus_is_refused_in_a_line(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told) as error:
        Corpus.read([tmp_path / name])
    assert "\n" not in str(error.value)


def test_two_documents_of_one_id_are_refused():
    with pytest.raises(InputError, match="same id"):
        Corpus([Document("a", "x"), Document("a", "y")])


async def test_scratch_files():
    episode = await opened(SCRATCH)
    assert (await episode.call("list_files", {})).text == "No files."
    await episode.call("write_file", {"path": "./plan/todo.md", "text": "- one\n"})
    await episode.call("write_file", {"path": "plan/todo.md", "text": "- two\n", "append": True})
    fork = await episode.fork()
    assert (await episode.call("read_file", {"path": "/plan/todo.md"})).text == "- one\n- two\n"
    await fork.call("write_file", {"path": "plan/todo.md", "text": ""})
    assert (await episode.call("list_files", {})).text == "plan/todo.md (12 characters)"
    for path in ("", ".", "../../etc/passwd"):
        assert (await episode.call("write_file", {"path": path, "text": "x"})).error
    assert (await episode.call("read_file", {"path": "none"})).error
    assert (await episode.call("write_file", {"path": "big", "text": "x" * MOST_CHARACTERS})).error
    assert (await (await opened(SCRATCH)).call("list_files", {})).text == "No files."


def test_what_all_items_share_is_pure_and_what_an_item_has_is_its_own():
    from masdesign.environments.wide_search import WIDE_SEARCH

    corpus = Corpus([Document("a", "x")])
    assert {tool.effect for tool in corpus.tools} == {"pure"}
    assert {tool.effect for tool in (*WIDE_SEARCH.tools, *SCRATCH.tools)} == {"episode"}


@pytest.mark.slow
def test_plain_ways_are_not_given_the_corpus_of_a_task(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.txt").write_text("Nothing of note. " * 2000)
    rows = [{"question": f"{n} + {n} =", "target": 2 * n} for n in range(30)]
    task = md.load_task(rows, corpus=[tmp_path], items=2)
    assert all(item.context == () for item in task.val)
    evaluation = md.run_evaluate("chain_of_thought", task)
    assert evaluation.items == 2
    assert evaluation.tokens_per_item < 200


class Near(LentServices):
    """Lends a model that knows that kings and monarchs are the same."""

    embeds = True

    async def complete(self, role, messages, **options):
        assert role == "embedding"
        self.shown = [message.content for message in messages]
        return Completion(
            " ".join("0.9" if "monarch" in text else "0.1" for text in self.shown[:-1]), Usage(9)
        )


async def test_what_is_meant_is_found_where_no_word_is_shared():
    texts = {"a": "Bread is baked.", "b": "Some monarchs ruled for long.", "c": "A king list. List of lists."}
    corpus, near = Corpus(Document(name, text) for name, text in texts.items()), Near()
    by_words = (await (await opened(corpus)).call("search", {"query": "king"})).text
    assert [line[:3] for line in by_words.splitlines()] == ["[c]"]
    episode = await corpus.open(ITEM, 0, near)
    by_both = (await episode.call("search", {"query": "king", "results": 2})).text
    assert [line[:3] for line in by_both.splitlines()] == ["[c]", "[b]"]  # fused: words and meaning
    assert near.shown[-1] == "king"
    assert (await (await episode.fork()).call("search", {"query": "king", "results": 2})).text == by_both


@pytest.mark.slow
async def test_an_embedding_model_is_part_of_what_a_search_depends_on(monkeypatch, tmp_path):
    async def embed(self, request):
        return Completion(" ".join("0.5" for _ in request.messages[:-1]), Usage(7, 0, 0.001))

    monkeypatch.setattr(Embedding, "complete", embed)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    items = [Item(f"i{n}", f"Who is {n}?", "x") for n in range(9)]
    corpus = Corpus(Document(name, text) for name, text in TEXTS.items())
    task = Task.of("who", train=items[:3], val=items[3:6], test=items[6:], scorer="exact", environment=corpus)
    design = Design(
        "async def workflow(task):\n    await act('search', query='Elbe')\n    return await direct(task)"
    )

    async def spent(models):
        spec = md.RunSpec("evaluate", task, models, 0, 0)
        async with md.Session.open(archive=tmp_path / "a.db") as session, session.run(spec) as run:
            ended = await evaluate(design, task, "val", run.runtime, ledger=run.ledger)
            await run.ledger.aclose()
            return run.ledger.spend, ended.fingerprint

    plain, of_words = await spent("abacus")
    near, of_meaning = await spent({"": "abacus", "embedding": "openai/text-embedding-3-small"})
    assert of_words != of_meaning
    assert near.calls == plain.calls + 1  # equal searches of a run are one call
    assert near.usd == pytest.approx(0.001)


@pytest.mark.slow
async def test_a_model_on_this_machine_finds_what_is_meant():
    """A real embedding model: llama.cpp pools the vectors of a small language model."""
    pytest.importorskip("xllamacpp")
    if not smollm2.model_file().is_file():
        pytest.skip("the weights are not on this machine")
    texts = {
        "bread": "Bread is baked in an oven.",
        "river": "Rivers flow to the sea. " * 2_000,  # longer than any window
        "queen": "A monarch governed that nation.",
    }
    lm = Embedding(ModelSpec("smollm2", profile={"window": 512}))

    class Local(LentServices):
        embeds = True

        async def complete(self, role, messages, **options):
            return await lm.complete(Request(tuple(messages), max_tokens=1))

    try:
        corpus = Corpus(Document(name, text) for name, text in texts.items())
        assert (await (await opened(corpus)).call("search", {"query": "king"})).text == (
            "No document has any of these words."
        )
        episode = await corpus.open(ITEM, 0, Local())
        found = await episode.call("search", {"query": "Kings and queens rule countries."})
        lines = found.text.splitlines()
        assert lines[0] == "[queen] A monarch governed that nation."
        assert len(lines) == 3
        assert (lm.price, lm.window) == (Price(0.0, 0.0), 512)
    finally:
        await lm.aclose()
