"""`AnswerFormContract`: what every answer form keeps, whoever wrote it."""

import json
from collections.abc import Sequence
from typing import ClassVar

from masdesign.protocols import AnswerForm

ODD_REPLIES = (
    "",
    "¯\\_(ツ)_/¯",
    "Answer:",
    "\x00\n\n```",
    "<answer>",
    "{" * 500,
    "\ud800",
    "Answer: 7\n" * 500,
)


class AnswerFormContract:
    """Inherit it in a test class, and set ``form``, ``answers`` and, where it needs them, ``options``.

    A form reads what it asked for, whole; reads its own answers as they are; is an equality; and takes an
    odd reply as no answer instead of raising.
    """

    form: ClassVar[AnswerForm]
    answers: ClassVar[Sequence[str]]
    """Answers of the form, no two of them equal, as `read` gives them."""
    options: ClassVar[Sequence[str]] = ()
    """What is passed to `read` as options."""

    def test_it_says_how_to_answer(self) -> None:
        assert len(self.form.instruction(self.options).split()) > 2
        schema = self.form.schema()
        assert schema is None or json.loads(json.dumps(dict(schema))) == schema

    def test_it_reads_an_answer_that_stands_between_tags(self) -> None:
        for answer in self.answers:
            read = self.form.read(f"I think so.\n<answer>{answer}</answer>", self.options)
            assert read is not None, f"{answer!r} is not read"
            assert self.form.equal(read, answer)

    def test_it_reads_what_it_has_read_as_it_is(self) -> None:
        for answer in self.answers:
            once = self.form.read(f"<answer>{answer}</answer>", self.options)
            assert self.form.read(f"<answer>{once}</answer>", self.options) == once

    def test_equality_is_that_of_a_relation(self) -> None:
        for i, left in enumerate(self.answers):
            for j, right in enumerate(self.answers):
                assert self.form.equal(left, right) is (i == j), (left, right)

    def test_nothing_equals_an_empty_answer(self) -> None:
        assert not self.form.equal("", "")
        for answer in self.answers:
            assert not self.form.equal(answer, "")
            assert not self.form.equal("", answer)

    def test_an_odd_reply_is_no_answer_or_one_and_raises_nothing(self) -> None:
        for reply in ODD_REPLIES:
            read = self.form.read(reply, self.options)
            assert read is None or (isinstance(read, str) and read)
            assert self.form.equal(reply, reply) in (True, False)

    def test_the_same_reply_is_read_the_same(self) -> None:
        for answer in self.answers:
            reply = f"Answer: {answer}"
            assert self.form.read(reply, self.options) == self.form.read(reply, self.options)
