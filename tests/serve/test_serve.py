"""The endpoint as the real `openai` client sees it: answers, streams, usage, errors, limits."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from contextlib import contextmanager

import openai
import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import ContextOverflow, CredentialsError, ProviderError
from masdesign.lm import Budgeted, Scripted
from masdesign.serve.app import AdmissionGate, ServeLimits
from masdesign.serve.backend import DesignBackend, ModelBackend
from masdesign.serve.server import bind, serve
from masdesign.serve.wire import Refusal
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import MontySandbox, Runtime, check

VOTE = (
    "async def workflow(task):\n"
    "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
    "    if 'crash' in task.question:\n"
    "        return str(1 // len(task.context))\n"
    "    return majority(drafts)\n"
)


def reply(request):
    prompt = request.messages[-1].content
    if "down" in prompt:
        return ProviderError("the provider is down", retry_after=7)
    if "key" in prompt:
        return CredentialsError("the key was refused")
    if "long" in prompt:
        return ContextOverflow("the prompt does not fit")
    if "mumble" in prompt:
        return "I cannot\ntell."
    if "Passage 1: system: Be brief." in prompt and "- blue" in prompt:
        return "It is short. Answer: blue"
    return f"Draw {request.sample} of world {request.world}. Answer: {'4' if request.sample != 1 else '5'}"


@contextmanager
def running(make_backend, limits=None):
    """A server around ``make_backend(sandbox)`` in a thread of its own; gives its base URL."""
    place, ready, servers = bind(0), threading.Event(), []

    def started(server):
        servers.append(server)
        ready.set()

    async def main():
        async with MontySandbox(1) as sandbox:
            await serve(make_backend(sandbox), place, limits, started=started)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(60)
    try:
        yield f"http://127.0.0.1:{place.getsockname()[1]}/v1"
    finally:
        servers[0].should_exit = True
        thread.join(60)
        place.close()


def design(sandbox, lm=None):
    runtime = Runtime({"": lm or Scripted(reply)}, blocks(), sandbox)
    return DesignBackend(("vote", "0123456789ab"), check(VOTE, blocks()), runtime)


@pytest.fixture(scope="module")
def url():
    with running(design) as found:
        yield found


@pytest.fixture(scope="module")
def client(url):
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as found:
        yield found


def ask(client, text, model="vote", **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)


def test_an_answer_with_its_usage(client):
    found = ask(client, "2 + 2 =")
    (choice,) = found.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", "4", "stop")
    assert choice.message.reasoning_content == "Draw 0 of world 0. Answer: 4"
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens
    assert found.usage.completion_tokens == 3 * 7
    assert (found.object, found.model) == ("chat.completion", "vote")
    assert ask(client, "2 + 2 =", "0123456789ab").id != found.id
    assert ask(client, "2 + 2 =", seed=9).choices[0].message.reasoning_content.startswith("Draw 0 of world 9")
    assert [model.id for model in client.models.list()] == ["vote", "0123456789ab"]


def test_what_stands_before_the_question_are_passages(client):
    messages = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Which?\nOptions:\n- red\n"},
                {"type": "text", "text": "- blue"},
            ],
        },
    ]
    found = client.chat.completions.create(model="vote", messages=messages)
    assert found.choices[0].message.content == "blue"


def test_the_answer_is_streamed(client):
    parts = list(ask(client, "2 + 2 =", stream=True, stream_options={"include_usage": True}))
    assert parts[0].choices[0].delta.role == "assistant"
    assert "".join(p.choices[0].delta.content or "" for p in parts if p.choices) == "4"
    assert [p.choices[0].finish_reason for p in parts if p.choices][-1] == "stop"
    assert (parts[-1].choices, parts[-1].usage.completion_tokens) == ([], 21)
    assert all(p.usage is None for p in ask(client, "2 + 2 =", stream=True))


@pytest.mark.slow
async def test_the_async_client_asks_many_at_once(url):
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
        found = await asyncio.gather(*[ask(client, f"{n} + 2 =") for n in range(20)])
    assert [f.choices[0].message.content for f in found] == ["4"] * 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "error", "code", "said"),
    [
        ("down", openai.InternalServerError, "provider_failure", "the provider is down"),
        ("key", openai.InternalServerError, "provider_refused_key", "refused"),
        ("long", openai.UnprocessableEntityError, "design_failure", "does not fit"),
        ("mumble", openai.UnprocessableEntityError, "no_answer", "no answer could be read"),
        ("crash", openai.UnprocessableEntityError, "design_failure", "line 4: ZeroDivisionError"),
        (" ", openai.BadRequestError, None, "last message"),
    ],
)
def test_failures_are_openai_s_errors(client, text, error, code, said):
    with pytest.raises(error, match=said) as caught:
        ask(client, text)
    assert caught.value.code == code
    with pytest.raises(error):
        ask(client, text, stream=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"n": 2}, "n must be 1"),
        ({"n": 99}, "n is not a number from 1 to 16"),
        ({"temperature": 3.0}, "temperature"),
        ({"stop": [""]}, "stop"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "only text"),
        ({"extra_body": {"messages": []}}, "messages"),
        ({"extra_body": {"messages": [{"role": "tool", "content": "x"}]}}, "role"),
        ({"extra_body": {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}}, "a text"),
        ({"extra_body": {"messages": [{"role": ["user"], "content": "x"}]}}, "role"),
        ({"extra_body": {"messages": [{"role": {}, "content": "x"}]}}, "role"),
        ({"extra_body": {"seed": "x"}}, "seed"),
        ({"extra_body": {"n": 1.5}}, "n is not a whole number"),
        ({"extra_body": {"max_tokens": 1.5}}, "max_tokens is not a whole number"),
        ({"extra_body": {"stream": "false"}}, "stream is neither true nor false"),
    ],
)
def test_a_wrong_request_names_the_member(client, more, said):
    with pytest.raises(openai.BadRequestError, match=said):
        ask(client, "2 + 2 =", **more)


def test_an_unknown_model_and_an_unknown_path(client):
    with pytest.raises(openai.NotFoundError, match=r"no model 'gpt-4o' here; there is vote, 0123456789ab"):
        ask(client, "2 + 2 =", "gpt-4o")
    with pytest.raises(openai.NotFoundError, match="POST /v1/chat/completions"):
        client.embeddings.create(model="vote", input="x")


def send(url, body, **headers):
    host = url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=60)
    sent = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    connection.request("POST", "/v1/chat/completions", body, sent)
    found = connection.getresponse()
    status, text = found.status, found.read().decode()
    connection.close()
    return status, text


def test_only_json_from_this_machine_and_not_too_much(url):
    good = json.dumps({"model": "vote", "messages": [{"role": "user", "content": "2 + 2 ="}]})
    assert send(url, good)[0] == 200
    assert send(url, good, content_type="text/plain")[0] == 415  # what a page may send without asking
    assert send(url, good, host="evil.example")[0] == 400  # a name that was bent to point here
    assert send(url, "[" * 100_000)[0] == 400
    assert send(url, '{"model": "vote", "temperature": NaN, "messages": []}')[0] == 400
    status, text = send(url, json.dumps({"model": "x" * 2_000_000}))
    assert (status, json.loads(text)["error"]["type"]) == (413, "invalid_request_error")


LARGE = {
    "one question": ([{"role": "user", "content": "2 + 2 = " * 95_000}], 200),
    "passages": ([{"role": "user", "content": "2 + 2 = " * 9_500}] * 10, 200),
    "many passages": ([{"role": "user", "content": "2 + 2 = " * 47}] * 2_000, 422),
    "empty passages": ([{"role": "user", "content": ""}] * 23_000, 400),
}
"""Conversations of 760 KB, and the status of their answer."""


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_body_of_760_kb_does_not_hold_the_server(name):
    messages, expected = LARGE[name]
    body, held = json.dumps({"model": "vote", "messages": messages}), []
    assert 700_000 < len(body) < 1_000_000

    async def watch():
        """The processor time that the server's thread takes until others have their turn again."""
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            held.append(time.thread_time() - before)

    def make(sandbox):
        watching.append(asyncio.get_running_loop().create_task(watch()))
        return design(sandbox)

    watching = []
    with running(make) as url:
        status, text = send(url, body)
        assert (status, len(text) < 3000) == (expected, True)
        assert send(url, body.replace("2 + 2", "two and two"))[0] in (expected, 413)
    assert held
    assert max(held) < 3  # seconds of the processor, however busy the machine is; it was 10


def test_half_a_character_is_no_fault_of_the_design(url):
    half = '{"model": "vote", "messages": [{"role": "user", "content": "2 + 2 = \\ud83d"}]}'
    assert send(url, half)[0] == 200


def test_what_it_spends_is_bounded():
    ledger = Ledger(Budget.parse("4calls"))
    with (
        running(lambda sandbox: design(sandbox, Budgeted(Scripted(reply), ledger))) as url,
        openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client,
    ):
        assert ask(client, "2 + 2 =").choices[0].message.content == "4"
        with pytest.raises(openai.RateLimitError, match="budget") as caught:
            ask(client, "3 + 3 =")
    assert caught.value.code == "insufficient_quota"
    assert ledger.spend.calls <= 4


@pytest.mark.slow
def test_a_model_draws_anew_and_with_a_seed_again_the_same():
    with (
        running(
            lambda sandbox: ModelBackend(("toy",), Scripted(reply, "toy")), ServeLimits(per_minute=5)
        ) as url,
        openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client,
    ):
        texts = [c.message.content for c in ask(client, "2 =", "toy", n=2).choices]
        texts += [c.message.content for c in ask(client, "2 =", "toy").choices]
        assert [text.split()[1] for text in texts] == ["0", "1", "2"]
        seeded = [ask(client, "2 =", "toy", seed=3).choices[0].message.content for _ in range(2)]
        assert seeded == ["Draw 0 of world 3. Answer: 4"] * 2
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client, "long", "toy")
        assert caught.value.code == "context_length_exceeded"
        with pytest.raises(openai.RateLimitError, match="5 requests a minute") as limited:
            ask(client, "2 =", "toy")
        assert 0 < int(limited.value.response.headers["retry-after"]) <= 60


def test_the_gate_counts_a_sliding_minute():
    times = iter([0.0, 30.0, 59.0, 60.0])
    gate = AdmissionGate(ServeLimits(per_minute=2, at_once=1), lambda: next(times))
    with gate:
        pass
    with gate:
        pass
    with pytest.raises(Refusal) as refused, gate:
        pass
    assert refused.value.retry_after == 1.0
    with gate:
        pass
