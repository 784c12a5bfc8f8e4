"""What a model's spec refuses, each in one line that names the value and the cure."""

import pytest

from masdesign.errors import CredentialsError, InputError
from masdesign.lm import ModelSpec
from masdesign.lm.load import load_lm
from masdesign.lm.providers import openai
from masdesign.records.cache import Cache
from masdesign.testing.server import serving
from masdesign.types import Message, Request

REQUEST = Request((Message("user", "2 + 2 ="),), max_tokens=64)


@pytest.mark.parametrize(
    "url",
    [
        *("127.0.0.1:8000/v1", "ftp://host/v1", "http://", "http:///v1", "http://127.0.0.1:99999/v1"),
        *("http://host:port/v1", "http://[::1/v1", "http://my host/v1", "http://me:secret@host:99999/v1"),
    ],
)
def test_a_base_url_that_names_no_server(url):
    with pytest.raises(InputError, match=r"write it as http://127") as caught:
        ModelSpec("openai/any", url)
    assert "secret" not in str(caught.value)


def test_a_base_url_that_says_more_than_the_base():
    with pytest.raises(InputError, match="end it before /chat/completions"):
        ModelSpec("openai/any", "http://127.0.0.1:8000/v1/chat/completions")


def test_blanks_around_a_base_url_are_no_part_of_the_models_id():
    assert ModelSpec("openai/any", " http://host/v1\n").id == ModelSpec("openai/any", "http://host/v1").id


def test_a_base_url_of_the_environment_is_checked_too(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "127.0.0.1:8000")
    with pytest.raises(InputError, match="no http"):
        openai.open_chat(ModelSpec("openai/any"), {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"native": "tool"}, "native cannot have 'tool'; it can have schema, tools"),
        ({"native": 3}, "native=3 is no list"),
        ({"refuses": ["temprature"]}, "refuses cannot have 'temprature'"),
        ({"messages": []}, "messages"),
        ({"n": 3}, "one reply is read"),
        ({"max_completion_tokens": 99}, "write max_tokens"),
        ({"extra_body": {"messages": []}}, "messages"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        ModelSpec("openai/any").with_options(options)


@pytest.mark.parametrize("temperature", [True, [1], "0.5", 3, float("nan")])
def test_a_temperature_that_is_no_number(temperature):
    spec = ModelSpec("openai/any", "http://host/v1").with_options({"temperature": temperature})
    with Cache.memory() as cache, pytest.raises(InputError, match="from 0 to 2"):
        load_lm(spec, cache=cache, concurrency=1)


async def ask(url, **options):
    chat = openai.open_chat(ModelSpec("openai/any", url).with_options(options), {})
    try:
        return await chat.complete(REQUEST)
    finally:
        await chat.aclose()


@pytest.mark.parametrize("key", ["two\nlines", "clé"])
async def test_a_key_that_no_header_can_hold(key, monkeypatch):
    """It looked like a connection that failed, and was tried five times an item."""
    monkeypatch.setenv("MY_SERVER_KEY", key)
    with pytest.raises(CredentialsError, match="MY_SERVER_KEY holds") as caught:
        await ask("http://127.0.0.1:9/v1", key_env="MY_SERVER_KEY")
    assert key not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_server_on_this_machine_is_asked_without_a_proxy(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving() as server:
        assert (await ask(server.url.replace("127.0.0.1", host))).text == "Answer: 4"


async def test_a_proxy_that_cannot_be_reached_is_named(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Exception, match=r"by way of a proxy \(HTTP_PROXY\)"):
        await ask("http://models.example/v1")


@pytest.mark.parametrize(
    ("name", "value"), [("ALL_PROXY", "ftp://127.0.0.1:9"), ("SSL_CERT_FILE", "/nowhere/at/all")]
)
async def test_an_environment_with_which_no_client_can_be_made(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="no HTTP client can be made"):
        await ask("http://127.0.0.1:9/v1")


@pytest.mark.parametrize("name", ["Qwen/Qwen3-8B", "local-model"])
def test_a_servers_own_name_is_told_how_it_is_written(name):
    with Cache.memory() as cache, pytest.raises(InputError, match=f"is asked as openai/{name}"):
        load_lm(ModelSpec(name, "http://127.0.0.1:8000/v1"), cache=cache, concurrency=1)
