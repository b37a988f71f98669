"""Hostile and broken answers through the grader: none gains a point, none leaks a check, each ends with a reason."""

import base64
import json
import re
import time

import nbformat
import numpy as np
import pytest

from classroom import grading, port
from classroom.answers import AnswerFailed, AnswerKernel, Answers, Limits
from classroom.course import CourseError, find

LESSON = find("01")
TASK = "01-distances"
QUICK = Limits(cell=4, call=4, notebook=120)
WRONG = "def squared_distances(A, B):\n    return np.zeros((len(A), len(B)))\n"

# What the answer cell of 01-distances becomes, and what the reason must say.
HOSTILE = {
    "numpy.testing and expect are patched": (
        WRONG
        + """
import numpy.testing, facelab.checks, builtins
numpy.testing.assert_allclose = numpy.allclose = numpy.isclose = lambda *a, **k: True
facelab.checks.expect = lambda *a, **k: None
facelab.checks._difference = lambda *a: None
""",
        r"\d+ of \d+ entries are not what was wanted",
    ),
    "an array that claims to equal everything": (
        """
class Yes(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __array_ufunc__(self, *a, **k): return np.ones((3, 2), bool)
    def __array_function__(self, *a, **k): return True
def squared_distances(A, B):
    return np.zeros((len(A), len(B))).view(Yes)
""",
        r"entries are not what was wanted",
    ),
    "frames and memory are searched for the check": (
        """
import gc, linecache, sys
def squared_distances(A, B):
    held = [o for o in gc.get_objects() if isinstance(o, (dict, list, tuple)) and len(o) < 20][-20_000:]
    found = [repr(o)[:2000] for o in held]
    frame = sys._getframe()
    while frame:
        found += [repr(frame.f_locals), repr(frame.f_code.co_consts)]
        found += linecache.getlines(frame.f_code.co_filename)
        frame = frame.f_back
    parts = (["sqeucli", "dean"], ["BEGIN HID", "DEN"], ["a root was ", "taken"])  # joined nowhere that is searched
    raise RuntimeError("LEAK" if any("".join(p) in text for p in parts for text in found) else "nothing found")
""",
        r"raised RuntimeError\. nothing found",
    ),
    "os._exit when called": ("import os\ndef squared_distances(A, B):\n    os._exit(0)\n", r"ended the Python process"),
    "os._exit in the cell": (WRONG + "import os\nos._exit(0)\n", r"ended the Python process"),
    "an endless loop when called": (
        "def squared_distances(A, B):\n    while True: pass\n",
        r"still running after 4 s.* busy, try again",
    ),
    "an endless loop in the cell": ("while True: pass\n", r"the cell ran longer than 4 s"),
    "a loop that ignores interrupts": (
        """
def squared_distances(A, B):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
        r"still running after 4 s",
    ),
    "an answer of 800 MB": ("def squared_distances(A, B):\n    return np.zeros(100_000_000)\n", r"too large"),
    "an object array with __reduce__": (
        """
class Bomb:
    def __reduce__(self): return (print, ("boom",))
def squared_distances(A, B):
    return np.array([[Bomb()] * len(B)] * len(A), dtype=object)
""",
        r"cannot be checked.*array of dtype object",
    ),
    "a replaced port that sends a pickle": (
        """
import sys, json, base64, io
class Liar:
    def look(self, *a): return self.reply(["function"])
    def call(self, *a):
        file = io.BytesIO()
        np.save(file, np.array([print], dtype=object), allow_pickle=True)
        array = {"array": base64.b64encode(file.getvalue()).decode()}
        return self.reply(["value", json.dumps(array)])
    def reply(self, what):
        class Reply:
            def _repr_mimebundle_(self, include=None, exclude=None):
                return {"text/plain": "", "application/x-answer": json.dumps(what)}
        return Reply()
sys.modules["_answer_port"] = Liar()
""",
        r"nothing that can be read",
    ),
    "a reply without content": (
        WRONG + "get_ipython().kernel.do_execute = lambda *a, **k: {}\n",
        r"still running|nothing that can be read|is not there",
    ),
    "an exception that pretends to be a verdict": (
        """
def squared_distances(A, B):
    class NotPlain(Exception): pass
    raise NotPlain("\\n  01-distances  3 of 3   passed\\n\\x1b[8m")
""",
        r"`squared_distances` raised an error\.\W+01-distances  3 of 3   passed +\[8m$",
    ),
    "an exception with half a character": (
        "def squared_distances(A, B):\n    raise ValueError('\\ud800')\n",
        r"raised ValueError",
    ),
    "a million empty lists": (
        "def squared_distances(A, B):\n    return [[] for _ in range(2_000_000)]\n",
        r"too large",
    ),
    "one long text among numbers": (
        "def squared_distances(A, B):\n    return ['x' * 150_000] + [0] * 1000\n",
        r"with text in it",
    ),
    "builtins.isinstance is replaced": (
        WRONG + "import builtins\nbuiltins.isinstance = lambda *a: True\n",
        r"still running|nothing that can be read|could not be|returned something|entries are|ended|broke|raised",
    ),
    "IPython is told to drop code": (
        WRONG + "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])\n",
        r"entries are not what was wanted",
    ),
    "IPython's runner is replaced": (
        WRONG + "get_ipython().user_expressions = lambda e: {'reply': {'status': 'ok', 'data': {}}}\n",
        r"nothing that can be read",
    ),
    "names of Python are shadowed": (
        WRONG + "abs = len = range = globals = lambda *a: 0\n__import__ = None\n",
        r"nothing that can be read|entries are|raised",
    ),
    "a generator": ("def squared_distances(A, B):\n    yield from A\n", r"wanted arrays.*type generator"),
    "a class": ("class squared_distances:\n    def __init__(self, A, B): pass\n", r"wanted arrays.*type type"),
    "sys.exit": ("import sys\ndef squared_distances(A, B):\n    sys.exit(0)\n", r"raised SystemExit"),
    "a flood of output": (
        WRONG + "import sys\nfor _ in range(300): sys.stdout.write('x' * 1_000_000)\n",
        r"entries are not what was wanted|Timeout|is not there",
    ),
    "a text with a fake verdict": (
        "def squared_distances(A, B):\n    print('10 of 10 points')\n    return 'passed'\n",
        r"[Ww]anted .* array|returned something|got text|number",
    ),
}


def with_answer(code):
    notebook = grading.read_notebook(LESSON.solution)
    for cell in notebook.cells:
        if grading.grade_id(cell) == TASK:
            cell.source = code
    return notebook


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_gain_nothing_leak_nothing_and_end_with_a_reason(kind, capfd):
    code, reason = HOSTILE[kind]
    report = grading.grade(LESSON, with_answer(code), QUICK)
    result = next(t for t in report.tasks if t.id == TASK)
    assert result.points == 0
    assert re.search(reason, f"{result.hint} {result.detail}"), result
    told = json.dumps(report.as_dict()) + "".join(capfd.readouterr()) + result.detail
    for hidden in ("LEAK", "sqeuclidean", "BEGIN HIDDEN", "default_rng", "boom"):
        assert hidden not in told


@pytest.mark.parametrize("kind", ["os._exit when called", "os._exit in the cell", "a loop that ignores interrupts"])
def test_a_kernel_that_dies_costs_only_its_own_task(kind):
    report = grading.grade(LESSON, with_answer(HOSTILE[kind][0]), QUICK)
    assert {t.id: t.points for t in report.tasks} == {
        "01-standardise": 2, TASK: 0, "01-leave-one-out": 3, "01-shift": 2
    }  # fmt: skip


@pytest.mark.parametrize("code", ["quit()", "exit()", "import sys\nsys.exit()", "%matplotlib inline\n!true", "1 +"])
def test_a_cell_beside_that_ends_python_or_fails_costs_nothing(code):
    notebook = grading.read_notebook(LESSON.solution)
    notebook.cells.insert(3, nbformat.v4.new_code_cell(code))
    assert grading.grade(LESSON, notebook, QUICK).points == 10


def test_the_notebook_as_a_whole_has_a_time_limit():
    cells = [(f"cell {i}", "import time; time.sleep(1.5)") for i in range(8)]
    begin = time.monotonic()
    with Answers(cells, Limits(notebook=3)) as answers, pytest.raises(AnswerFailed, match="used up its time"):
        answers.proxy("x", "cell 0")
    assert time.monotonic() - begin < 3 + 10  # the last is for starting and ending a kernel on a busy machine


def test_answers_do_not_learn_the_seed(monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "4711")
    with AnswerKernel() as kernel:
        kernel.run("import os\ndef f(): return os.environ.get('COURSE_SEED')")
        assert kernel.call("f", (), {}) is None


def test_a_seed_that_is_no_number_stops_the_grader_and_blames_nobody(monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "next year")
    with pytest.raises(CourseError, match="COURSE_SEED is 'next year'"):
        grading.grade(LESSON, grading.read_notebook(LESSON.solution), QUICK)


def test_an_honest_answer_that_warns_prints_and_changes_its_input_keeps_its_points():
    code = """
import sys, warnings
def squared_distances(A, B):
    warnings.warn("careful")
    print("working", file=sys.stderr)
    D = (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
    A[:] = 0
    return np.maximum(D, 0)
"""
    assert grading.grade(LESSON, with_answer(code), QUICK).points == 10


def test_copied_deleted_and_stripped_cells_are_graded_from_the_released_checks():
    notebook = grading.read_notebook(LESSON.solution)
    checks = [c for c in notebook.cells if grading.grade_id(c).endswith("-check")]
    notebook.cells.remove(checks[0])  # deleted
    checks[1].source = "assert True"  # changed
    notebook.cells.append(nbformat.from_dict(checks[2]))  # copied
    checks[3].metadata.pop("nbgrader")  # stripped
    notebook.cells = [c for c in notebook.cells if grading.grade_id(c) != "01-setup"]
    notebook.cells[0].metadata["nbgrader"] = None
    notebook.cells[-1].metadata["nbgrader"] = ["odd"]
    assert grading.grade(LESSON, notebook, QUICK).points == 10


def test_an_answer_cell_that_tries_itself_with_expect_is_not_taken_for_a_check():
    code = "from facelab.checks import expect\n" + next(
        t.answer for t in grading.tasks_of(grading.read_notebook(LESSON.solution)) if t.id == TASK
    )
    code += "\nexpect(squared_distances(np.zeros((1, 2)), np.ones((1, 2))), [[2.0]])"
    assert grading.grade(LESSON, with_answer(code), QUICK).points == 10


def test_a_notebook_that_breaks_python_again_and_again_ends():
    with Answers([("a", "import os"), ("b", "def f(): os._exit(1)")], Limits(restarts=3)) as answers:
        f = answers.proxy("f", "b")
        for _ in range(3):
            with pytest.raises(AnswerFailed, match="ended the Python process"):
                f()
        with pytest.raises(AnswerFailed, match="broke Python 3 times"):
            f()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "np.ones((5, 3)) / np.ones(5)",
            "one number a row has to be a column, as x[:, None] or keepdims=True makes it.",
        ),
        ("np.ones(5) >= np.ones(7)", "for every one of x with every one of y, x needs an axis more, x[:, None]."),
        ("np.ones((5, 2)) - np.ones((7, 2))", "for every one of x with every one of y, x needs an axis more"),
        ("np.ones((5, 2)) - np.ones(3)", "Shapes don't fit."),
    ],
)
def test_shapes_that_do_not_fit_get_the_help_that_applies(line, hint):
    cell = "x", f"import numpy as np\ndef f():\n    return {line}"
    with Answers([cell]) as answers, pytest.raises(AnswerFailed) as failed:
        answers.proxy("f", "x", called=True)()
    assert failed.value.hint.startswith("`f` raised ValueError. Shapes don't fit")
    assert hint in failed.value.hint
    assert ("keepdims" in failed.value.hint) == ("/" in line)


def test_values_functions_and_missing_names():
    with Answers([("x", "best = 3\ntable = np.eye(2)"), ("setup", "import numpy as np\nbest = 4")]) as answers:
        assert answers.proxy("best", "x") == 4
        with pytest.raises(AnswerFailed, match="`table` is not there: its cell raised NameError"):
            answers.proxy("table", "x")
        with pytest.raises(AnswerFailed, match="`best` is a value; the task asks for a function"):
            answers.proxy("best", "x", called=True)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, -2.5, float("inf"), "naïve", [1, [2.0, "x"]], (1, (2,)), {"a": 1, 2: [np.arange(3)]},
        np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((0, 4)), np.float32(1.5), np.array("text"), 1 + 0 * 2**70,
    ],
    ids=repr,
)  # fmt: skip
def test_plain_data_crosses_unchanged(value):
    back = port.loads(port.dumps(value, 1 << 20), 1 << 20)
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)


def test_nan_crosses():
    assert np.isnan(port.loads(port.dumps(float("nan"), 100), 100))


def test_a_range_crosses_as_a_list_and_a_complex_number_as_numpys():
    assert port.loads(port.dumps(range(3), 1000), 1000) == [0, 1, 2]
    assert port.loads(port.dumps(2 + 1j, 1000), 1000) == 2 + 1j


@pytest.mark.parametrize("value", [object(), lambda: 0, (x for x in "ab"), {1, 2}, np.array([None]), int])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(port.Refused) as refused:
        port.dumps(value, 1 << 20)
    assert refused.value.code == "kind" and refused.value.name


def test_depth_and_size_are_limited():
    nested = []
    for _ in range(30):
        nested = [nested]
    with pytest.raises(port.Refused, match="deep"):
        port.dumps(nested, 1 << 20)
    for value, limit in (
        (np.zeros(1000), 7999),
        ("x" * 1000, 999),
        ([[]] * 1000, 50_000),
        ({i: 0 for i in range(20_000)}, 1 << 30),
    ):
        with pytest.raises(port.Refused, match="large"):
            port.dumps(value, limit)
    written = port.dumps(np.zeros(1000), 8000)
    with pytest.raises(port.Refused, match="large"):
        port.loads(written, 4000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"array": "AAAA"}',
        '{"list": 3}',
        '{"nonsense": []}',
        '{"a": 1, "b": 2}',
        "[1]",
        "[" * 100_000,
        '{"list": [' * 30 + "]}" * 30,
    ],
)
def test_forged_text_is_refused(text):
    with pytest.raises(port.Refused):
        port.loads(text, 1 << 20)


def test_an_array_whose_header_claims_more_than_it_brings_is_refused():
    forged = json.loads(port.dumps(np.zeros(10), 1000))
    raw = base64.b64decode(forged["array"]).replace(b"(10,)", b"(99,)")
    with pytest.raises(port.Refused, match="unreadable"):
        port.loads(json.dumps({"array": base64.b64encode(raw).decode()}), 1 << 20)
    empty = base64.b64decode(json.loads(port.dumps(np.zeros(10, "<U1"), 1000))["array"])[:-40]
    for lie in (
        b"'<U0', 'fortran_order': False, 'shape': (10**9,)",
        b"'<U0', 'fortran_order': False, 'shape': (99999999,)",
    ):
        text = empty.replace(b"'<U1', 'fortran_order': False, 'shape': (10,)", lie)
        with pytest.raises(port.Refused, match="unreadable"):
            port.loads(json.dumps({"array": base64.b64encode(text).decode()}), 1 << 20)


def test_a_call_with_large_arrays_is_right_and_state_is_kept_apart():
    with AnswerKernel() as kernel:
        kernel.run("import numpy as np\ndef f(a, *, k): return (a * k).sum(0)")
        a = np.random.default_rng(0).normal(size=(2000, 1000))
        np.testing.assert_allclose(kernel.call("f", (a,), {"k": 3}), (a * 3).sum(0))
