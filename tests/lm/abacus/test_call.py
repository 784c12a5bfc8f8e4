import pytest

from masdesign.lm.abacus.call import AbacusCall, finished


def call(reply, **options):
    options = {"limit": 10, **options}
    made = AbacusCall(key=1, prompt=(0, 2, 3), **options)
    made.reply.extend(reply)
    return made


def test_a_special_token_ends_the_reply(tokenizer):
    yes = tokenizer.encode("yes")
    assert finished(call(yes), tokenizer) is None
    for special in range(5):
        reply = finished(call([*yes, special]), tokenizer)
        assert (reply.text, reply.finish) == ("yes", "stop")
        assert (reply.completion_tokens, reply.prompt_tokens) == (2, 3)


def test_the_limit_ends_it(tokenizer):
    reply = finished(call(tokenizer.encode("yes the"), limit=2), tokenizer)
    assert (reply.text, reply.finish) == ("yes the", "length")


@pytest.mark.parametrize(
    ("stop", "text"), [(("the",), "yes "), (("zzz", "s t"), "ye"), (("the", "yes"), ""), (("zzz",), None)]
)
def test_a_stop_string_ends_it_and_is_cut_off(tokenizer, stop, text):
    reply = finished(call(tokenizer.encode("yes the"), stop=stop), tokenizer)
    assert (reply and reply.text) == text
    if reply:
        assert reply.finish == "stop"


def test_stop_strings_come_before_the_limit(tokenizer):
    assert finished(call(tokenizer.encode("yes the"), stop=("the",), limit=2), tokenizer).finish == "stop"
