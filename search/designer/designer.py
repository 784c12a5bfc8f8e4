"""`Designer`: has designs written by a language model, reads them tolerantly, has them repaired."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from masdesign.archive.view import ArchiveView
from masdesign.building_blocks import catalogue
from masdesign.errors import BudgetExhausted, ProviderError, SourceError
from masdesign.evaluation import evaluate
from masdesign.lm import LM, Budgeted
from masdesign.lm.profile import profile_of
from masdesign.search.designer.acting import description, with_target
from masdesign.search.designer.brief import Brief, Written, told
from masdesign.search.designer.diagnosis import LOOKS, Diagnoses, Lookup
from masdesign.search.designer.reply import DesignDraft, read_design, read_fields
from masdesign.search.designer.talk import DesignerTalk, render, versions
from masdesign.spending.ledger import Account, Ledger, current_account
from masdesign.tasks import Task
from masdesign.types import Failure, Message
from masdesign.workflow import Design, Runtime, check_in_thread
from masdesign.workflow.adas import from_adas, is_adas
from masdesign.workflow.faults import failure_of
from masdesign.workflow.promoted import Promoted, linked

REPAIRS = 3
"""Times that a design is sent back with what is wrong with it."""
ALIKE = 5
"""Designs in a row that fail alike, in spite of their repairs, after which no more are asked for."""
EXAMPLES = 3
"""Train items that a prompt shows."""
TEMPERATURE, MAX_TOKENS = 0.8, 8192
"""Of every reply; a reasoning model's thoughts count as well."""

_NO_CODE = Failure("design", "the reply holds no code", cure="write the design in a ```python fence")
_CUT = "the reply was cut at its greatest length: write less"


class Designer:
    """A language model that writes designs for one task.

    **Contract.** A reply is never trusted: it is text until the checks and the sandbox have had it. What
    a reply gets wrong is a value (`Written.failure`), never an exception. Calls are charged to the run's
    ledger, in the order in which designs were asked for, and go through the run's cache, so that a run
    that goes on has the same replies for nothing. Equal prompts asked for again are new draws.
    """

    def __init__(
        self,
        lm: LM,
        runtime: Runtime,
        ledger: Ledger,
        task: Task | None = None,
        *,
        temperature: float = TEMPERATURE,
        max_tokens: int = MAX_TOKENS,
        promoted: Iterable[Promoted] = (),
    ) -> None:
        """``lm`` charges ``ledger``; ``task`` gives the description and a few `train` items to show;
        ``promoted`` are discovered blocks, which stand in the catalogue beside the run's own."""
        self.lm, self.runtime, self.ledger, self.task = lm, runtime, ledger, task
        most = max(max_tokens, profile_of(lm).length)  # a model that reasons needs its whole length
        self.temperature, self.max_tokens = temperature, min(most, lm.window // 3)
        self._most = lm.most if isinstance(lm, Budgeted) else None
        self._promoted = {block.name: block for block in promoted}
        self._draws: Counter[tuple[Message, ...]] = Counter()
        self._faults: list[str] = []
        self.diagnoses = Diagnoses(task, runtime, ledger)
        self._lookup: Lookup | None = None
        self._written = 0

    @cached_property
    def common(self) -> Mapping[str, Any]:
        """What every template may show: ``description``, ``chance``, ``examples`` (`train` items),
        ``catalogue``, ``tools``, ``models``, ``calls`` (the most an item may make), ``fields`` (empty),
        ``looks`` (0)."""
        task, runtime = self.task, self.runtime
        lacking = {"stream"} if runtime.acting is not None else {"stream", "environment"}
        lacking |= set[str]() if len(runtime.memory) else {"memory"}
        lacking |= set[str]() if "python" in runtime.tools else {"python", "write_program"}
        usable = {n: block for n, block in runtime.blocks.items() if lacking.isdisjoint({n, block.needs})}
        stubs = catalogue(usable | {name: design.block() for name, design in self._promoted.items()})
        for every in ("instruction: str = '', ", "role: str = '', ", ", model: str = ''"):
            stubs = stubs.replace(every, "")  # said once, for all blocks
        acting = [tool.name for tool in runtime.acting.environment.tools] if runtime.acting else ()
        return {
            "description": description(task, runtime),
            "chance": task.chance if task else 0.0,
            "examples": [with_target(item) for item in task.train[:EXAMPLES]] if task else (),
            "catalogue": stubs,
            "tools": sorted({*runtime.tools, *acting}),
            "models": [name for name in runtime.models if name],
            "calls": runtime.limits.calls,
            "fields": (),
            "looks": 0,
            "diagnosis": None,
            "diagnosed": "",
        }

    def record(self) -> dict[str, Any]:
        """What of the designer decides the course of a run: model, sampling, versions of the prompts."""
        sampling = {"temperature": self.temperature, "max_tokens": self.max_tokens, "repairs": REPAIRS}
        return {
            "model": self.lm.model,
            **sampling,
            "prompts": versions(acting=self.runtime.acting is not None),
        }

    def show(self, view: ArchiveView) -> None:
        """Let it look up what this view holds, in conversations that begin from now on."""
        self._lookup = Lookup(view, self.diagnoses)

    async def write(self, brief: Brief, known: Collection[str] = ()) -> Written:
        """One design: asked for, reflected on, checked, tried on a train item, repaired at most three times.

        ``known`` are ids of designs that are of no use, since they were tried before: one of these is
        sent back, too.

        Raises:
            BudgetExhausted: the ledger does not cover the next call.
            ProviderError, CredentialsError: the model could not be asked.
        """
        number, talk = self._begin(brief.template, self._values(brief))
        with self._account(brief) as account:
            written = await self._carry_out(brief, number, talk, frozenset(known))
        await account.retired()
        return written

    async def write_all(self, briefs: Sequence[Brief], known: Collection[str] = ()) -> list[Written]:
        """The same for several at once, in the order of ``briefs``, no design id twice.

        What the provider or the budget denied is left out, and so is what only repeats a known design.

        Raises:
            BudgetExhausted: the budget ended before the first was written.
            ProviderError: the provider failed them all.
            CredentialsError: a key was refused.
        """
        if self.stuck:
            return []
        ids = frozenset(known)
        begun = [self._begin(brief.template, self._values(brief)) for brief in briefs]
        accounts = [self._account(brief) for brief in briefs]

        async def write(brief: Brief, number: int, talk: DesignerTalk, account: Account) -> Written:
            current_account.set(account)  # in this task's own context
            try:
                written = await self._carry_out(brief, number, talk, ids)
            finally:
                account.close()
            await account.retired()
            return written

        jobs = [
            write(brief, *one, account) for brief, one, account in zip(briefs, begun, accounts, strict=True)
        ]
        try:
            outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        finally:  # a job that was cancelled before it began has closed nothing
            for account in accounts:
                account.close()
        written = _finished(outcomes)
        self._note_faults(written)
        return _fresh(written, ids)

    @property
    def stuck(self) -> str:
        """Why it writes nothing more: the fault that `ALIKE` designs in a row had; empty while it writes."""
        last = self._faults[-ALIKE:]
        return last[0] if len(last) == ALIKE and len(set(last)) == 1 else ""

    def _note_faults(self, written: Sequence[Written]) -> None:
        for each in written:
            fault = each.failure.message if each.failure is not None and each.failure.kind == "design" else ""
            self._faults = [*self._faults, fault] if fault else []
            if self.stuck:
                return

    async def ask(
        self, template: str, values: Mapping[str, Any], fields: Sequence[str]
    ) -> Mapping[str, str] | None:
        """A structured reply that is no design (an insight, a judgement): each field's text.

        Asked for again, at most three times, where a field is missing; ``None`` where it stays missing.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `write`.
        """
        _, talk = self._begin(template, {**self.common, **values, "fields": tuple(fields)})
        with self.ledger.account(1 + REPAIRS, self._most) as account:
            read = await self._read_fields(talk, fields)
        await account.retired()
        return read

    async def _read_fields(self, talk: DesignerTalk, fields: Sequence[str]) -> Mapping[str, str] | None:
        reply = await talk.open()
        for _ in range(REPAIRS):
            read = read_fields(reply, fields)
            missing = [name for name in fields if not read[name]]
            if not missing:
                return read
            reply = await talk.say(render("unread", {"fields": fields, "missing": missing}))
        read = read_fields(reply, fields)
        return read if all(read.values()) else None

    def _values(self, brief: Brief) -> dict[str, Any]:
        looks = LOOKS if self._lookup is not None and self._lookup.view.entries else 0
        return {**self.common, **brief.values, "fields": brief.fields, "looks": looks}

    def _begin(self, template: str, values: Mapping[str, Any]) -> tuple[int, DesignerTalk]:
        """A new conversation; the n-th of the same beginning is draw n, whatever is awaited when."""
        messages = (Message("system", render("system", {})), Message("user", render(template, values)))
        draw = self._draws[messages]
        self._draws[messages] += 1
        self._written += 1
        return self._written, DesignerTalk(
            self.lm, messages, draw, self.runtime.world, self.temperature, self.max_tokens
        )

    def _account(self, brief: Brief) -> Account:
        """Covers every reply, look-ups too, and the dry run after each attempt."""
        replies = 1 + LOOKS + len(brief.then) + REPAIRS
        return self.ledger.account(replies + (1 + REPAIRS) * self.runtime.limits.calls, self._most)

    async def _carry_out(
        self, brief: Brief, number: int, talk: DesignerTalk, known: frozenset[str]
    ) -> Written:
        values = self._values(brief)
        draft = read_design(await self._look_up(talk), brief.fields)
        for template in brief.then if draft.code else ():
            draft = _better(draft, read_design(await talk.say(render(template, values)), brief.fields))
        design, failure = await self._tried(draft, brief, number, known)
        for left in reversed(range(REPAIRS)):
            if failure is None:
                break
            problem = f"{told(failure)}; {_CUT}" if talk.cut else told(failure)
            said = await talk.say(render("repair", {**values, "failure": problem, "left": left}))
            draft = _better(draft, read_design(said, brief.fields))
            design, failure = await self._tried(draft, brief, number, known)
        return Written(design, failure, draft.fields, talk.replies)

    async def _look_up(self, talk: DesignerTalk) -> str:
        """The first reply that looks nothing up."""
        lookup, reply = self._lookup, await talk.open()
        for left in reversed(range(LOOKS)):
            text = lookup.answer(reply) if lookup is not None else None
            if text is None:
                break
            reply = await talk.say(render("looked", {"text": text, "left": left}))
        return reply

    async def _tried(
        self, draft: DesignDraft, brief: Brief, number: int, known: frozenset[str]
    ) -> tuple[Design, Failure | None]:
        """The draft as a design, and what is wrong with it."""
        named = Design(
            draft.code or f"no design was written: no reply to proposal {number} holds code",
            name=draft.name or f"{brief.origin or 'design'} {number}",
            thought=draft.thought,
            parents=brief.parents,
            origin=brief.origin,
        )
        if not draft.code:
            return named, _NO_CODE
        try:
            design = replace(named, source=from_adas(draft.code)) if is_adas(draft.code) else named
        except SourceError as error:
            return named, failure_of(error)
        design = linked(design, self._promoted)
        if design.id in known:
            return design, Failure(
                "design", "this design was tried before", cure="write one that works otherwise"
            )
        return design, await self._fault_of(design)

    async def _fault_of(self, design: Design) -> Failure | None:
        """What the checks find, or a dry run on the first train item where there is one; mostly ``None``.

        An outage of the provider is no fault of the design, nor is one reply that cannot be read. The loop's
        own dry run asks the same again, for nothing.
        """
        try:
            await check_in_thread(design, self.runtime.blocks, models=tuple(self.runtime.models))
        except SourceError as error:
            return failure_of(error)
        if self.task is None or not self.task.train:
            return None
        items = self.task.train[:1]
        evaluation = await evaluate(design, self.task, "train", self.runtime, items=items, ledger=self.ledger)
        failures = (result.failure for result in evaluation.results)
        return next((failure for failure in failures if failure and failure.kind == "design"), None)


def _better(old: DesignDraft, new: DesignDraft) -> DesignDraft:
    """The new draft where it holds code, with what it does not say again taken from the old one."""
    if not new.code:
        return old
    fields = {name: new.fields[name] or old.fields.get(name, "") for name in new.fields}
    return DesignDraft(new.code, new.name or old.name, new.thought or old.thought, fields)


def _finished(outcomes: Sequence[Written | BaseException]) -> list[Written]:
    """Those before the budget's end that the provider did not fail; the first error where there is none."""
    written: list[Written] = []
    errors: list[BaseException] = []
    for outcome in outcomes:
        if isinstance(outcome, Written):
            written.append(outcome)
        elif isinstance(outcome, BudgetExhausted | ProviderError):
            errors.append(outcome)
            if isinstance(outcome, BudgetExhausted):
                break
        else:
            raise outcome
    if errors and not written:
        raise errors[0]
    return written


def _fresh(written: Sequence[Written], known: frozenset[str]) -> list[Written]:
    """Each design once, and none that is known."""
    seen, fresh = set(known), []
    for one in written:
        if one.design.id not in seen:
            seen.add(one.design.id)
            fresh.append(one)
    return fresh
