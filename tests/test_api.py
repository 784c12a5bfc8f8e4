"""`import masdesign as md` gives the verbs, lazily."""

import masdesign as md


def test_every_public_name_resolves():
    for name in md.__all__:
        assert getattr(md, name) is not None


def test_the_names_and_their_homes_agree():
    assert sorted(md.__all__) == dir(md)


def test_dir_lists_the_verbs():
    assert {"run_search", "run_evaluate", "load", "load_task", "Archive", "block", "Task"} <= set(dir(md))
