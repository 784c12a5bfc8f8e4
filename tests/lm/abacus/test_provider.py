"""Abacus behind its protocol, with real worker processes."""

import asyncio
import os
import signal

import pytest

from masdesign.errors import ContextOverflow, InputError, ProviderError
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.lm.protocol import LM
from masdesign.types import Message, Request


def request(text="Answer: 1", **options):
    options = {"max_tokens": 20, "temperature": 1.0, **options}
    return Request((Message("user", text),), **options)


def requests():
    return [request(f"the {k % 17} step{'.' * (3 * k)}", sample=k % 3, world=k % 2) for k in range(40)]


async def complete_all(lm, asked):
    return await asyncio.gather(*map(lm.complete, asked))


@pytest.fixture(scope="module")
def shared(folder):
    """One instance for many tests, and so for many event loops."""
    lm = AbacusLM(workers=2, folder=folder)
    yield lm
    asyncio.run(lm.aclose())


def test_it_is_a_language_model(shared):
    assert isinstance(shared, LM)
    assert (shared.model, shared.window) == ("tiny@01234567", 200)
    assert shared.price.usd((asyncio.run(shared.complete(request()))).usage) == 0


@pytest.mark.slow
def test_the_same_texts_alone_together_shuffled_again_and_with_any_workers(shared, folder):
    expected = asyncio.run(complete_all(shared, requests()))
    assert len({reply.text for reply in expected}) > 30
    assert asyncio.run(complete_all(shared, requests())) == expected
    assert asyncio.run(complete_all(shared, requests()[::-1]))[::-1] == expected

    async def one_by_one():
        return [await single.complete(asked) for asked in requests()]

    single = AbacusLM(workers=1, folder=folder)
    assert asyncio.run(one_by_one()) == expected
    assert len(single.pids) == 1
    asyncio.run(single.aclose())


def test_max_tokens_stop_and_usage(shared, tokenizer):
    asked = request("the step", max_tokens=30)
    full = asyncio.run(shared.complete(asked))
    assert full.usage.prompt_tokens == len(tokenizer.encode_chat(asked.messages))
    assert full.usage.usd == 0

    short = asyncio.run(shared.complete(request("the step", max_tokens=3)))
    assert (short.usage.completion_tokens, short.finish) == (3, "length")
    assert full.text.startswith(short.text.rstrip("\ufffd"))
    stop = full.text[len(full.text) // 2]
    cut = asyncio.run(shared.complete(request("the step", max_tokens=30, stop=(stop, "never this"))))
    assert (cut.text, cut.finish) == (full.text[: full.text.index(stop)], "stop")
    none = asyncio.run(shared.complete(request("the step", max_tokens=0)))
    assert (none.text, none.usage.completion_tokens, none.finish) == ("", 0, "length")


def test_the_window_bounds_prompt_and_reply(shared, tokenizer):
    spare = 200 - len(tokenizer.encode_chat([Message("user", "")]))
    barely = asyncio.run(shared.complete(request("x" * (spare - 1), max_tokens=500)))
    assert (barely.usage.tokens, barely.usage.completion_tokens) == (200, 1)
    with pytest.raises(ContextOverflow, match=r"200 tokens.*window of 200.*shorten"):
        asyncio.run(shared.complete(request("x" * spare)))


def test_any_text_survives_the_way(shared):
    hostile = request('"\n\\\ud800 <end> \u2028 é', temperature=0.0)
    assert asyncio.run(shared.complete(hostile)) == asyncio.run(shared.complete(hostile))


async def test_a_cancelled_call_does_not_disturb_the_others(shared):
    expected = await complete_all(shared, requests())
    tasks = [asyncio.create_task(shared.complete(asked)) for asked in requests()]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0.02)
    for task in tasks[1:10]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[10:] == expected[10:]
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert await complete_all(shared, requests()) == expected


async def test_a_killed_worker_gives_provider_errors_once_and_is_replaced(folder):
    lm = AbacusLM(workers=1, folder=folder)
    expected = await lm.complete(request())
    task = asyncio.create_task(lm.complete(request("x" * 150, max_tokens=500)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    os.kill(lm.pids[0], signal.SIGKILL)
    with pytest.raises(ProviderError, match="status -9"):
        await task
    assert await lm.complete(request()) == expected
    await lm.aclose()


async def test_a_worker_that_cannot_start_says_why(folder, tmp_path):
    for name in ("manifest.json", "vocab.json"):
        (tmp_path / name).write_text((folder / name).read_text())
    lm = AbacusLM(workers=1, folder=tmp_path)
    for _ in range(2):
        with pytest.raises(ProviderError, match=r"No such file.*weights\.npz"):
            await lm.complete(request())
    await lm.aclose()


@pytest.mark.slow
async def test_closing_ends_the_workers_and_the_next_call_starts_new_ones(folder):
    lm = AbacusLM(workers=2, folder=folder)
    expected = await complete_all(lm, requests())
    before = lm.pids
    await lm.aclose()
    await lm.aclose()
    assert not any(_alive(pid) for pid in before)
    assert await complete_all(lm, requests()) == expected
    assert not set(before) & set(lm.pids)
    await lm.aclose()


async def test_an_instance_that_is_dropped_takes_its_workers_along(folder):
    lm = AbacusLM(workers=1, folder=folder)
    await lm.complete(request())
    (pid,) = lm.pids
    del lm
    assert not _alive(pid)


async def test_event_loops_in_several_threads_at_once(shared):
    expected = await complete_all(shared, requests())
    results = await asyncio.gather(
        *[asyncio.to_thread(lambda: asyncio.run(complete_all(shared, requests()))) for _ in range(3)]
    )
    assert all(result == expected for result in results)


def test_a_number_of_workers_below_one_is_refused(folder):
    with pytest.raises(InputError, match="0 workers"):
        AbacusLM(workers=0, folder=folder)


def test_the_weights_in_the_package():
    lm = AbacusLM(workers=1)
    name, _, revision = lm.model.partition("@")
    assert name == "abacus-2"
    assert len(revision) == 8
    asked = [
        request("Problem: 2 + 3 =\n\nGive the answer at once.", max_tokens=60, sample=k) for k in range(4)
    ]
    replies = asyncio.run(complete_all(lm, asked))
    assert asyncio.run(complete_all(lm, asked[::-1]))[::-1] == replies
    encoded = len(Tokenizer.load().encode_chat(asked[0].messages))
    assert {reply.usage.prompt_tokens for reply in replies} == {encoded}
    asyncio.run(lm.aclose())


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
