"""Replies, streams and waits of many vendors: what each comes to, without a server."""

from __future__ import annotations

import json

import pytest

from masdesign.errors import AccountEmpty, LMError, ProviderError, Refused
from masdesign.lm.chat.faults import ServerAnswer, Source, fault, retry_after
from masdesign.lm.chat.http import joined, joined_stream
from masdesign.lm.chat.reply import read_reply
from masdesign.spending.price import Price
from masdesign.types import Message, Request, Tool, Usage

REQUEST = Request((Message("user", "2 + 40 ="),), max_tokens=64)
SOURCE = Source("any")
NOW = 1445412400.0


def read(message, finish="stop", usage=None, request=REQUEST):
    data = {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}
    return read_reply(data, request, SOURCE, 10_000)


TEXTS = [
    "<think>Answer: 999</think>Answer: 42",
    "<THINK>Answer: 999</THINK>\nAnswer: 42",
    "<thinking>Answer: 999</thinking>Answer: 42",
    "<think time=3>Answer: 999</think>Answer: 42",
    "<seed:think>Answer: 999</seed:think>Answer: 42",
    "<think>a<think>Answer: 999</think>b</think>Answer: 42",
    "<think>Answer: 999</think>\n\n<think>Answer: 998</think>Answer: 42",
    "Answer: 999</think>Answer: 42",
    "[THINK]Answer: 999[/THINK]Answer: 42",
    "<|begin_of_thought|>Answer: 999<|end_of_thought|>Answer: 42",
    "◁think▷Answer: 999◁/think▷Answer: 42",
    "<|channel|>analysis<|message|>Answer: 999<|end|><|start|>assistant<|channel|>final<|message|>Answer: 42",
]
MESSAGES = [
    *({"content": text} for text in TEXTS),
    {"content": "Answer: 42", "reasoning_content": "Answer: 999"},
    {"content": "Answer: 42", "reasoning": {"content": "Answer: 999"}},
    {"content": "Answer: 42", "reasoning_details": [{"type": "reasoning.text", "text": "Answer: 999"}]},
    {"content": "Answer: 42", "thinking_blocks": [{"thinking": "Answer: 999"}]},
    {"content": [{"type": "thinking", "thinking": "Answer: 999"}, {"type": "text", "text": "Answer: 42"}]},
    {
        "content": [
            {"type": "reasoning", "summary": [{"text": "Answer: 999"}]},
            {"type": "output_text", "text": {"value": "Answer: 42"}},
        ]
    },
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: str(message)[:60])
def test_a_thought_is_told_from_the_answer_and_counted(message):
    reply = read(message, usage={"prompt_tokens": 20, "completion_tokens": 50})
    assert reply.completion.text.strip() == "Answer: 42"
    assert "999" in reply.completion.reasoning
    assert 0 < reply.completion.usage.reasoning_tokens < 50


@pytest.mark.parametrize("text", ["<think>\nAnswer: 999", "<thinking>Answer: 999", "[THINK]Answer: 999"])
def test_a_thought_without_an_end_is_no_answer(text):
    completion = read({"content": text}, "length").completion
    assert (completion.text, completion.finish) == ("", "length")


@pytest.mark.parametrize(
    "content", [{"text": "Answer: 42"}, ["Answer: ", "42"], [None, {"type": "text", "text": "Answer: 42"}]]
)
@pytest.mark.parametrize(
    "more", [{}, {"refusal": False}, {"tool_calls": [5]}, {"function_call": None}, {"reasoning_content": 5}]
)
def test_odd_members_do_no_harm(content, more):
    assert read({"content": content, **more}).completion.text == "Answer: 42"


@pytest.mark.parametrize(
    ("finish", "what"),
    [
        *(
            (name, "stop")
            for name in ("STOP", "end_turn", "eos", "COMPLETE", None, "", 42, ["stop"], "other")
        ),
        *((name, "length") for name in ("MAX_TOKENS", "max_output_tokens", "ERROR_LIMIT", "incomplete")),
        *(
            (name, Refused)
            for name in ("SAFETY", "content-filter", "RECITATION", "error_toxic", "moderation")
        ),
        *((name, ProviderError) for name in ("ERROR", "cancelled", "MALFORMED_FUNCTION_CALL")),
    ],
)
def test_endings_of_every_vendor(finish, what):
    if isinstance(what, str):
        assert read({"content": "Answer: 42"}, finish).completion.finish == what
    else:
        with pytest.raises(what):
            read({"content": "Answer: 42"}, finish)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": "20", "completion_tokens": "5"}, (20, 5, 0)),
        ({"prompt_tokens": 20.7, "completion_tokens": 5.2}, (20, 5, 0)),
        ({"prompt_tokens": -1, "completion_tokens": float("nan")}, (2, 3, 0)),
        ({"prompt_tokens": True, "completion_tokens": None}, (2, 3, 0)),
        ({"input_tokens": 20, "output_tokens": 5, "total_tokens": -3}, (20, 5, 0)),
        ({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 125}, (20, 105, 100)),
        ({"prompt_tokens": 20, "completion_tokens": 9, "completion_tokens_details": [1]}, (20, 9, 0)),
        (
            {
                "prompt_tokens": 2,
                "completion_tokens": 9,
                "completion_tokens_details": {"reasoning_tokens": 99},
            },
            (2, 9, 9),
        ),
        ([], (2, 3, 0)),
        ("none", (2, 3, 0)),
    ],
)
def test_usage_in_every_form(usage, counts):
    used = read({"content": "Answer: 42"}, usage=usage).completion.usage
    assert (used.prompt_tokens, used.completion_tokens, used.reasoning_tokens) == counts


@pytest.mark.parametrize(
    "body", [None, [1], 5, "x", {}, {"choices": None}, {"choices": ["x"]}, {"choices": {}}]
)
def test_what_is_no_completion_is_the_providers_fault(body):
    with pytest.raises(ProviderError):
        read_reply(body, REQUEST, SOURCE, 10_000)


def test_a_refusal_bears_what_it_was_billed():
    with pytest.raises(Refused) as caught:
        read({"refusal": "No."}, usage={"prompt_tokens": 20, "completion_tokens": 5})
    assert caught.value.usage == Usage(20, 5)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ({"function": {"name": "add", "arguments": '{"a": 1'}}, '{"a": 1'),
        ({"id": None, "function": {"name": "add", "arguments": {"a": 1}}}, '{"a": 1}'),
        ({"function": {"name": "add", "arguments": None}}, "{}"),
    ],
)
def test_tool_calls_are_kept_as_they_were_written(call, arguments):
    request = Request(REQUEST.messages, tools=(Tool("add", "", {"type": "object"}),))
    completion = read({"content": None, "tool_calls": [call]}, "tool_calls", request=request).completion
    assert [c.arguments for c in completion.tool_calls] == [arguments]


def event(text="", **more):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}, **more}]})}\n\n"


STREAMS = {
    "crlf": event("Answer: 42", finish_reason="stop").replace("\n", "\r\n"),
    "comments": ": ping\n\nevent: x\n" + event("Answer: 42", finish_reason="stop"),
    "odd": 'data: {"choices": [null]}\n\ndata: {"choices": [{"delta": null}]}\n\ndata: [1]\n\n'
    + event("Answer: 42", finish_reason="stop"),
    "tools": 'data: {"choices": [{"delta": {"tool_calls": [null, {"index": "a", "function": null}]}}]}\n\n'
    + event("Answer: 42", finish_reason="stop"),
    "separators": event("Answer:\u2028", finish_reason=None).replace("\\u2028", " ")
    + event("42", finish_reason="stop"),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams_in_every_form(name):
    assert joined_stream(STREAMS[name])["choices"][0]["message"]["content"] == "Answer: 42"


@pytest.mark.parametrize(
    "stream",
    [
        "",
        event("Ans"),
        event("Ans") + "data: {not json\n\n",
        event("A") + 'data: {"error": {"message": "x"}}',
    ],
)
def test_a_stream_that_was_cut_is_no_answer(stream):
    broken = joined_stream(stream)
    assert broken.get("error") or broken["choices"][0]["finish_reason"] == "error"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *(("5", 5), (" 5 ", 5), ("-3", 0), ("5, 10", 5), ("1m30s", 90), ("PT30S", 30), ("1445412460", 60)),
        *(("Wed, 21 Oct 2015 07:28:00 GMT", 80), ("2015-10-21T07:28:00Z", 80)),
        *((word, None) for word in ("soon", "", "nan", "1e400", "Infinity", "9" * 400)),
    ],
)
def test_retry_after_in_every_form(header, seconds):
    assert retry_after({"retry-after": header}, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, {"error": {"message": "Please try again in 1h2m3s."}}, 3723),
        ({}, {"error": "try again in 7 seconds"}, 7),
        ({}, [{"error": {"details": [{"retryDelay": {"seconds": 5}}]}}], 5),
        ({}, {"retry_after": 3}, 3),
        ({"ratelimit-reset": "30"}, None, 30),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12"}, None, 12),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "12"}, None, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2015-10-21T07:28:00Z",
            },
            None,
            80,
        ),
    ],
)
def test_waits_that_stand_elsewhere(headers, body, seconds):
    assert retry_after(headers, body, now=NOW) == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429, 451, 500, 503, 529])
@pytest.mark.parametrize(
    "body",
    ["<html><script>x()</script><body>Bad</body></html>", "", None, [{"error": {"message": "x"}}], "bad",
     {"error": {"error": {"message": "deep"}}}, {"errors": [{"message": "m"}]}, {"message": {"a": 1}}],
    ids=str,
)  # fmt: skip
def test_errors_of_any_form_are_one_line(status, body):
    error = fault(ServerAnswer(status, body), SOURCE)
    assert isinstance(error, LMError)
    assert isinstance(error, ProviderError) == (status == 429 or status >= 500)
    assert not {"\n", "<"} & set(str(error))


@pytest.mark.parametrize(
    "code", ["insufficient_quota", "billing_not_active", "Arrearage", "InsufficientBalance"]
)
def test_an_account_without_credit_in_every_vendors_words(code):
    error = fault(ServerAnswer(429, {"error": {"message": "no", "code": code}}), SOURCE)
    assert isinstance(error, AccountEmpty)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "You have reached your specified API usage limits. You will regain access on 2027-01-01."),
        (403, "Your newly created team doesn't have any credits yet. You can purchase credits."),
        (429, "Your project has exceeded its monthly spending limit."),
    ],
)
def test_a_limit_of_money_ends_the_run_whatever_its_status(status, message):
    assert isinstance(fault(ServerAnswer(status, {"error": {"message": message}}), SOURCE), AccountEmpty)


def test_a_reply_that_ends_for_tools_and_has_none_is_a_fault():
    """It was an empty answer, which scores 0."""
    request = Request(REQUEST.messages, tools=(Tool("add", "", {}),))
    with pytest.raises(ProviderError, match="empty reply"):
        read({"content": None, "tool_calls": []}, "tool_calls", request=request)


def test_a_query_stays_behind_the_path():
    base = "https://me.example/openai/deployments/x?api-version=2024-10-21"
    url = "https://me.example/openai/deployments/x/chat/completions?api-version=2024-10-21"
    assert joined(base, "chat/completions") == url


def test_prices_of_cached_and_long_prompts():
    price = Price.parse("1/2/0.1>200000:2/3/0.2")
    assert price.usd(Usage(200_000, 0), cached=100_000) == pytest.approx(0.11)
    assert price.usd(Usage(200_001, 10), cached=200_001) == pytest.approx(200_001 * 0.2e-6 + 30e-6)
    assert price.usd(Usage(100, 0), cached=10_000) == pytest.approx(1e-5)


def test_a_usage_beyond_the_window_is_believed_where_the_text_bears_it_out():
    """A server that breaks max_tokens was asked five times, and nothing of it was charged."""
    usage = {"prompt_tokens": 30, "completion_tokens": 30_000}
    assert read({"content": "word " * 30_000}, usage=usage).completion.usage.completion_tokens == 30_000
    with pytest.raises(ProviderError, match="beyond its window"):
        read({"content": "word"}, usage=usage)


def test_a_refused_key_is_told_with_the_providers_words_and_without_the_key(monkeypatch):
    monkeypatch.setenv("MY_SERVER", "abcdef123456")
    error = fault(
        ServerAnswer(403, {"error": {"message": "abcdef123456 may not be used in your region"}}),
        Source("any", ("MY_SERVER",)),
    )
    assert "may not be used in your region" in str(error)
    assert "MY_SERVER" in str(error)
    assert "abcdef123456" not in str(error)


def test_thousands_of_thoughts_are_read_at_once():
    reply = read({"content": "<think>Answer: 999</think>\n" * 20_000 + "Answer: 42"})
    assert reply.completion.text == "Answer: 42"


def test_calls_of_tools_without_an_id_have_one_by_which_their_results_are_told():
    """Otherwise a result went back as words of a person, and the agent asked for it again."""
    call = {"function": {"name": "add", "arguments": {"a": 1}}}
    request = Request(REQUEST.messages, tools=(Tool("add", "", {}),))
    calls = read(
        {"content": None, "tool_calls": [call, call]}, "tool_calls", request=request
    ).completion.tool_calls
    assert len({one.id for one in calls} - {""}) == 2
    assert [one.arguments for one in calls] == ['{"a": 1}'] * 2
