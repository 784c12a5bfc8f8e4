"""Every behaviour of the conformance server, and what it comes to: the table behaviour × outcome."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

import masdesign
from masdesign.errors import (
    BudgetExhausted,
    ContextOverflow,
    LMError,
    OptionRefused,
    ProviderError,
    Refused,
)
from masdesign.lm import Budgeted, Cached, Limited, ModelSpec, Retrying, Wrapper
from masdesign.lm.lane import Lane
from masdesign.lm.load import load_lm
from masdesign.lm.providers import litellm, openai
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.testing.modes import MODES, THOUGHT
from masdesign.testing.outcomes import ANSWERED, ENDED, OTHERWISE, page
from masdesign.testing.server import serving
from masdesign.types import Message, Request, Tool

PROMPT = "Problem: 2 + 40 =\n\nThink step by step, then give the answer on the last line: Answer: ..."
LENGTH = 4096  # of a model that is not known


def test_the_table_is_whole_and_its_page_is_current():
    assert sorted([*ANSWERED, *ENDED, *OTHERWISE]) == sorted(MODES)
    written = Path(masdesign.__file__).parent / "docs" / "servers.md"
    assert written.read_text(encoding="utf-8") == page()


def request(prompt=PROMPT, **options):
    return Request((Message("user", prompt),), max_tokens=options.pop("max_tokens", LENGTH), **options)


class Asked:
    """A model of the server, its faults waited out on a clock of its own."""

    def __init__(self, server, **options):
        spec = ModelSpec("openai/any", server.url).with_options(options)
        self.naps = []
        self.chat = openai.open_chat(spec, {k: v for k, v in spec.draw.items() if k != "max_tokens"})
        self.lm = Cached(Retrying(self.chat, sleep=self.sleep, rng=Random(0)), Cache.memory())

    async def sleep(self, seconds):
        self.naps.append(seconds)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await self.lm.aclose()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ANSWERED)
async def test_it_answers(mode):
    with serving(mode) as server:
        async with Asked(server) as asked:
            completion = await asked.lm.complete(request())
            assert completion.text.strip() == "Answer: 42"
            assert completion.finish == "stop"
            assert "999" not in completion.text
            assert len(server.requests) == ANSWERED[mode]
            assert await asked.lm.complete(request()) == completion
            assert len(server.requests) == ANSWERED[mode]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ENDED)
async def test_it_is_refused_at_once_and_in_one_line(mode):
    with serving(mode) as server:
        async with Asked(server) as asked:
            with pytest.raises(ENDED[mode]) as caught:
                await asked.lm.complete(request())
            assert type(caught.value) is ENDED[mode]
            assert (len(server.requests), asked.naps) == (1, [])
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", ["filter_status", "filter_finish"])
async def test_a_filtered_prompt_is_refused_and_not_remembered(mode):
    with serving(mode) as server:
        async with Asked(server) as asked:
            for _ in range(2):
                with pytest.raises(Refused):
                    await asked.lm.complete(request("something forbidden"))
            assert len(server.requests) == 2
            assert len(asked.lm.cache) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "least", "most"),
    [("rate_limit", 1, 2), ("rate_limit_ms", 0.05, 1), ("rate_limit_date", 0.5, 3), ("rate_limit_inf", 0, 1)],
)
async def test_how_long_is_waited(mode, least, most):
    with serving(mode) as server:
        async with Asked(server) as asked:
            await asked.lm.complete(request())
            assert least <= asked.naps[0] <= most


@pytest.mark.parametrize("mode", ["thinks", "thinks_inline"])
async def test_a_thought_that_is_cut_is_no_answer_and_the_length_is_raised_once(mode):
    def short(call):
        call.body["max_tokens"] = min(call.body["max_tokens"], 32_768) - 3_000  # so that 4,096 does not do
        return MODES[mode](call)

    with serving(short) as server:
        async with Asked(server) as asked:
            texts = [(await asked.lm.complete(request(sample=n))).text.strip() for n in range(3)]
            assert texts == ["Answer: 42"] * 3
            assert len(server.requests) == 4
            assert "asked for up to 32768 tokens" in asked.lm.note


@pytest.mark.parametrize("mode", ["thinks", "thinks_inline"])
async def test_a_thought_cut_at_the_length_that_a_user_chose(mode):
    with serving(mode) as server:
        async with Asked(server, max_tokens=700) as asked:
            assert asked.lm.profile.length == 700
            completion = await asked.lm.complete(request(max_tokens=700))
            assert (completion.text, completion.finish) == ("", "length")
            assert completion.reasoning
            assert len(server.requests) == 1


async def test_what_a_model_thinks_is_counted_and_kept():
    with serving("thinks") as server:
        async with Asked(server, price="0/1") as asked:
            completion = await asked.lm.complete(request())
            assert completion.usage.completion_tokens == THOUGHT + 6
            assert completion.usage.usd == pytest.approx((THOUGHT + 6) / 1e6)
            assert completion.reasoning.startswith("hmm")
            assert (await asked.lm.complete(request())).reasoning == completion.reasoning


async def test_a_reply_that_is_cut_says_so():
    with serving("cut") as server:
        async with Asked(server) as asked:
            assert (await asked.lm.complete(request())).finish == "length"
            assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("mode", "tokens"),
    [
        ("no_usage", (23, 3)),
        ("one_token", (23, 3)),
        ("negative_usage", (23, 3)),
        ("thought_in_total", (20, 505)),
    ],
)
async def test_tokens_are_those_that_can_be(mode, tokens):
    with serving(mode) as server:
        async with Asked(server) as asked:
            usage = (await asked.lm.complete(request())).usage
            assert (usage.prompt_tokens, usage.completion_tokens) == tokens
            assert ("a token for 4 characters is charged" in asked.lm.note) is (mode != "thought_in_total")


async def test_a_count_of_one_token_is_not_believed_of_a_long_prompt():
    with serving("one_token") as server:
        async with Asked(server) as asked:
            usage = (await asked.lm.complete(request("word " * 400 + "2 + 40"))).usage
            assert usage.prompt_tokens == -(-2006 // 4)


async def test_cached_prompt_tokens_have_their_own_price():
    with serving("cached_prompt") as server:
        async with Asked(server, price="10/0/1") as asked:
            usage = (await asked.lm.complete(request())).usage
            assert usage.usd == pytest.approx((100 * 10 + 900 * 1) / 1e6)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["no_temperature", "renamed_length", "at_most_256"])
async def test_a_parameter_is_corrected_once_remembered_and_told(mode):
    with serving(mode) as server:
        async with Asked(server) as asked:
            for sample in range(3):
                await asked.lm.complete(request(sample=sample))
            assert len(server.requests) == 4
            assert asked.lm.note


async def test_stop_sequences_are_kept_where_the_server_refuses_them():
    with serving("no_stop") as server:
        async with Asked(server) as asked:
            completion = await asked.lm.complete(request(stop=("\nObservation",)))
            assert completion.text == "Answer: 42"
            assert len(server.requests) == 2


async def test_a_prompt_that_leaves_room_is_asked_with_what_is_left():
    with serving("small_window") as server:
        async with Asked(server) as asked:
            assert (await asked.lm.complete(request())).finish == "stop"
            assert server.requests[-1]["max_tokens"] == 2048 - len(PROMPT) // 4
            with pytest.raises(ContextOverflow):
                await asked.lm.complete(request("9 " * 6000))


async def test_an_option_that_the_server_refuses_ends_with_its_name():
    def refuses(call):
        return MODES["bad_request"](call) if "top_k" not in call.body else MODES_TOP_K

    from masdesign.testing.modes import fails

    MODES_TOP_K = fails(400, "Unrecognized request argument supplied: top_k")
    with serving(refuses) as server:
        async with Asked(server, top_k=5) as asked:
            with pytest.raises(OptionRefused, match="top_k"):
                await asked.lm.complete(request())


async def test_the_limit_of_a_day_ends_all_calls_after_a_second_try():
    with serving("day_limit") as server:
        async with Asked(server) as asked:
            for number in range(4):
                with pytest.raises(ProviderError, match="asks for a wait of 25920 s"):
                    await asked.lm.complete(request(f"{number} + 1 ="))
            assert len(server.requests) == 2
            assert sum(asked.naps) < 70


async def test_billed_and_useless_is_asked_again_with_a_reservation_of_its_own():
    with serving("no_choices") as server:
        async with Asked(server) as asked:
            ledger = Ledger(Budget.parse("100000tokens"))
            lm = Budgeted(asked.lm, ledger)
            with ledger.account(4):
                completion = await lm.complete(request())
            assert completion.text == "Answer: 42"
            assert len(server.requests) == 2
            assert ledger.spend.tokens == 40 + completion.usage.tokens
            await ledger.aclose()


class Watched(Wrapper):
    """Notes how many calls are in flight when the first reply comes that is too long."""

    flying = broke = 0

    async def complete(self, request):
        self.flying += 1
        completion = await self.inner.complete(request)
        if completion.usage.completion_tokens > request.max_tokens and not self.broke:
            self.broke = self.flying
        self.flying -= 1
        return completion


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 12])
async def test_a_server_that_breaks_max_tokens_overspends_by_what_was_in_flight_then(first):
    def breaks(call):
        return MODES["over_length" if call.number >= first else "plain"](call)

    with serving(breaks) as server, Cache.memory() as cache:
        watched = Watched(openai.open_chat(ModelSpec("openai/any", server.url), {}))
        ledger = Ledger(Budget.parse("100000tokens"))
        lm = Budgeted(Cached(Limited(watched, Lane(256, starts_slowly=True)), cache), ledger)

        async def item(n):
            with ledger.account(1) as account:
                await lm.complete(request(f"{n} + 1 =", max_tokens=64))
            await account.retired()

        ends = await asyncio.gather(*(item(n) for n in range(256)), return_exceptions=True)
        assert any(isinstance(end, BudgetExhausted) for end in ends)
        assert watched.broke == 1 if first == 0 else watched.broke <= first + 1
        assert (len(server.requests) - first) * 5020 <= 100_000 + 5020 * watched.broke
        assert ledger.spend.tokens <= 100_000
        assert "max_tokens is not kept to" in lm.note
        await lm.aclose()


async def test_native_tools_and_schemas_are_sent_and_read():
    def tool(call):
        from masdesign.testing.modes import Reply, says

        asked = [{"id": "c1", "function": {"name": "add", "arguments": '{"a": 1}'}, "type": "function"}]
        return Reply(says(call, "", "tool_calls", message={"content": None, "tool_calls": asked}))

    add = Tool("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}})
    with serving(tool) as server:
        async with Asked(server) as asked:
            completion = await asked.lm.complete(request(tools=(add,), schema='{"type":"object"}'))
            (call,) = completion.tool_calls
            assert (call.name, call.arguments, call.id, completion.finish) == (
                "add",
                '{"a": 1}',
                "c1",
                "tool",
            )
            assert server.requests[0]["tools"][0]["function"]["name"] == "add"
            assert server.requests[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}
            assert await asked.lm.complete(request(tools=(add,), schema='{"type":"object"}')) == completion


async def test_an_option_is_sent_and_is_part_of_the_id():
    with serving() as server, Cache.memory() as cache:
        spec = ModelSpec("openai/any", server.url)
        wild = spec.with_options({"top_p": 0.5, "effort": "low", "temperature": 0.7, "system": "Be brief."})
        for one in (spec, wild):
            lm = load_lm(one, cache=cache, concurrency=1)
            assert lm.model == one.id
            await lm.complete(request())
            await lm.aclose()
    plain, sent = server.requests
    assert "top_p" not in plain
    assert (sent["top_p"], sent["reasoning_effort"], sent["temperature"]) == (0.5, "low", 0.7)
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "model", "cut_url"),
    [
        ("anthropic", "anthropic/any", True),
        ("gemini", "gemini/any", True),
        ("ollama", "ollama_chat/any", True),
    ],
)
async def test_other_protocols_go_through_litellm(mode, model, cut_url, monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "sk-canary-1234567890")
    with serving(mode) as server:
        url = server.url.removesuffix("/v1") if cut_url else server.url
        lm = litellm.open_chat(ModelSpec(model, url), {})
        completion = await lm.complete(request(max_tokens=300))
        assert completion.text == "Answer: 42"
        assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (20, 5)
        await lm.aclose()


async def test_whatever_else_a_model_raises_is_the_providers_fault():
    class Broken:
        model, window = "broken", 4096

        async def complete(self, request):
            raise ImportError("no module named cuda")

        async def aclose(self):
            pass

    with Cache.memory() as cache:
        lm = load_lm(Broken(), cache=cache, concurrency=1)
        with pytest.raises(LMError, match="cuda") as caught:
            await lm.complete(request())
        assert not isinstance(caught.value, Refused | ContextOverflow)
