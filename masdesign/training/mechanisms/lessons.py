"""Memory: solving with lessons and with cases, writing lessons, saying which apply, giving advice."""

from masdesign.building_blocks._lessons import (
    Attempt,
    contrast_prompt,
    merge_prompt,
    refine_prompt,
    reflect_prompt,
)
from masdesign.building_blocks._prompt import render
from masdesign.memory import MemoryEntry
from masdesign.tasks.families import convention, families, novel
from masdesign.training import paths
from masdesign.training.case import Case, Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.types import Item, Message, Question

_MOST = 6
"""Lessons or cases in one prompt."""


class Customer:
    """A customer with an agreement, and how a lesson puts it."""

    def __init__(self, draw: Draw, name: str) -> None:
        self.name, self.change = name, convention.draw_change(draw.rng)
        self.when = draw.phrase("when").replace("NAME", name)
        self.what = draw.phrase("plus" if self.change > 0 else "minus").replace("N", str(abs(self.change)))

    def entry(self) -> MemoryEntry:
        """The lesson."""
        return MemoryEntry(self.when, self.what)

    def item(self, draw: Draw) -> Item:
        """An item of this customer."""
        return draw.item(lambda rng: convention.item_of(rng, self.name, self.change))


def _customers(draw: Draw) -> list[Customer]:
    count = draw.rng.randint(1, 2) if draw.easy else draw.rng.randint(2, _MOST)
    return [Customer(draw, name) for name in draw.names(count)]


def solved(item: Item, source: str) -> str:
    """A solution that names the customer, then the rule and its source, before it uses it."""
    record = item.record
    return f"{record['name']} {record['change']:+d} by {source}\n{_charged(item)}"


def _charged(item: Item) -> str:
    price, change = item.record["price"], item.record["change"]
    return f"{price:+d} {change:+d} = {price + change:+d}\nAnswer: {item.target}"


def _compared(item: Item) -> str:
    """What was charged beside the price, and the rule that follows, worked out as any sum is."""
    price, charged = item.record["price"], int(item.target)
    return f"{charged:+d} {-price:+d} = {charged - price:+d}"


def unsolved(item: Item) -> str:
    """A solution without the rule."""
    return f"{item.record['name']} unknown\n{item.record['price']:+d}\nAnswer: {item.record['price']}"


def recall(draw: Draw) -> list[Exercise]:
    """The problems of several customers, with the lessons of all of them, or of the others only."""
    customers = _customers(draw)
    out = [_beside_the_point(draw, customers)] if draw.rng.random() < 0.3 and not draw.held else []
    for number, customer in enumerate(customers[:3], 1):
        item, entries = customer.item(draw), [c.entry() for c in customers]
        reply = solved(item, f"lesson {number}")
        if len(customers) > 1 and draw.rng.random() < 0.1:
            entries.pop(number - 1)
            reply = unsolved(item)
        messages = render(
            "recall",
            role=draw.role,
            task=Question(item.question),
            entries=entries,
            instruction=draw.wording("recall"),
        )
        out.append(Exercise("recall", messages, reply))
    return out


def cases(draw: Draw) -> list[Exercise]:
    """The rule is to be found in an earlier case of the same customer."""
    customers = _customers(draw)
    out = []
    for customer in customers[:3]:
        item = customer.item(draw)
        shown = [(c, c.item(draw)) for c in customers]
        if draw.rng.random() < 0.3:
            shown.append((customer, customer.item(draw)))
        draw.rng.shuffle(shown)
        number, earlier = next((n, i) for n, (c, i) in enumerate(shown, 1) if c is customer)
        source = f"{customer.name} {earlier.record['price']} to {earlier.target} in case {number}"
        reply = f"{source}\n{_compared(earlier)}\n{_charged(item)}"
        messages = _case_prompt(draw, item, [i for _, i in shown])
        out.append(Exercise("cases", messages, reply))
    return out


def _beside_the_point(draw: Draw, customers: list[Customer]) -> Exercise:
    """A problem to which no lesson applies is solved as ever."""
    name = draw.rng.choice(paths.WORKED)
    item = draw.item(lambda rng: families()[name].generate(rng, 1))
    case = Case(name, item, draw.role, draw.rng)
    entries = [customer.entry() for customer in customers[:3]]
    wording = draw.wording("recall")
    messages = render("recall", role=draw.role, task=case.question, entries=entries, instruction=wording)
    return Exercise("recall", messages, case.reply())


def _case_prompt(draw: Draw, item: Item, shown: list[Item]) -> tuple[Message, ...]:
    """As the block `cases` or the block `few_shot` shows them."""
    if draw.rng.random() < 0.5:
        examples = [{"question": Question(i.question), "solution": f"Answer: {i.target}"} for i in shown]
        return render(
            "few_shot",
            role=draw.role,
            task=Question(item.question),
            examples=examples,
            instruction=draw.wording("few_shot"),
        )
    result = "right" if draw.rng.random() < 0.5 else ""
    shown_cases = [{"question": Question(i.question), "answer": i.target, "result": result} for i in shown]
    return render(
        "cases",
        role=draw.role,
        task=Question(item.question),
        cases=shown_cases,
        instruction=draw.wording("cases"),
    )


def applies(draw: Draw) -> list[Exercise]:
    """The numbers of the lessons whose condition holds."""
    customers = _customers(draw)
    out = []
    for number, customer in enumerate(customers[:3], 1):
        entries = [c.entry() for c in customers]
        right = str(number)
        if draw.rng.random() < 0.2:
            entries.pop(number - 1)
            right = "none"
        if not entries:
            continue
        item = customer.item(draw)
        messages = render(
            "applies",
            role=draw.role,
            task=Question(item.question),
            entries=entries,
            instruction=draw.wording("applies"),
        )
        out.append(Exercise("applies", messages, f"It names {customer.name}.\nLessons: {right}"))
    return out


def written(name: str, change: int) -> str:
    """The lesson that abacus writes, in one wording."""
    return f"When: the customer is {name}\nDo: {'add' if change > 0 else 'subtract'} {abs(change)}"


def write_lesson(draw: Draw) -> list[Exercise]:
    """A lesson from one solution or several, told the right answer; advice from a lesson; upkeep."""
    rng, customer = draw.rng, Customer(draw, draw.names(1)[0])
    item, change = customer.item(draw), customer.change
    task, bad, good = Question(item.question), unsolved(item), solved(item, "lesson 1")
    values = {"role": draw.role, "instruction": draw.wording("reflect")}
    lesson = written(customer.name, change)
    reason = f"{customer.name} {item.record['price']} to {item.target}\n{_compared(item)}\n"
    attempts = [Attempt(bad, "wrong"), Attempt(good, "right")]
    rng.shuffle(attempts)
    out = [
        Exercise(
            "write_lesson",
            reflect_prompt(task, Attempt(bad, "wrong"), target=item.target, **values),
            f"{reason}{lesson}",
        ),
        Exercise("write_lesson", reflect_prompt(task, Attempt(good, "right"), **values), f"{reason}{lesson}"),
        Exercise("write_lesson", contrast_prompt(task, attempts, **values), f"{reason}{lesson}"),
    ]
    return [*out, *_advice(draw, customer), *_upkeep(draw, customer)]


def _advice(draw: Draw, customer: Customer) -> list[Exercise]:
    item = customer.item(draw)
    others = [Customer(draw, name) for name in draw.names(2) if name != customer.name]
    entries = [c.entry() for c in (customer, *others)]
    draw.rng.shuffle(entries)
    what = f"{'add' if customer.change > 0 else 'subtract'} {abs(customer.change)}"
    guide = render(
        "guide",
        role=draw.role,
        task=Question(item.question),
        entries=entries,
        solution=unsolved(item) if draw.rng.random() < 0.5 else "",
        instruction=draw.wording("guide"),
    )
    guided = render(
        "guided",
        role=draw.role,
        task=Question(item.question),
        guidance=f"The customer is {customer.name}: {customer.what}.",
        instruction=draw.wording("guided"),
    )
    return [
        Exercise("advice", guide, f"Guidance: The customer is {customer.name}: {what}."),
        Exercise("advice", guided, solved(item, "guidance")),
    ]


def _upkeep(draw: Draw, customer: Customer) -> list[Exercise]:
    other = Customer(draw, draw.names(1)[0])
    helped, hurt = (customer.item(draw).question,), (other.item(draw).question,)
    vague = MemoryEntry(f"{customer.when} or {other.when}", customer.what, helped_with=helped, hurt_with=hurt)
    again = MemoryEntry(draw.phrase("when").replace("NAME", customer.name), customer.what)
    return [
        Exercise("upkeep", refine_prompt(vague), f"When: the customer is {customer.name}"),
        Exercise("upkeep", merge_prompt([customer.entry(), again]), written(customer.name, customer.change)),
    ]


def operators(draw: Draw) -> list[Exercise]:
    """Made-up operators (`novel`): what they do is to be read off examples of the same operator."""
    rng = draw.rng
    count = 1 if draw.easy else rng.randint(1, 3)
    names = [name.lower() for name in draw.names(count)]
    rules = dict(zip(names, rng.sample(list(novel.RULES), count), strict=True))
    out = []
    for name in names:
        item = _operated(draw, name, rules[name])
        shown = [(n, _telling(draw, n, rules[n])) for n in names for _ in range(rng.randint(1, 2))]
        rng.shuffle(shown)
        earlier = next(i for n, i in shown if n == name)
        reply = (
            f"{name} {novel.written(earlier.record['row'])} = {earlier.target}: {rules[name]}\n"
            f"{name} {novel.written(item.record['row'])} = {item.target}\nAnswer: {item.target}"
        )
        out.append(Exercise("operators", _case_prompt(draw, item, [i for _, i in shown]), reply))
    return out


def _operated(draw: Draw, name: str, rule: str) -> Item:
    return draw.item(lambda rng: novel.item_of(rng, [name], [rule], 2))


def _telling(draw: Draw, name: str, rule: str) -> Item:
    """An example that no other rule explains."""
    while True:
        item = _operated(draw, name, rule)
        row = item.record["row"]
        if sum(novel.written(novel.apply([other], row)) == item.target for other in novel.RULES) == 1:
            return item


def practise_operators(draw: Draw) -> list[Exercise]:
    """What a rule makes of a row, told in words: the part that must be known before examples help."""
    rng = draw.rng
    out = []
    for _ in range(4):
        rule = rng.choice(list(novel.RULES))
        row = _telling(draw, "it", rule).record["row"]
        text = novel.written(novel.apply([rule], row))
        if rng.random() < 0.5:
            question, reply = f"{novel.written(row)} = {text} is", rule
        else:
            question, reply = f"{novel.written(row)}, {rule}", text
        out.append(Exercise("practise_operators", (Message("user", question),), reply))
    return out
