"""What a server of chat completions may do: one mode a behaviour, good or bad, as real servers show it.

Adding a mode is adding a function; `masdesign.testing.server` serves them.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

JSON = dict[str, Any]
THOUGHT = 2000
"""Tokens that the modes which think spend on it."""


@dataclass
class ServerCall:
    """One request, as a mode sees it."""

    body: JSON
    path: str
    headers: Mapping[str, str]
    prompt: str
    """The last user message."""
    answer: str
    seen: int
    """How often the same prompt and parameters came before."""
    number: int
    """How many requests came before."""
    others: int = 0
    """Requests that are being answered now."""

    @property
    def length(self) -> int:
        """Completion tokens that are allowed."""
        given = self.body.get("max_completion_tokens") or self.body.get("max_tokens") or 10**6
        return int(given)


@dataclass
class Reply:
    """An HTTP reply. ``body`` is JSON, or text as it stands."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """How long it takes."""
    cut: bool = False
    """Whether the connection is cut in its middle."""


Mode = Callable[[ServerCall], Reply]
MODES: dict[str, Mode] = {}


def mode(function: Mode) -> Mode:
    """Register a mode under its function's name; its docstring says what the server does."""
    MODES[function.__name__.strip("_")] = function
    return function


def says(call: ServerCall, text: str | None = None, finish: str | None = "stop", **more: Any) -> JSON:
    """A chat completion. ``message`` and ``usage`` replace what is usual; other names are members."""
    text = call.answer if text is None else text
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    prompt = sum(len(str(part.get("content", ""))) for part in call.body.get("messages", ())) // 4 + 1
    usage: JSON | None = {"prompt_tokens": prompt, "completion_tokens": len(text) // 4 + 1}
    usage = more.pop("usage", usage)
    choices = [{"index": 0, "message": message, "finish_reason": finish, **more.pop("choice", {})}]
    whole = {"id": "chatcmpl-1", "object": "chat.completion", "model": call.body.get("model")}
    return {**whole, "choices": choices, **({} if usage is None else {"usage": usage}), **more}


def fails(status: int, message: str, code: str = "", *, param: str = "", **headers: str) -> Reply:
    """An error in OpenAI's form; ``retry_after="2"`` becomes the header ``retry-after``."""
    error = {"message": message, "type": "error", "code": code or None, "param": param or None}
    return Reply({"error": error}, status, {name.replace("_", "-"): text for name, text in headers.items()})


def once(call: ServerCall, reply: Reply) -> Reply:
    """The reply where a request comes for the first time, and then the answer."""
    return reply if call.seen == 0 else Reply(says(call))


# -- endings -----------------------------------------------------------------------------------------------


@mode
def plain(call: ServerCall) -> Reply:
    """Answers."""
    return Reply(says(call))


def _thinking(call: ServerCall, thought: str) -> Reply | None:
    """Cut in the middle of its thought, where the length does not cover it."""
    if call.length >= THOUGHT:
        return None
    usage = {"prompt_tokens": 30, "completion_tokens": call.length}
    return Reply(says(call, "", "length", message={"reasoning_content": thought[: call.length]}, usage=usage))


@mode
def thinks(call: ServerCall) -> Reply:
    """Thinks 2,000 tokens in `reasoning_content` first, as vLLM and DeepSeek show it."""
    usage = {"prompt_tokens": 30, "completion_tokens": THOUGHT + 6, "completion_tokens_details": {}}
    usage["completion_tokens_details"] = {"reasoning_tokens": THOUGHT}
    reply = says(call, message={"reasoning_content": "hmm " * THOUGHT}, usage=usage)
    return _thinking(call, "hmm " * THOUGHT) or Reply(reply)


@mode
def thinks_inline(call: ServerCall) -> Reply:
    """Thinks between `<think>` and `</think>` in its text; a wrong answer stands in the thought."""
    thought = "<think>Answer: 999 " + "hmm " * THOUGHT
    usage = {"prompt_tokens": 30, "completion_tokens": min(THOUGHT + 6, call.length)}
    if call.length < THOUGHT:
        return Reply(says(call, thought[: 4 * call.length], "length", usage=usage))
    return Reply(says(call, f"{thought}</think>\n{call.answer}", usage=usage))


@mode
def thinks_unopened(call: ServerCall) -> Reply:
    """Thinks up to `</think>`; the opening tag was in the prompt's template."""
    return Reply(says(call, f"it may be Answer: 999</think>\n\n{call.answer}"))


@mode
def thinks_twice(call: ServerCall) -> Reply:
    """Thinks between tags, and again, before it answers."""
    return Reply(says(call, f"<think>Answer: 999</think>\n<think>Answer: 998</think>\n{call.answer}"))


@mode
def thinks_in_channels(call: ServerCall) -> Reply:
    """Shows gpt-oss' channels as they are."""
    thought = "<|channel|>analysis<|message|>Answer: 999<|end|><|start|>assistant"
    return Reply(says(call, f"{thought}<|channel|>final<|message|>{call.answer}<|return|>"))


@mode
def cut(call: ServerCall) -> Reply:
    """Is cut at the length, always."""
    usage = {"prompt_tokens": 30, "completion_tokens": min(call.length, 4096)}
    return Reply(says(call, "Let me see. First", "length", usage=usage))


@mode
def parts(call: ServerCall) -> Reply:
    """Sends its content as a list of parts, a thought among them."""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Answer: 999"}]}
    content = [thought, {"type": "text", "text": call.answer}]
    return Reply(says(call, message={"content": content}))


@mode
def run_on(call: ServerCall) -> Reply:
    """Goes on with a problem of its own after the answer."""
    return Reply(says(call, f"{call.answer}\n\nProblem: What is 3 + 4?\nAnswer: 7"))


@mode
def filter_status(call: ServerCall) -> Reply:
    """Refuses prompts with `forbidden` by HTTP 400, as Azure does; answers others."""
    if "forbidden" not in call.prompt:
        return Reply(says(call))
    inner = {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {"violence": {"filtered": True}},
    }
    message = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
    )
    return Reply({"error": {"message": message, "code": "content_filter", "innererror": inner}}, 400)


@mode
def filter_finish(call: ServerCall) -> Reply:
    """Refuses prompts with `forbidden` by `finish_reason: content_filter` and no content."""
    if "forbidden" not in call.prompt:
        return Reply(says(call))
    return Reply(says(call, "", "content_filter", message={"content": None}))


@mode
def refusal(call: ServerCall) -> Reply:
    """Refuses in the message's `refusal`."""
    return Reply(says(call, "", message={"content": None, "refusal": "I can't help with that."}))


@mode
def error_finish(call: ServerCall) -> Reply:
    """Breaks its first reply off: status 200, `finish_reason: error`, empty content (OpenRouter)."""
    return once(call, Reply(says(call, "", "error", usage={"prompt_tokens": 0, "completion_tokens": 0})))


@mode
def error_choice(call: ServerCall) -> Reply:
    """Puts an error into the choice of its first reply."""
    error = {"code": 502, "message": "Provider returned error"}
    return once(call, Reply(says(call, "", "stop", choice={"error": error}, usage=None)))


@mode
def error_body(call: ServerCall) -> Reply:
    """Sends its first reply as an error with status 200."""
    return once(call, Reply({"error": {"message": "upstream is overloaded", "code": 503}}))


@mode
def empty(call: ServerCall) -> Reply:
    """Sends an empty first reply, and says `stop`."""
    return once(call, Reply(says(call, "", usage=None)))


@mode
def unasked_tools(call: ServerCall) -> Reply:
    """Asks for a tool that nobody offered, without content, at first."""
    tools = [{"id": "1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}]
    message = {"content": None, "tool_calls": tools}
    return once(call, Reply(says(call, "", "tool_calls", message=message, usage=None)))


@mode
def no_tools(call: ServerCall) -> Reply:
    """Ends its first reply for tools (`finish_reason: tool_calls`), and asks for none."""
    return once(call, Reply(says(call, "", "tool_calls", message={"tool_calls": []}, usage=None)))


@mode
def only_reasoning(call: ServerCall) -> Reply:
    """Puts its first answer into `reasoning_content` alone."""
    message = {"content": None, "reasoning_content": call.answer}
    return once(call, Reply(says(call, "", message=message, usage=None)))


@mode
def no_choices(call: ServerCall) -> Reply:
    """Sends `choices: []` with a usage at first: billed, and of no use."""
    usage = {"prompt_tokens": 40, "completion_tokens": 0, "total_tokens": 40}
    return once(call, Reply({"choices": [], "usage": usage}))


@mode
def no_json(call: ServerCall) -> Reply:
    """Sends a page in place of JSON at first."""
    return once(call, Reply("<html>Bad gateway</html>", headers={"content-type": "text/html"}))


@mode
def streams(call: ServerCall) -> Reply:
    """Streams events, though nobody asked for a stream."""
    halves = [call.answer[:5], call.answer[5:]]
    chunks: list[JSON] = [{"choices": [{"index": 0, "delta": {"content": half}}]} for half in halves]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 5}})
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    return Reply(text, headers={"content-type": "text/event-stream"})


@mode
def native(call: ServerCall) -> Reply:
    """Keeps to a JSON schema, and calls the first tool that it is offered; answers others."""
    schema = call.body.get("response_format", {}).get("json_schema", {}).get("schema")
    numbers = re.findall(r"-?\d+", call.prompt)
    if schema is not None:
        return Reply(says(call, json.dumps(_filled(schema, sum(map(int, numbers))))))
    if not call.body.get("tools") or call.body["messages"][-1]["role"] == "tool":
        return Reply(says(call))
    function = call.body["tools"][0]["function"]
    names = function["parameters"].get("properties", ())
    given = {name: int(number) for name, number in zip(names, numbers, strict=False)}
    tool = {"name": function["name"], "arguments": json.dumps(given)}
    calls = [{"id": "call_1", "type": "function", "function": tool}]
    return Reply(says(call, "", "tool_calls", message={"content": None, "tool_calls": calls}))


def _filled(schema: JSON, number: int) -> Any:
    """A value that keeps to a schema, with the number where it fits."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _filled(kind, number) for name, kind in schema["properties"].items()}
        case "array":
            return [_filled(schema.get("items", {}), number)]
        case "integer" | "number":
            return number
    return f"It is {number}"


# -- usage -------------------------------------------------------------------------------------------------


@mode
def no_usage(call: ServerCall) -> Reply:
    """Counts no tokens."""
    return Reply(says(call, usage=None))


@mode
def wild_usage(call: ServerCall) -> Reply:
    """Reports 10^12 tokens at first."""
    return once(call, Reply(says(call, usage={"prompt_tokens": 10**12, "completion_tokens": 5})))


@mode
def one_token(call: ServerCall) -> Reply:
    """Reports one token a call."""
    return Reply(says(call, usage={"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}))


@mode
def negative_usage(call: ServerCall) -> Reply:
    """Reports fewer than no tokens."""
    return Reply(says(call, usage={"prompt_tokens": -5, "completion_tokens": -1}))


@mode
def cached_prompt(call: ServerCall) -> Reply:
    """Had 900 of 1,000 prompt tokens in its cache."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 900}}
    return Reply(says(call, usage=usage))


@mode
def thought_in_total(call: ServerCall) -> Reply:
    """Counts its thinking in `total_tokens` alone, as Gemini does."""
    return Reply(says(call, usage={"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 525}))


@mode
def over_length(call: ServerCall) -> Reply:
    """Writes 5,000 tokens, whatever `max_tokens` says."""
    return Reply(says(call, usage={"prompt_tokens": 20, "completion_tokens": 5000}))


# -- errors ------------------------------------------------------------------------------------------------


@mode
def rate_limit(call: ServerCall) -> Reply:
    """Says 429 with `Retry-After: 1` at first."""
    return once(call, fails(429, "Rate limit reached", "rate_limit_exceeded", retry_after="1"))


@mode
def rate_limit_ms(call: ServerCall) -> Reply:
    """Says 429 with `retry-after-ms: 50` at first."""
    return once(call, fails(429, "Rate limit reached", retry_after_ms="50"))


@mode
def rate_limit_date(call: ServerCall) -> Reply:
    """Says 429 with a date in `Retry-After` at first."""
    return once(call, fails(429, "Slow down", retry_after=formatdate(time.time() + 2, usegmt=True)))


@mode
def rate_limit_inf(call: ServerCall) -> Reply:
    """Says 429 with `Retry-After: inf` at first."""
    return once(call, fails(429, "Slow down", retry_after="inf"))


@mode
def quota(call: ServerCall) -> Reply:
    """Says 429 `insufficient_quota`: the account has no credit."""
    return fails(429, "You exceeded your current quota, please check your plan.", "insufficient_quota")


@mode
def payment(call: ServerCall) -> Reply:
    """Says 402."""
    return fails(402, "Insufficient Balance")


@mode
def usage_limit(call: ServerCall) -> Reply:
    """Says 400: the limit of money that the account set is reached, as Anthropic does."""
    return fails(400, "You have reached your specified API usage limits.", "invalid_request_error")


@mode
def day_limit(call: ServerCall) -> Reply:
    """Says 429 with a `Retry-After` of seven hours, always: the limit of a day is used up."""
    return fails(429, "Limit of requests per day reached. Try again in 7h12m0s.", retry_after="25920")


@mode
def bad_key(call: ServerCall) -> Reply:
    """Says 401."""
    return fails(401, "Incorrect API key provided", "invalid_api_key")


@mode
def no_model(call: ServerCall) -> Reply:
    """Says 404: there is no such model."""
    return fails(404, "The model `any` does not exist", "model_not_found")


@mode
def too_long(call: ServerCall) -> Reply:
    """Says 400: the prompt does not fit the window."""
    return fails(400, "This model's maximum context length is 4096 tokens.", "context_length_exceeded")


@mode
def bad_request(call: ServerCall) -> Reply:
    """Says 400 to every request."""
    return fails(400, "the messages must alternate")


@mode
def server_error(call: ServerCall) -> Reply:
    """Says 500 at first."""
    return once(call, fails(500, "The server had an error"))


@mode
def overloaded(call: ServerCall) -> Reply:
    """Says 529 at first."""
    return once(call, fails(529, "Overloaded", "overloaded_error"))


@mode
def loading(call: ServerCall) -> Reply:
    """Says 503 while it loads its model, as llama.cpp does."""
    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    return once(call, Reply({"error": error}, 503))


@mode
def drops(call: ServerCall) -> Reply:
    """Cuts the connection in the middle of its first reply."""
    return once(call, Reply(says(call), cut=True))


@mode
def slow(call: ServerCall) -> Reply:
    """Takes a second a reply."""
    return Reply(says(call), seconds=1.0)


@mode
def limited(call: ServerCall) -> Reply:
    """Takes 8 calls at a time, 50 ms each, and turns more away by 429."""
    if call.others >= 8:
        return fails(429, "Too many concurrent requests")
    return Reply(says(call), seconds=0.05)


# -- parameters --------------------------------------------------------------------------------------------


@mode
def no_temperature(call: ServerCall) -> Reply:
    """Takes no temperature but 1."""
    if call.body.get("temperature", 1) == 1:
        return Reply(says(call))
    message = (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value."
    )
    return fails(400, message, "unsupported_value", param="temperature")


@mode
def no_stop(call: ServerCall) -> Reply:
    """Takes no stop sequences, and goes on after them."""
    if call.body.get("stop"):
        return fails(400, "Unsupported parameter: 'stop' is not supported with this model.", param="stop")
    return Reply(says(call, f"{call.answer}\nObservation: and so on"))


@mode
def renamed_length(call: ServerCall) -> Reply:
    """Wants `max_completion_tokens` in place of `max_tokens`."""
    if "max_tokens" not in call.body:
        return Reply(says(call))
    message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    return fails(400, message, "unsupported_parameter", param="max_tokens")


@mode
def at_most_256(call: ServerCall) -> Reply:
    """Allows 256 completion tokens."""
    if call.length <= 256:
        return Reply(says(call))
    message = f"max_tokens is too large: {call.length}. This model supports at most 256 completion tokens."
    return fails(400, message, param="max_tokens")


@mode
def length_range(call: ServerCall) -> Reply:
    """Allows 1 to 256 completion tokens, and says so as DeepSeek and Qwen do."""
    if call.length <= 256:
        return Reply(says(call))
    return fails(400, "Invalid max_tokens value, the valid range of max_tokens is [1, 256]")


@mode
def window_in_total(call: ServerCall) -> Reply:
    """Has a window of 2,048 tokens, and says only the total, as OpenRouter does."""
    prompt = len(call.prompt) // 4
    if prompt + call.length <= 2048:
        return Reply(says(call))
    message = (
        "This endpoint's maximum context length is 2048 tokens. However, you requested about "
        f"{prompt + call.length} tokens. Please reduce the length of either one."
    )
    return fails(400, message)


@mode
def small_window(call: ServerCall) -> Reply:
    """Has a window of 2,048 tokens, and says so as vLLM does."""
    prompt = len(call.prompt) // 4
    if prompt + call.length <= 2048:
        return Reply(says(call))
    message = (
        f"This model's maximum context length is 2048 tokens. However, you requested {prompt + call.length} "
        f"tokens ({prompt} in the messages, {call.length} in the completion). Please reduce the length."
    )
    return Reply({"object": "error", "message": message, "type": "BadRequestError", "code": 400}, 400)


# -- other protocols ---------------------------------------------------------------------------------------


@mode
def anthropic(call: ServerCall) -> Reply:
    """Speaks Anthropic's protocol."""
    usage = {"input_tokens": 20, "output_tokens": 5}
    content = [{"type": "text", "text": call.answer}]
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "any", "stop_sequence": None}
    return Reply({**whole, "content": content, "stop_reason": "end_turn", "usage": usage})


@mode
def gemini(call: ServerCall) -> Reply:
    """Speaks Google's protocol."""
    content = {"role": "model", "parts": [{"text": call.answer}]}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 20, "candidatesTokenCount": 5, "totalTokenCount": 25}
    return Reply({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "any"})


@mode
def ollama(call: ServerCall) -> Reply:
    """Speaks Ollama's protocol."""
    message = {"role": "assistant", "content": call.answer}
    whole = {"model": "any", "created_at": "2025-01-01T00:00:00Z", "done": True, "done_reason": "stop"}
    return Reply({**whole, "message": message, "prompt_eval_count": 20, "eval_count": 5})
