"""The table of blocks by tasks, and which blocks are one."""

from masdesign.cli._block_scores import alike, show


def row(name, *same, low=-0.1, high=0.1):
    earned = {"score": (low + high) / 2, "low": low, "high": high, "beyond_curve": False, "items": 50}
    found = {"name": name, "score": 0.5, "tokens_per_item": 99.6, "advantage": earned}
    return {**found, "refused": None, "same_as": same, "fired": 0.9}


def document(task, *rows):
    return {"task": task, "items": 50, "blocks": list(rows)}


def test_blocks_are_one_only_where_they_coincide_on_every_task():
    first = document("a", row("x", "y", "z"), row("y", "x", "z"), row("z", "x", "y"))
    second = document("b", row("x", "y"), row("y", "x"), row("z"))
    assert alike([first]) == [("x", "y", "z")]
    assert alike([first, second]) == [("x", "y")]


def test_the_table_marks_what_is_certain(capsys):
    show([document("a", row("sure", low=0.02, high=0.06), row("unsure"))])
    shown = capsys.readouterr().out
    assert "0.50 100 +4* fired 0.90" in shown
    assert "0.50 100 +0 " in shown


def test_a_table_from_before_says_nothing_of_what_fired(capsys):
    old = {key: value for key, value in row("old").items() if key != "fired"}
    show([document("a", old)])
    assert "fired 0" not in capsys.readouterr().out
