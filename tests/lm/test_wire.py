"""What servers complain of, in the words of their vendors, and what is then sent."""

import pytest

from masdesign.lm.chat.faults import ServerAnswer
from masdesign.lm.chat.wire import Wire

PAYLOAD = {"model": "any", "messages": [], "temperature": 0.0, "max_tokens": 32_768}


def complaint(message, status=400, **more):
    return ServerAnswer(status, {"error": {"message": message, **more}})


WINDOWS = [
    "This model's maximum context length is 8192 tokens. However, you requested 32802 tokens (34 in the "
    "messages, 32768 in the completion). Please reduce the length of the messages or completion.",
    "This model's maximum context length is 8192 tokens. However, you requested 32802 tokens (30 in the "
    "messages, 4 in the functions, and 32768 in the completion).",
    "'max_tokens' or 'max_completion_tokens' is too large: 32768. This model's maximum context length is "
    "8192 tokens and your request has 34 input tokens (32768 > 8192 - 34).",
    "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total "
    "of 32802 tokens: 34 tokens from the input messages and 32768 tokens for the completion.",
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 32802 tokens (34 of "
    "text input, 32768 in the output). Please reduce the length of either one.",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 34 `inputs` tokens "
    "and 32768 `max_new_tokens`",
    "Invalid request: Your request exceeded model token limit: 8192 (requested: 32802)",
]


@pytest.mark.parametrize("message", WINDOWS)
def test_a_window_that_the_length_does_not_fit_leaves_room(message):
    """Of half of these it was said that the design's prompt is too long, which scores 0."""
    wire = Wire()
    assert wire.room(complaint(message), wire.sent(PAYLOAD)) == 8192 - 34


LONGEST = [
    ("max_tokens is too large: 32768. This model supports at most 8192 completion tokens.", 8192),
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
    ("Range of max_tokens should be [1, 8192]", 8192),
    ("max_tokens: 32768 > 8192, which is the maximum allowed number of output tokens for any-20250219", 8192),
    ("The maximum tokens you requested exceeds the model limit of 8192.", 8192),
    (
        "Unable to submit request because it has a maxOutputTokens value of 32768 but the supported range is "
        "from 1 (inclusive) to 8193 (exclusive). Update the value and try again.",
        8192,
    ),
    ("Input validation error: `max_new_tokens` must be <= 8192. Given: 32768", 8192),
    ("max tokens must be less than or equal to 8192", 8192),
]


@pytest.mark.parametrize(("message", "longest"), LONGEST)
def test_a_length_beyond_the_longest_is_lowered(message, longest):
    """Most of these were refusals, of every question."""
    wire = Wire()
    assert wire.learn(complaint(message), wire.sent(PAYLOAD))
    assert wire.sent(PAYLOAD)["max_tokens"] == longest


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("response_format", "This response_format type is unavailable now"),
        (
            "response_format",
            'Invalid JSON payload received. Unknown name "x" at generation_config.response_schema',
        ),
        ("response_format", "JSON_SCHEMA is not supported by this model"),
        ("response_format", "Failed to parse grammar"),
        ("tools", "registry.ollama.ai/library/gemma does not support tools"),
        ("tools", '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        ("tools", "Function calling is not enabled for this model"),
        ("temperature", "Temperature is deprecated for this model."),
    ],
)
def test_what_a_server_does_not_take_is_left_out(name, message):
    payload = {**PAYLOAD, "response_format": {}, "tools": []}
    wire = Wire()
    assert wire.learn(complaint(message), wire.sent(payload))
    assert set(payload) - set(wire.sent(payload)) == {name}


@pytest.mark.parametrize("status", [404, 501])
def test_no_endpoint_that_takes_it(status):
    wire, payload = Wire(), {**PAYLOAD, "tools": []}
    message = "No endpoints found that support tool use."
    assert wire.learn(complaint(message, status), wire.sent(payload))
    assert "tools" not in wire.sent(payload)
    assert not Wire().learn(complaint("The model `any` does not exist", status), payload)


def test_what_is_not_sent_is_not_left_out():
    wire = Wire()
    assert not wire.learn(complaint("does not support tools"), wire.sent(PAYLOAD))
