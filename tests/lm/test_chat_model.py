"""A chat model against a real HTTP server."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from openai_server import Reply, fails, says, serving

from masdesign.errors import (
    ContextOverflow,
    CredentialsError,
    InputError,
    LMError,
    ProviderError,
    Refused,
    UnknownModel,
)
from masdesign.lm import Cached, Limited, ModelSpec, Retrying, RetryPolicy
from masdesign.lm.chat import http
from masdesign.lm.chat.model import ChatModel
from masdesign.lm.lane import Lane, Outage
from masdesign.lm.providers import litellm, openai
from masdesign.records.cache import Cache
from masdesign.types import Message, Request, Usage

CANARY = "sk-canary-5f2c9e77ab1d4410"
REQUEST = Request((Message("system", "Be brief."), Message("user", "2 + 2 =")), temperature=0.8, stop=("\n",))

Make = Callable[..., ChatModel]


@pytest.fixture
async def make(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    made: list[ChatModel] = []

    def new(url: str, **options: object) -> ChatModel:
        made.append(openai.open_chat(ModelSpec("openai/test-model", url).with_options(options), {}))
        return made[-1]

    yield new
    for lm in made:
        await lm.aclose()


async def test_success_has_text_usage_and_price(make: Make) -> None:
    with serving(says("4", prompt_tokens=1000, completion_tokens=500)) as server:
        lm = make(server.url, price="2/4")
        completion = await lm.complete(REQUEST)
    assert completion.text == "4"
    assert completion.finish == "stop"
    assert completion.usage == Usage(1000, 500, 0.004)
    sent = server.requests[0]
    assert sent["model"] == "test-model"
    assert sent["messages"][1] == {"role": "user", "content": "2 + 2 ="}
    assert (sent["temperature"], sent["stop"], sent["max_tokens"]) == (0.8, ["\n"], 512)
    assert server.headers[0]["authorization"] == f"Bearer {CANARY}"


async def test_where_a_server_counts_no_tokens_they_are_guessed(make: Make) -> None:
    """Of two designs, one would otherwise look as cheap as the other: free."""
    body = json.loads(says("x" * 10).body)
    del body["usage"]
    with serving(Reply(body=json.dumps(body))) as server:
        completion = await make(server.url, price="2/4").complete(REQUEST)
    asked = sum(len(message.content) for message in REQUEST.messages)
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (-(-asked // 4), 3)
    assert completion.usage.usd > 0


async def test_a_usage_that_cannot_be_is_not_believed(make: Make) -> None:
    """A huge one ended a search; one below zero would be taken off what was spent."""
    with serving(
        says("4", prompt_tokens=10**30), says("4", prompt_tokens=-7, completion_tokens=-5)
    ) as server:
        lm = make(server.url)
        with pytest.raises(ProviderError, match="beyond its window"):
            await lm.complete(REQUEST)
        assert (await lm.complete(REQUEST)).usage == Usage(4, 1)


async def test_a_reply_cut_at_max_tokens_says_so(make: Make) -> None:
    with serving(says("4 beca", finish="length")) as server:
        assert (await make(server.url).complete(REQUEST)).finish == "length"


async def test_an_empty_reply_is_one_only_where_a_stop_can_explain_it(make: Make) -> None:
    with serving(says("")) as server:
        lm = make(server.url)
        assert (await lm.complete(REQUEST)).text == ""
        with pytest.raises(ProviderError, match="empty reply"):
            await lm.complete(replace(REQUEST, stop=()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (fails(429, retry_after="7"), "rate_limit"),
        (fails(500), "server"),
        (fails(503), "unavailable"),
        (fails(529), "server"),
        (Reply(200, "this is no JSON"), "server"),
        (Reply(200, '{"id": "x", "object": "chat.com'), "server"),
        (Reply(200, "[]"), "server"),
        (Reply(200, '{"usage": {"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}}'), None),
        (Reply(200, says("a long enough reply").body, cut=True), "connection"),
        (Reply(hang=True), "timeout"),
    ],
)
async def test_faults_are_provider_errors_and_sent_once(make: Make, reply: Reply, kind: str | None) -> None:
    with serving(reply) as server:
        lm = make(server.url, timeout=1.0)
        with pytest.raises(ProviderError) as caught:
            await lm.complete(REQUEST)
        assert len(server.requests) == 1
    assert kind is None or caught.value.kind == kind
    assert caught.value.retry_after == (7 if kind == "rate_limit" else None)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
async def test_a_reply_that_trickles_for_ever_is_given_up(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time; the whole never does."""
    monkeypatch.setattr(http, "MOST_SECONDS", 1.0)
    ended = pytest.raises(ProviderError, match="the reply did not end within 1 s")
    with serving(Reply(drips=0.01)) as server, ended as raised:
        await make(server.url, timeout=1.0).complete(REQUEST)
    assert raised.value.kind == "timeout"


@pytest.mark.slow
@pytest.mark.parametrize("reply", [Reply(drips=1e-6), Reply(body=" " * (6 << 20), packed=True)])
async def test_a_reply_without_end_is_given_up(
    reply: Reply, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is sent: what counts is its length when it is unpacked."""
    monkeypatch.setattr(http, "MOST_BYTES", 5 << 20)
    ended = pytest.raises(ProviderError, match="the reply is longer than 5 MiB")
    with serving(reply) as server, ended as raised:
        await make(server.url).complete(REQUEST)
    assert raised.value.kind == "server"


async def test_a_request_that_would_fail_again_is_refused_and_sent_once(make: Make) -> None:
    with serving(fails(400, "the messages must be blue")) as server:
        with pytest.raises(Refused, match="must be blue"):
            await make(server.url).complete(REQUEST)
        assert len(server.requests) == 1


async def test_no_server_is_a_connection_error(make: Make) -> None:
    with serving() as server:
        pass
    with pytest.raises(ProviderError) as caught:
        await make(server.url).complete(REQUEST)
    assert caught.value.kind == "connection"


async def test_a_prompt_too_long_is_an_overflow(make: Make) -> None:
    message = (
        "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens."
    )
    with (
        serving(fails(400, message, code="context_length_exceeded")) as server,
        pytest.raises(ContextOverflow, match="shorten"),
    ):
        await make(server.url).complete(REQUEST)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_one_clear_line_without_the_key(make: Make, status: int) -> None:
    refusal = fails(status, f"Incorrect API key provided: {CANARY}", code="invalid_api_key")
    with serving(refusal) as server, pytest.raises(CredentialsError) as caught:
        await make(server.url).complete(REQUEST)
    assert "OPENAI_API_KEY" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_a_model_that_the_server_lacks_is_the_users_error(make: Make) -> None:
    missing = fails(404, "The model `test-model` does not exist")
    with serving(missing) as server, pytest.raises(UnknownModel, match="check the name") as caught:
        await make(server.url).complete(REQUEST)
    assert isinstance(caught.value, InputError)


async def test_retry_after_is_honoured_and_a_500_is_tried_again(make: Make) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with serving(fails(429, retry_after="3"), fails(500), says("4")) as server:
        lm = Retrying(make(server.url), RetryPolicy(base=0.5), sleep=sleep, rng=Random(0))
        assert (await lm.complete(REQUEST)).text == "4"
        assert len(server.requests) == 3
    assert 3 <= slept[0] <= 3.5
    assert 0.5 <= slept[1] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("wait", ["1e400", "1000000000000", "1000000000", "86400", "inf"])
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_asks_for_a_wait_without_end_is_given_up(make: Make, wait: str, status: int):
    """On a clock of its own: call, retries, and the lane's pauses."""
    now, policy = 0.0, RetryPolicy()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    with serving(answer=lambda request: fails(status, "Slow down", retry_after=wait)) as server:
        lane = Lane(2, clock=lambda: now, sleep=sleep)
        outage = Outage(clock=lambda: now, sleep=sleep)
        lm = Retrying(Limited(make(server.url), lane), policy, sleep=sleep, rng=Random(0), outage=outage)
        with pytest.raises(ProviderError) as caught:
            await lm.complete(REQUEST)
        assert len(server.requests) <= 20
    assert now <= 20 * (2 * policy.patience + policy.jitter)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 300
    assert "Slow down" in said
    if wait in ("86400", "1000000000") and status != 503:
        assert f"it asks for a wait of {float(wait):g} s" in said


def all_written(folder: Path) -> str:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode("latin-1")


async def test_no_key_reaches_a_file_a_log_or_a_message(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    replies = [
        says("4"),
        fails(500, CANARY),
        fails(429, f"key {CANARY}"),
        fails(401, CANARY),
        fails(400, CANARY),
    ]
    with serving(*replies) as server, Cache(tmp_path / "cache.db") as cache:
        url = server.url.replace("http://", "http://user:canary-password-77@")
        lm = Cached(make(url), cache)
        assert "canary" not in lm.model
        for sample in range(5):
            try:
                await lm.complete(Request(REQUEST.messages, sample=sample))
            except LMError as error:
                said.append(str(error))
    assert len(said) == 4
    out, err = capfd.readouterr()
    for text in (all_written(tmp_path), " ".join(said), caplog.text, out, err):
        assert "canary" not in text


def test_an_unknown_name_is_one_line() -> None:
    for name in ("no-such-model", "nowhere/model"):
        with pytest.raises(InputError, match="is not known; give abacus") as caught:
            litellm.open_chat(ModelSpec(name), {})
        assert "\n" not in str(caught.value)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="set OPENAI_API_KEY in the environment"):
        openai.open_chat(ModelSpec("openai/gpt-4o-mini"), {})


def test_price_and_window_come_from_the_table_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    lm = openai.open_chat(ModelSpec("openai/gpt-4o-mini"), {})
    assert lm.price is not None
    assert lm.price.usd(Usage(1_000_000, 0)) == pytest.approx(0.15)
    assert openai.open_chat(ModelSpec("openai/unheard-of"), {}).price is None


def test_windows_of_prompt_and_completion_are_not_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row has a prompt of 128,000 tokens and a completion of 16,384."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    lm = openai.open_chat(ModelSpec("openai/gpt-4o-mini"), {})
    assert (lm.window, lm.profile.longest) == (128_000, 16_384)


async def test_a_server_without_a_key_needs_none(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with serving(says("4")) as server:
        assert (await make(server.url).complete(REQUEST)).text == "4"
