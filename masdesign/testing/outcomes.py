"""What becomes of every behaviour of the conformance server: data for its tests and a page of the docs.

python -m masdesign.testing.outcomes > masdesign/docs/servers.md
"""

import sys
from collections.abc import Mapping

from masdesign.errors import AccountEmpty, ContextOverflow, CredentialsError, LMError, Refused, UnknownModel
from masdesign.testing.modes import MODES

_AT_ONCE = (
    "plain thinks thinks_inline thinks_twice thinks_unopened thinks_in_channels parts filter_status "
    "filter_finish streams no_usage one_token negative_usage cached_prompt thought_in_total over_length "
    "limited native slow"
)
_ASKED_TWICE = (
    "error_finish error_choice error_body empty unasked_tools only_reasoning no_json wild_usage rate_limit "
    "rate_limit_ms rate_limit_date rate_limit_inf server_error overloaded loading drops no_temperature "
    "renamed_length at_most_256 small_window length_range window_in_total no_tools"
)
ANSWERED: Mapping[str, int] = dict.fromkeys(_AT_ONCE.split(), 1) | dict.fromkeys(_ASKED_TWICE.split(), 2)
"""Modes that are answered, with the number of requests that it takes."""
ENDED: Mapping[str, type[LMError]] = {
    "refusal": Refused,
    "bad_request": Refused,
    "quota": AccountEmpty,
    "payment": AccountEmpty,
    "usage_limit": AccountEmpty,
    "bad_key": CredentialsError,
    "no_model": UnknownModel,
    "too_long": ContextOverflow,
}
"""Modes that end a call at once, with the error."""
OTHERWISE: Mapping[str, str] = {
    "cut": "scores 0, counted apart (`cut`) with the cure; where most replies are cut the run ends early",
    "run_on": "the first answer counts",
    "no_choices": "asked again with a new reservation; what was billed is charged",
    "no_stop": "answered; stop sequences are kept here, and the server is told none again",
    "day_limit": "a second try after a minute; then all calls end at once, unscored",
    **dict.fromkeys(("anthropic", "gemini", "ollama"), "answered, through LiteLLM"),
}
_WORDS: Mapping[type[LMError], str] = {
    Refused: "unscored (`refused`), named and counted; never wrong, never asked again in the run",
    AccountEmpty: "the run ends with one line: the account has no credit",
    CredentialsError: "the run ends with one line that names the key's variable",
    UnknownModel: "the run ends with one line: check the model's name and the base URL",
    ContextOverflow: "the design's own failure: its prompt does not fit the window",
}


def outcome(mode: str) -> str:
    """What becomes of a behaviour, in words.

    >>> outcome("plain"), outcome("empty")
    ('answered', 'answered, by request 2')
    """
    if mode in ANSWERED:
        return "answered" if ANSWERED[mode] == 1 else f"answered, by request {ANSWERED[mode]}"
    return _WORDS[ENDED[mode]] if mode in ENDED else OTHERWISE[mode]


def page() -> str:
    """The table as a page of the documents."""
    lines = [
        "# How servers behave, and what becomes of it",
        "",
        "`python -m masdesign.testing.server --mode NAME` serves each of these on the loopback address; the",
        "suite holds every row. This page is written by `python -m masdesign.testing.outcomes`.",
        "",
        "| mode | the server | what becomes of it |",
        "|---|---|---|",
    ]
    for name, behave in sorted(MODES.items()):
        lines.append(f"| `{name}` | {' '.join((behave.__doc__ or '').split())} | {outcome(name)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
