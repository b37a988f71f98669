"""expect, seed, NotDone: what a check cell says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facelab.checks import CheckFailed, NotDone, expect, seed

NUMBERS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e6, 1e6))


@given(NUMBERS)
def test_what_is_wanted_passes_whatever_its_container(a):
    expect(a.copy(), a)
    expect(a.tolist(), a)
    expect(a * (1 + 1e-9), a)


@given(NUMBERS, st.data())
def test_one_wrong_entry_fails_and_is_named(a, data):
    place = tuple(data.draw(st.integers(0, n - 1)) for n in a.shape)
    b = a.copy()
    b[place] += 1 + 2 * abs(a).max()
    with pytest.raises(CheckFailed) as failed:
        expect(b, a)
    assert failed.value.hint.startswith(f"1 of {a.size} entries")
    assert str(place if len(place) > 1 else place[0]) in failed.value.detail


def test_a_known_mistake_gets_its_hint_and_nothing_else():
    with pytest.raises(CheckFailed) as failed:
        expect(4.0, 2.0, {"the root is missing": 4, "another": 7})
    assert str(failed.value) == "the root is missing"
    assert failed.value._render_traceback_() == ["the root is missing"]


def test_a_mistake_that_equals_what_is_wanted_does_not_spoil_a_right_answer():
    expect(2, 2, {"never": 2})


@pytest.mark.parametrize(
    ("got", "want", "sentence"),
    [
        (None, 3, "Is a `return` missing"),
        (np.zeros((3, 2)), np.zeros((2, 3)), r"The shape is \(3, 2\); wanted \(2, 3\)"),
        ([1.0, [2]], np.zeros(2), "rows of different lengths"),
        ("yes", True, "Wanted True or False, got text"),
        (1, True, "Wanted True or False, got a number"),
        (True, 1, "Wanted a number, got True or False"),
        (np.array([None]), np.zeros(1), "got a ndarray"),
        (3, "b", "Wanted text, got 3"),
        ("a", "b", "The text is not what was wanted"),
        ([1], (1, "x"), "There are 1 entries; wanted 2"),
        (7, ["a"], "Wanted a list of 1 with text in it, got a number"),
        ((1, "y"), (1, "x"), "The second value of the tuple is not what was wanted"),
        ({"a": 1}, {"b": 1}, "keys are not those"),
        ({"a": 1}, {"a": 2}, "The value at the key 'a' is not what was wanted"),
        ([1], {"a": 2}, "Wanted a dict with 1 keys"),
        (np.nan, 1.0, "The value is not what was wanted"),
        (3, None, "Wanted None"),
        (["x" * 99, 1], np.zeros(2), "got a list of 2 with text in it"),
        ((1, 0.5), (True, 0.5), "The first value of the tuple: Wanted True or False"),
        (10_000_001, 10_000_000, "The value is not"),
        ([1_300_000_000, 0], [1_300_000_000, 1], "1 of 2 entries"),
        ([1e7, 0.0], [1e7, 5e-3], "1 of 2 entries|three digits"),
        (0.3334, 1 / 3, "three digits or so"),
        ({1: 0, "a": 0}, {"b": 0}, "keys are not those"),
    ],
)
def test_a_mismatch_says_what_differs(got, want, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        expect(got, want)


TABLE = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("got", "want", "hint", "detail"),
    [
        ((0.5, 0.4), (0.5, 0.3), "The second value of the tuple is not what was wanted.", "got 0.4, wanted 0.3"),
        ([0.5, 0.4], (0.5, 0.3), "The second value of the tuple is not what was wanted.", "got 0.4, wanted 0.3"),
        (
            (TABLE[0], TABLE[1] + [0, 0, 9]),
            (TABLE[0], TABLE[1]),
            "The second value of the tuple: 1 of 3 entries are not what was wanted.",
            "the first is at 2: got 14.0, wanted 5.0",
        ),
        (
            (TABLE[0, :2], TABLE[1, :2]),
            (TABLE[0], TABLE[1]),
            "The first value of the tuple: The shape is (2,); wanted (3,).",
            "",
        ),
        (
            (TABLE[0], TABLE[1, :2]),
            (TABLE[0], TABLE[1]),
            "The second value of the tuple: The shape is (2,); wanted (3,).",
            "",
        ),
        ((1, 2, 3), (1, 2), "There are 3 entries; wanted 2.", ""),
        (0.5, (0.5, 0.3), "Wanted a tuple of 2, got a number.", ""),
        (np.array(0.5), ("a", 0.3), "Wanted a tuple of 2 with text in it, got a number.", ""),
        (
            [(7, 0.5), (8, 0.4)],
            [(7, 0.5), (8, 0.3)],
            "Entry 1 (counted from 0): The second value of the tuple is not what was wanted.",
            "got 0.4, wanted 0.3",
        ),
        (
            ({0: TABLE + 1}, 1),
            ({0: TABLE}, 1),
            "The first value of the tuple: The value at the key 0: 6 of 6 entries are not what was wanted.",
            "the first is at (0, 0): got 1.0, wanted 0.0",
        ),
        (
            (1000.0, 0.3334),
            (1000.0, 1 / 3),
            "The second value of the tuple: The numbers agree to three digits or so",
            "",
        ),
    ],
)
def test_of_several_values_the_message_says_which(got, want, hint, detail):
    with pytest.raises(CheckFailed) as failed:
        expect(got, want)
    assert failed.value.hint.startswith(hint)
    assert failed.value.detail == detail


def test_a_tuple_of_numbers_is_held_to_the_tolerance_of_its_largest():
    expect((1000.0 + 1e-8, 1e-11, 3.0), (1000.0, 0.0, 3))
    with pytest.raises(CheckFailed, match="The third value"):
        expect((1000.0, 1e-11, 4.0), (1000.0, 0.0, 3))


def test_nan_equals_nan_and_infinities_count():
    expect([np.nan, np.inf], np.array([np.nan, np.inf]))
    with pytest.raises(CheckFailed):
        expect([np.nan, -np.inf], np.array([np.nan, np.inf]))


def test_text_and_tables_of_text():
    expect(np.str_("a"), "a")
    expect(["a", "b"], ["a", "b"])
    expect(np.array(["a", "b"]), ["a", "b"])
    expect(["a", "b"], np.array(["a", "b"]))
    with pytest.raises(CheckFailed, match=r"Entry 1 \(counted from 0\) is not what was wanted.\ngot 'c', wanted 'b'"):
        expect(np.array(["a", "c"]), np.array(["a", "b"]))


def test_an_absolute_tolerance_may_be_given():
    expect([1e7, 0.0], [1e7, 5e-3], atol=1e-2)


def test_the_first_line_of_a_generic_message_holds_no_wanted_value():
    with pytest.raises(CheckFailed) as failed:
        expect(1.5, 0.885)
    assert "0.885" not in failed.value.hint
    assert "0.885" in failed.value.detail


def test_seed_follows_the_course_and_the_name(monkeypatch):
    monkeypatch.delenv("COURSE_SEED", raising=False)
    plain = seed("a")
    monkeypatch.setenv("COURSE_SEED", "0")
    assert seed("a") == plain
    assert seed("a") != seed("b")
    monkeypatch.setenv("COURSE_SEED", "2027")
    assert seed("a") != plain
    assert 0 <= seed("a") < 2**32
    monkeypatch.setenv("COURSE_SEED", "next year")
    with pytest.raises(ValueError, match="'next year'.*whole number"):
        seed("a")


def test_not_done_says_so_in_one_line():
    assert NotDone()._render_traceback_() == ["Not done yet: your answer replaces the line `raise NotDone`."]
