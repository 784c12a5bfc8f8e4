"""The command line: one thin file a command, imported only when it is called (see `_group`).

Exit codes: 0 done, 2 the user's input was wrong (one line), 3 the budget ran out before a first
result, 4 most replies were cut, unreadable or refused, which ended the command early, 130 interrupted,
143 ended by SIGTERM, 129 by SIGHUP.
"""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TypeGuard

import click

from masdesign.cli._config import read_config
from masdesign.cli._group import CommandFolder
from masdesign.cli._say import say
from masdesign.errors import BudgetExhausted, InternalFault, MasdesignError, UnusableReplies
from masdesign.plugins import importable
from masdesign.registry import overlay
from masdesign.stopping import handle_signals, say_ending, was_stopped

UNUSABLE = 4
"""The exit code where most replies are cut, unreadable or refused."""
_FIRST = ("init", "search", "evaluate", "baseline", "run", "solve", "distill", "archive")
"""The main jobs, in the order a newcomer meets them; the rest follows by name."""
_WITHOUT_CONFIG = ("init", "new", "doctor")
"""Commands that work beside a configuration that is wrong."""


@click.group(
    cls=CommandFolder,
    package=__name__,
    first=_FIRST,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="masdesign", prog_name="masdesign")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Search for the multi-agent workflow that answers a task best for its cost.

    Start with: masdesign init, then masdesign search; or: masdesign search arithmetic --budget 20000calls
    """
    ctx.ensure_object(dict)["debug"] = debug
    if ctx.invoked_subcommand not in _WITHOUT_CONFIG:
        read_config(ctx)


def main(args: list[str] | None = None) -> int:
    """Run the command line and return its exit code; one line, never a traceback, for a user's error."""
    if args is None:
        handle_signals()
    arguments = sys.argv[1:] if args is None else args
    debug = "--debug" in arguments
    if debug:  # wherever it stands
        arguments = ["--debug", *(a for a in arguments if a != "--debug")]
    try:
        with overlay(), importable(Path.cwd()):
            outcome = cli.main(args=arguments, prog_name="masdesign", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # click 8.2 and later
            error.show()
            return 2
        return _fail(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        return say_ending() if was_stopped() else _fail("interrupted", 130)
    except SystemExit as ended:
        if ended.code == 1:  # so click ends where the reader (a pager, `head`) has seen enough
            return 0
        raise
    except Exception as error:
        if debug:
            raise
        if _is_full(error):
            _give_up_output()
        return _fail(*_explain(error))


def _is_full(error: Exception) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _give_up_output() -> None:
    """What could not be written is not tried again as Python ends: it would end with a code of its own."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, BudgetExhausted):
        return str(error), 3
    if isinstance(error, UnusableReplies):
        return str(error), UNUSABLE
    if isinstance(error, MasdesignError):
        return str(error), 1 if isinstance(error, InternalFault) else 2
    if _is_full(error):
        return f"the output cannot be written ({error.strerror}); make room, or write elsewhere", 1
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; give smaller files, or less at once", 1
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return f"{error.object!a:.80} is not UTF-8; give it in UTF-8", 2
    return f"{type(error).__name__}: {error} (this is a bug; run again with --debug to see where)", 1


def _fail(message: str, code: int) -> int:
    say(f"masdesign: {' '.join(message.split())}", err=True)
    return code
