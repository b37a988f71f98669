"""Submissions that are broken or hostile, a kind each: what it tries, what it must get, how an escape would show.

A kind edits a learner's notebook, in which every answer is right, or writes something else into the submission's
folder. Most misuse the cell of the second of three tasks, so that the two others show what a kind costs beside its own
task. The same kinds go through this course's grader (tests/test_hostile.py) and plain nbgrader (benchmarks/hostile.py).
"""

# ruff: noqa: E501  (hostile code is quoted as it would be written)

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import secrets
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from classroom.answers import Limits
from classroom.course import find
from classroom.grading import grade_id, read_notebook, tasks_of

LESSON = find("01")
ASSIGNMENT = LESSON.name
TASKS = {"01-standardise": 2.0, "01-distances": 3.0, "01-leave-one-out": 3.0}
FIRST, MINE, LAST = TASKS
WRITTEN = "01-words"
QUICK = Limits(cell=3, call=3, notebook=60, restarts=6)
FULL, REST, NOTHING = (2, 3, 3), (2, 0, 3), (0, 0, 0)
ANY = (None, None, None)  # whoever breaks the whole notebook may lose all of it
WRONG = "def squared_distances(A, B):\n    return np.zeros((len(A), len(B)))\n"
ALL_WRONG = {
    FIRST: "def standardise(X):\n    return np.zeros(X.shape)\n",
    MINE: WRONG,
    LAST: "def leave_one_out(D, person):\n    return 0.123\n",
}


# ---- the exercise, and a learner's notebook ----------------------------------------------------------------------


def master() -> NotebookNode:
    """Exercise 01 without its last task, whose check is slow, and with a written one."""
    notebook = read_notebook(LESSON.solution)
    kept = {"01-setup", *TASKS, *(f"{name}-check" for name in TASKS)}
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) in kept]
    meta = {"cell_type": "markdown", "grade": True, "grade_id": WRITTEN, "locked": False, "points": 4}
    meta |= {"schema_version": 3, "solution": True, "task": False}
    notebook.cells.append(nbformat.v4.new_markdown_cell("A model answer.", id=WRITTEN, metadata={"nbgrader": meta}))
    return notebook


class Paper:
    """A learner's notebook as plain JSON; indexed by grade id it gives a cell's source."""

    def __init__(self, released: NotebookNode) -> None:
        self.content = json.loads(nbformat.writes(released))
        for task in tasks_of(master()):
            self[task.id] = task.answer if task.kind == "auto" else "The nearest face need not be near."

    @property
    def cells(self) -> list[dict]:
        return self.content["cells"]

    def cell(self, name: str) -> dict:
        return next(c for c in self.cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)

    def __getitem__(self, name: str) -> str:
        return "".join(self.cell(name)["source"])

    def __setitem__(self, name: str, source: str) -> None:
        self.cell(name)["source"] = source

    def insert(self, place: int, source: str, kind: str = "code", **metadata: object) -> dict:
        more = {"outputs": [], "execution_count": None} if kind == "code" else {}
        cell = {"cell_type": kind, "id": secrets.token_hex(4), "metadata": metadata, "source": source, **more}
        self.cells.insert(place, cell)
        return cell

    def text(self) -> str:
        return json.dumps(self.content)


# ---- what hostile code looks for, and what shows that it found it ------------------------------------------------


@dataclass
class World:
    """What lies around the grader: things to steal, to change and to reach. A context manager."""

    folder: Path
    token: str = field(default_factory=lambda: f"hostile-{secrets.token_hex(3)}")  # fits into a process's name
    secret: str = field(default_factory=lambda: f"SECRET-{secrets.token_hex(6)}")
    hits: list[str] = field(default_factory=list)

    def __enter__(self) -> World:
        self.folder.mkdir(parents=True)
        (self.folder / "canary.txt").write_text("untouched")
        for name in ("home/.ssh/id", "solutions/01.ipynb", "submitted/other/01.ipynb", "seed"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(self.secret)
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database, database:
            database.execute("create table grade (manual_score float, comment text)")
            database.execute("insert into grade values (1, ?)", (self.secret,))
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        self.sockets = [self._listen(socket.AF_INET, ("127.0.0.1", 0), "the network")]
        self.port = self.sockets[0].getsockname()[1]
        self.sockets.append(self._listen(socket.AF_UNIX, str(self.folder / "listener"), "a socket of the host's"))
        self.sockets.append(self._listen(socket.AF_UNIX, f"\0{self.token}", "a socket without a file"))
        (self.folder / "listener").chmod(0o777)
        self.before = {path.relative_to(self.folder) for path in self.folder.rglob("*")}
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self.sockets:
            listener.close()

    @property
    def gradebook(self) -> Path:
        return self.folder / "gradebook.db"

    def _listen(self, family: int, address: object, name: str) -> socket.socket:
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen(16)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()
                    self.hits.append(name)

        threading.Thread(target=serve, daemon=True).start()
        return listener

    def fill(self, code: str) -> str:
        """Code with @OUTSIDE@, @PORT@ and @TOKEN@ filled in."""
        known = {"@OUTSIDE@": str(self.folder), "@PORT@": str(self.port), "@TOKEN@": self.token}
        return re.sub("|".join(known), lambda match: known[match[0]], code)

    def escapes(self, said: str) -> list[str]:
        """Everything that hostile code has reached; said: all that the grader gives out about the submission."""
        found = [f"reached {name}" for name in dict.fromkeys(self.hits)]
        self.hits.clear()
        canary = self.folder / "canary.txt"
        if not canary.is_file() or canary.read_text() != "untouched":
            found.append("changed a file outside")
            canary.write_text("untouched")
        if new := {path.relative_to(self.folder) for path in self.folder.rglob("*")} - self.before:
            found.append("wrote files outside")
            for path in new:
                (self.folder / path).unlink()
        for place in ("/tmp", "/var/tmp", "/dev/shm", "/usr", "/etc", "/run", sys.prefix, str(Path.home())):
            if (path := Path(place) / self.token).exists():
                found.append(f"wrote into {place}")
                path.unlink()
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database, database:
            if database.execute("select manual_score from grade").fetchone() != (1,):
                found.append("changed the gradebook")
                database.execute("update grade set manual_score = 1")
        if self.secret in said:
            found.append("gave out a secret")
        if match := re.search(r"REACHED ([\w ,/'-]+)", said):
            found.append(f"told of {match[1].strip()}")
        if self.alive():
            found.append("a process lives on")
        return found

    def alive(self) -> list[int]:
        """Processes that bear the token as their name."""
        found = []
        for path in Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                if path.read_text().strip() == self.token:
                    found.append(int(path.parent.name))
        return found


# ---- kinds --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One kind of submission.

    points: what the three tasks must get (None: all of it or nothing); reasons: codes of which one must be given;
    then: edits a second learner's notebook, which must find nothing of the first.
    """

    name: str
    tries: str
    make: Callable
    points: tuple
    reasons: tuple[str, ...]
    limits: Limits
    then: Callable | None

    @property
    def student(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def write(self, released: NotebookNode, world: World, place: Path) -> None:
        """Put the submission into its folder."""
        place.mkdir(parents=True)
        path, paper = place / f"{ASSIGNMENT}.ipynb", Paper(released)
        made = self.make(paper, world)
        if callable(made):
            made(place)
        elif isinstance(made, bytes):
            path.write_bytes(made)
        else:
            path.write_text(made if isinstance(made, str) else paper.text(), encoding="utf-8")


KINDS: list[Kind] = []


def kind(
    name: str,
    tries: str,
    points: tuple = REST,
    reasons: str = "",
    limits: Limits = QUICK,
    then: Callable | None = None,
) -> Callable:
    """Register a function (paper, world) that makes a kind: it edits the paper, or returns text, bytes, or a function
    that fills the folder."""

    def register(make: Callable) -> Callable:
        KINDS.append(Kind(name, tries, make, points, tuple(reasons.split()), limits, then))
        return make

    return register


def cell(name: str, tries: str, code: str, **more: object) -> None:
    """Register a kind whose second task's cell is this code."""

    @kind(name, tries, **more)
    def make(paper: Paper, world: World) -> None:
        paper[MINE] = world.fill(code)


def reaching(steps: str) -> str:
    """A cell that tries steps, `attempt("what", function)`, and tells what succeeded wherever it may be heard."""
    return f"""
import ctypes, glob, json, os, signal, socket, struct, subprocess, sys, time
import numpy as np
found = []
def attempt(what, work):
    try:
        if work() is not False: found.append(what)
    except BaseException: pass
def read(path): return open(path, errors="replace").read()[:2000]
{steps}
said = "REA" + "CHED " + ", ".join(found) if found else "nothing found"
print(said)
def squared_distances(A, B):
    raise RuntimeError(said)
"""


NAMED = "import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'@TOKEN@', 0, 0, 0)\n"
LINGER = "ctypes.CDLL(None).prctl(15, b'@TOKEN@', 0, 0, 0); time.sleep(600)"


def wrong(code: str) -> str:
    return WRONG + code


# -- never ending

cell("endless loop", "runs for ever", "while True: pass", reasons="timeout")
cell(
    "endless loop that catches everything",
    "runs for ever and swallows interrupts",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    reasons="timeout",
)
cell(
    "endless wait in C",
    "sleeps in C code that holds Python's lock",
    wrong("import ctypes\nctypes.PyDLL(None).sleep(10_000)"),
    reasons="timeout",
)
cell(
    "endless arithmetic in C",
    "computes a power of a billion digits, which no signal interrupts",
    wrong("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n10 ** 10 ** 9"),
    reasons="timeout memory",
)
cell(
    "stops itself",
    "sends itself SIGSTOP",
    "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    reasons="timeout",
)
cell("sleeps when called", "answers never", "import time\ndef squared_distances(A, B):\n    time.sleep(10_000)")
cell(
    "endless only on large inputs",
    "ends on the visible check's inputs and never on the hidden check's",
    "def squared_distances(A, B):\n    while len(A) == 40: pass\n"
    "    return np.maximum((A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1), 0)",
)


@kind(
    "slow in every cell",
    "keeps below each limit and above the notebook's",
    ANY,
    "timeout",
    Limits(4, 4, 8, restarts=6),
)
def _(paper: Paper, world: World) -> None:
    for _ in range(10):
        paper.insert(2, "import time; time.sleep(3)")


@kind("a thread takes Python's lock", "blocks the kernel from a thread, in the cells after its own", ANY)
def _(paper: Paper, world: World) -> None:
    code = "import ctypes, threading, time\ndef hold():\n    time.sleep(.3)\n    ctypes.PyDLL(None).sleep(10_000)\n"
    paper[MINE] = WRONG + code + "threading.Thread(target=hold, daemon=True).start()"


# -- memory, processes, disk

MANY_PROCESSES = (
    NAMED
    + """
import numpy as np
for _ in range(30):
    if os.fork() == 0:
        x = np.ones(1 << 25)
        time.sleep(600)
time.sleep(600)
"""
)

cell("memory bomb", "fills memory in one process", "x = [np.ones(1 << 26) for _ in range(60)]", reasons="memory")
cell(
    "memory bomb by many",
    "fills memory in thirty processes, each within its own limit",
    MANY_PROCESSES,
    reasons="memory",
)
cell(
    "fork bomb",
    "forks for ever",
    NAMED
    + """
made = 0
try:
    for _ in range(2000):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
        made += 1
except OSError: pass
def squared_distances(A, B):
    raise RuntimeError("REA" + "CHED a thousand processes" if made >= 1000 else "stopped")
""",
    points=ANY,
)
cell(
    "thread bomb",
    "starts threads for ever",
    wrong(
        "import threading, time\nfor _ in range(5000): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    ),
    points=ANY,
)
cell(
    "fills the disk",
    "writes 4 GB into its home and /tmp",
    wrong(
        """
import os
for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
    for i in range(16):
        try:
            with open(f"{folder}/@TOKEN@", "wb") as file: file.write(bytes(64 << 20))
            os.rename(f"{folder}/@TOKEN@", f"{folder}/full-{i}-of-@TOKEN@")
        except OSError: pass
"""
    ),
)
cell(
    "fills the folder of its sockets",
    "writes many files where the host has its end of the connection",
    reaching(
        """
folder = os.path.dirname(get_ipython().config.IPKernelApp.connection_file) or "/run"
def write():
    for i in range(4): open(f"{folder}/full-{i}", "wb").write(bytes(60 << 20))
if folder.startswith("/run/kernels"): attempt("the folder of the sockets", write)
"""
    ),
)
cell("closes every file", "closes all its files, the connection's among them", wrong("import os\nos.closerange(3, 4096)"),
     reasons="died timeout")  # fmt: skip

# -- ends the process, or another's

cell("os._exit in a cell", "ends Python", wrong("import os\nos._exit(0)"), reasons="died")
cell("os._exit when called", "ends Python in a check", "import os\ndef squared_distances(A, B):\n    os._exit(0)")
cell("segmentation fault", "reads address 0", wrong("import ctypes\nctypes.string_at(0)"), reasons="died")
cell("abort", "calls abort()", wrong("import os\nos.abort()"), reasons="died")
cell("sys.exit", "ends the cell", wrong("import sys\nsys.exit(0)"))
cell("quit", "asks the kernel to end", wrong("quit()"))
cell("asks for input", "waits for somebody to type", wrong("input('?')"))
cell("becomes another program", "replaces Python by sleep", wrong("import os\nos.execv('/bin/sleep', ['sleep', '600'])"),
     reasons="died timeout")  # fmt: skip
cell(
    "kills the parent",
    "kills the process that started it",
    wrong("import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\nos.kill(os.getppid(), signal.SIGKILL)"),
)
cell(
    "kills everybody",
    "sends SIGKILL to every process that it may",
    wrong("import os, signal\nos.kill(-1, signal.SIGKILL)"),
    points=REST,
)
cell(
    "kills process 1",
    "sends every signal to the first process of its namespace",
    wrong("import os\nfor n in range(1, 65):\n    try: os.kill(1, n)\n    except OSError: pass"),
    points=ANY,
)
cell(
    "daemon",
    "forks twice, starts a session of its own and lives on",
    wrong(
        NAMED
        + """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
ctypes.CDLL(None).prctl(15, b'python', 0, 0, 0)
"""
    ),
)
cell("program left running", "starts a program in a session of its own",
     wrong("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', \"import ctypes, time; " + LINGER.replace("'", '\\"')
           .replace('b\\"', "b'").replace('\\"', "'") + "\"], start_new_session=True)"))  # fmt: skip
cell(
    "thread left running",
    "a thread that changes a file outside later",
    wrong(
        """
import threading, time
def later():
    while True:
        time.sleep(.2)
        try: open("@OUTSIDE@/canary.txt", "w").write("changed")
        except OSError: pass
threading.Thread(target=later, daemon=True).start()
"""
    ),
)
cell(
    "time bomb",
    "changes a file outside when its objects are collected and when Python ends",
    wrong(
        """
import atexit, os
class Bomb:
    def __del__(self, open=open): open("@OUTSIDE@/canary.txt", "w").write("changed")
kept = [Bomb()]
kept.append(kept)
atexit.register(lambda: open("@OUTSIDE@/canary.txt", "w").write("changed"))
"""
    ),
)

# -- output

FLOOD = (
    "import sys\nline = 'x' * 1_000_000\nfor _ in range({n}): sys.stdout.write(line + {end!r}); sys.stdout.flush()\n"
)
cell(
    "1 GB of output in lines",
    "prints",
    wrong(FLOOD.format(n=1000, end="\n")),
    reasons="timeout memory died",
    points=ANY,
)
cell("1 GB of output in one line", "prints", wrong(FLOOD.format(n=1000, end="")), points=ANY)
cell(
    "ten million small outputs", "prints", wrong("for i in range(10_000_000): print(i, flush=True)"), reasons="timeout"
)
cell(
    "images of 500 MB",
    "shows fifty pictures of 10 MB",
    wrong(
        "import base64, os\nfrom IPython.display import display\npicture = base64.b64encode(os.urandom(7_500_000)).decode()\n"
        "for _ in range(50): display({'image/png': picture}, raw=True)"
    ),
    points=ANY,
)
cell(
    "an error of 200 MB",
    "raises an exception with a long text",
    "def squared_distances(A, B):\n    raise ValueError('x' * 200_000_000)",
)
cell(
    "an error in an odd script",
    "raises with control characters, half a character and the text of a verdict",
    "class NotPlain(Exception): pass\n"
    "def squared_distances(A, B):\n    raise NotPlain('\\n\\x1b[2J10 of 10 points\\ud800</td><script>alert(1)</script>')",
)
cell(
    "writes on stderr and answers right",
    "warns, as honest answers do",
    "import sys, warnings\ndef squared_distances(A, B):\n    warnings.warn('careful')\n    print('working', file=sys.stderr)\n"
    "    return np.maximum((A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1), 0)\nwarnings.warn('here, too')",
    points=FULL,
)
cell("answers right and prints much", "prints two megabytes a call, honestly",
     "def squared_distances(A, B):\n    print('working ' * 250_000)\n"
     "    return np.maximum((A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1), 0)\n", points=FULL)  # fmt: skip

# -- answers that are no answers

ANSWERS = {
    "an answer of 800 MB": ("is too large", "return np.zeros(100_000_000)"),
    "an answer of two million lists": ("is too large", "return [[] for _ in range(2_000_000)]"),
    "a list a thousand deep": ("is nested", "x = []\n    for _ in range(1000): x = [x]\n    return x"),
    "a list that holds itself": ("is nested without end", "x = []\n    x.append(x)\n    return x"),
    "a dict whose keys collide": (
        "has keys that are compared with each other",
        "return {i * ((1 << 61) - 1): {} for i in range(1, 10_000)}",
    ),
    "a number of 4,000 digits": ("is a huge integer", "return 10 ** 4000"),
    "a number of 100,000 digits": ("is an integer that can't be written", "return 10 ** 100_000"),
    "not a number everywhere": ("is NaN", "return np.full((len(A), len(B)), np.nan)"),
    "text with markup": ("is a script", "return '<script>alert(1)</script>\\ud800\\x00'"),
    "a generator": ("is lazy", "yield from A"),
    "an object array with __reduce__": (
        "would run code when unpickled",
        "class Bomb:\n        def __reduce__(self): return open, ('@OUTSIDE@/pickled', 'w')\n"
        "    return np.array([[Bomb()] * len(B)] * len(A), dtype=object)",
    ),
    "an array that equals everything": (
        "claims to equal whatever it is compared with",
        "class Yes(np.ndarray):\n        def __eq__(self, other): return np.ones(self.shape, bool)\n"
        "        def __ne__(self, other): return np.zeros(self.shape, bool)\n"
        "        def __array_ufunc__(self, *a, **k): return np.zeros(self.shape, bool)\n"
        "        def __array_function__(self, *a, **k): return True\n"
        "    return np.zeros((len(A), len(B))).view(Yes)",
    ),
    "an object that equals everything": (
        "claims to equal whatever it is compared with",
        "class Yes(float):\n        __eq__ = __ge__ = __le__ = lambda *a: True\n        __array__ = lambda *a, **k: np.zeros((3, 2))\n"
        "    return Yes(0)",
    ),
}
for _name, (_tries, _body) in ANSWERS.items():
    cell(_name, f"returns what {_tries}", f"def squared_distances(A, B):\n    {_body}\n")
cell(
    "a class in place of a function",
    "is called like one",
    "class squared_distances:\n    def __init__(self, A, B): pass\n",
)
cell("a value in place of a function", "is none", "squared_distances = 5.0\n")

# -- replies that the grader reads

TALK = """
kernel = get_ipython().kernel
_send = kernel.session.send
def send(stream, message, *a, **k):
    ident = k.get("ident") or (a[2] if len(a) > 2 else None)
    if "execute_reply" in str(message)[:400] and ident:
        ident = ident if isinstance(ident, list) else [ident]
        talk(stream, ident)
    return _send(stream, message, *a, **k)
kernel.session.send = send
"""
cell(
    "a message of endless parts",
    "sends the grader one message of 400 parts of 50 MB",
    wrong(
        "part = bytes(50_000_000)\ndef talk(stream, ident):\n"
        "    stream.send_multipart(ident + [b'<IDS|MSG>'] + [part] * 400, copy=False)" + TALK
    ),
    points=ANY,
)
cell(
    "many large replies that nobody asked for",
    "sends the grader 200 messages of 100 MB",
    wrong(
        "part = bytes(100_000_000)\ndef talk(stream, ident):\n"
        "    for _ in range(200): stream.send_multipart(ident + [b'<IDS|MSG>', part], copy=False)" + TALK
    ),
    points=ANY,
)
cell(
    "replies to other questions",
    "sends 500 replies with wrong ids before each right one",
    wrong(
        "def talk(stream, ident):\n    for _ in range(500): "
        "_send(stream, 'execute_reply', {'status': 'ok'}, parent={'msg_id': 'x'}, ident=ident)" + TALK
    ),
    points=ANY,
)
cell(
    "garbage in place of replies",
    "sends frames that are no message",
    wrong(
        "def talk(stream, ident):\n    for frames in ([b''], [b'<IDS|MSG>'], [b'<IDS|MSG>', b'x', b'{', b'[', b'3', b'\\xff']):\n"
        "        stream.send_multipart(ident + frames)" + TALK
    ),
    points=ANY,
)
LIAR = """
import sys, json
class Liar:
    def look(self, *a): return self.reply(["function"])
    def call(self, *a): return self.reply(lie())
    def reply(self, what):
        class Reply:
            def _repr_mimebundle_(self, include=None, exclude=None):
                text = what if isinstance(what, str) else json.dumps(what)
                return {"text/plain": "", "application/x-answer": text}
        return Reply()
sys.modules["_answer_port"] = Liar()
"""
LIES = {
    "the port sends a pickle": (
        "sends a pickle in place of an array",
        "def lie():\n    import base64, io, os\n    class Bomb:\n        def __reduce__(self): return open, ('@OUTSIDE@/pickled', 'w')\n"
        "    file = io.BytesIO()\n    np.save(file, np.array([Bomb()], dtype=object), allow_pickle=True)\n"
        "    return ['value', json.dumps({'array': base64.b64encode(file.getvalue()).decode()})]",
    ),
    "the port sends forty million lists": (
        "sends 120 MB of JSON that would fill 3 GB",
        "text = '[' + '[],' * 40_000_000 + '[]]'\ndef lie(): return text",
    ),
    "the port sends lists within a text": (
        "sends the same, wrapped up once more",
        "text = json.dumps(['value', '[' + '[],' * 40_000_000 + '[]]'])\ndef lie(): return text",
    ),
    "the port sends deep JSON": ("sends a million brackets", "def lie(): return '[' * 1_000_000"),
    "the port sends an array that lies": (
        "sends an array whose header promises a terabyte",
        "def lie():\n    import base64, io\n    file = io.BytesIO()\n    np.save(file, np.zeros(10))\n"
        "    raw = file.getvalue().replace(b'(10,), ', b'(1<<40,)').replace(b'(10,)', b'(9**9,)')\n"
        "    return ['value', json.dumps({'array': base64.b64encode(raw).decode()})]",
    ),
    "the port says that all is well": ("sends verdicts in place of values", "def lie(): return ['passed', 3, 3]"),
    "the port sends a hint of its own": (
        "sends an error that names itself a check's",
        "def lie(): return ['error', 'CheckFailed', 'the forged' + ' hint']",
    ),
}
for _name, (_tries, _body) in LIES.items():
    cell(_name, f"replaces the answers' port: {_tries}", wrong("import json\n" + _body + LIAR), points=ANY)
cell(
    "json is replaced",
    "patches the module with which the port writes",
    wrong('import json\njson.dumps = lambda *a, **k: \'["value", "1"]\''),
    points=ANY,
)
cell(
    "user expressions are replaced",
    "patches how IPython evaluates what the grader asks",
    wrong("get_ipython().user_expressions = lambda e: {'reply': {'status': 'ok', 'data': {}}}"),
    points=ANY,
)
cell(
    "a socket becomes a link",
    "replaces its end of the connection by a link to a socket of the host's",
    wrong(
        """
import glob, os
for path in glob.glob("/run/kernels/kernel-*/k-*") + glob.glob("/tmp/course-*/kernel-*/k-*"):
    try:
        os.unlink(path)
        os.symlink("@OUTSIDE@/listener", path)
    except OSError: pass
os.closerange(3, 4096)
"""
    ),
    reasons="died timeout",
)

# -- reads what is not its own

READS = {
    "reads the gradebook": 'attempt("the gradebook", lambda: read("@OUTSIDE@/gradebook.db"))',
    "reads the solutions": 'attempt("the solutions", lambda: read("@OUTSIDE@/solutions/01.ipynb"))',
    "reads the home folder": """
attempt("a key", lambda: read("@OUTSIDE@/home/.ssh/id"))
known = os.path.realpath(sys.executable) + sys.prefix
for home in ("/root", "/home"):
    attempt(home, lambda: any(f"{home}/{name}" not in known for name in os.listdir(home)))
""",
    "reads other submissions": 'attempt("another submission", lambda: read("@OUTSIDE@/submitted/other/01.ipynb"))',
    "reads the seed": """
attempt("the seed in a file", lambda: read("@OUTSIDE@/seed"))
attempt("the seed in the environment", lambda: os.environ["COURSE_SEED"])
for path in glob.glob("/proc/[0-9]*/environ"): attempt("a seed in " + path, lambda: "COURSE_SEED" in read(path))
""",
    "reads /proc": """
attempt("a root of another process", lambda: os.listdir("/proc/1/root/"))
attempt("memory of another process", lambda: open("/proc/1/mem", "rb"))
attempt("many processes", lambda: len(glob.glob("/proc/[0-9]*")) > 20)
attempt("the grader", lambda: any("class" in read(p) or "pytest" in read(p) or "nbgrader" in read(p)
                                  for p in glob.glob("/proc/[0-9]*/cmdline")))
""",
    "reads the check": """
attempt("the check by the history", lambda: any("BEGIN HID" + "DEN" in c for c in get_ipython().user_ns["In"]))
import gc, linecache
def squared_distances(A, B):
    held = [repr(o)[:3000] for o in gc.get_objects() if isinstance(o, (dict, list, tuple)) and len(o) < 20][-20_000:]
    frame = sys._getframe()
    while frame:
        held += [repr(frame.f_locals)[:3000], repr(frame.f_code.co_consts)]
        held += linecache.getlines(frame.f_code.co_filename)
        frame = frame.f_back
    parts = (["sqeucli", "dean"], ["BEGIN HID", "DEN"], ["cdist", "(A"])
    text = "REA" + "CHED the check" if any("".join(p) in t for p in parts for t in held) else "nothing found"
    print(text)
    raise RuntimeError(text)
searching = squared_distances
""",
}
for _name, _steps in READS.items():
    cell(
        _name,
        "tells what it found",
        reaching(_steps) + ("squared_distances = searching" if "searching" in _steps else ""),
    )

# -- changes what is not its own

cell("changes files", "edits and deletes files outside", reaching("""
attempt("a file outside", lambda: open("@OUTSIDE@/canary.txt", "w").write("changed"))
attempt("deleting", lambda: os.remove("@OUTSIDE@/canary.txt"))
"""))  # fmt: skip
cell("writes anywhere", "writes a file into every folder that it knows", wrong("""
import os, sys
for place in ("/", "/usr", "/etc", "/run", "/var/tmp", "/tmp", "/dev/shm", sys.prefix, "@OUTSIDE@", os.path.expanduser("~")):
    try: open(f"{place}/@TOKEN@", "w").write("x")
    except OSError: pass
"""))  # fmt: skip
cell("writes the gradebook", "gives itself 99 points", wrong("""
import sqlite3
try:
    database = sqlite3.connect("@OUTSIDE@/gradebook.db")
    database.execute("update grade set manual_score = 99")
    database.commit()
except Exception: pass
"""))  # fmt: skip
cell("writes the course's packages", "changes the library that checks use", reaching("""
import facelab.checks
attempt("the library", lambda: open(facelab.checks.__file__, "a").close())
attempt("the environment", lambda: open(sys.prefix + "/@TOKEN@", "w").close())
"""))  # fmt: skip

# -- network

cell("network to loopback", "connects to a service of this machine", reaching("""
attempt("loopback", lambda: socket.create_connection(("127.0.0.1", @PORT@), 2))
"""))  # fmt: skip
cell("network to the outside", "connects to addresses and asks for names", reaching("""
attempt("an address", lambda: socket.create_connection(("192.0.2.1", 80), 1))
attempt("a route", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 53)))
attempt("a name", lambda: socket.getaddrinfo("example.org", 80))
"""))  # fmt: skip
cell("sockets without a file", "connects to an abstract socket", reaching("""
attempt("an abstract socket", lambda: socket.socket(socket.AF_UNIX).connect("\\0@TOKEN@"))
"""))  # fmt: skip
cell("sockets of the host", "connects to sockets in the file system", reaching("""
for path in ("@OUTSIDE@/listener", "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
    attempt("a socket", lambda: socket.socket(socket.AF_UNIX).connect(path))
"""))  # fmt: skip

# -- the sandbox itself

cell("tampers with the warm process", "looks for the process that kernels are forked from", reaching("""
for path in glob.glob("/run/kernels/*") + glob.glob("/tmp/course-*/*"):
    if os.path.basename(path) == "zygote": attempt("the warm process", lambda: socket.socket(socket.AF_UNIX).connect(path))
attempt("other kernels", lambda: len(glob.glob("/run/kernels/kernel-*") + glob.glob("/tmp/course-*/kernel-*")) > 1)
attempt("its descriptors", lambda: any("zygote" in os.readlink(f) or "/tmp/" in os.readlink(f)
                                       for f in glob.glob("/proc/self/fd/[0-2]")))
"""))  # fmt: skip
cell("traces another process", "ptrace, and memory of process 1", reaching("""
libc = ctypes.CDLL(None)
attempt("tracing", lambda: libc.ptrace(16, 1, 0, 0) == 0)
buffer = ctypes.create_string_buffer(16)
attempt("memory", lambda: os.pread(os.open("/proc/1/mem", os.O_RDONLY), 16, 0x400000))
"""))  # fmt: skip
cell("namespaces and mounts", "unshare, mount, chroot, setuid, capabilities", reaching("""
libc = ctypes.CDLL(None)
def forked(call):
    child = os.fork()
    if child == 0:
        try: os._exit(0 if call() == 0 else 1)
        except BaseException: os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
sandboxed = os.path.exists("/run/kernels")
attempt("a user namespace", lambda: sandboxed and forked(lambda: libc.unshare(0x10000000)))
attempt("a mount namespace", lambda: forked(lambda: libc.unshare(0x20000)))
attempt("unmounting", lambda: forked(lambda: libc.umount2(b"/run/kernels", 2)))
attempt("mounting", lambda: forked(lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None)))
attempt("root", lambda: sandboxed and forked(lambda: os.setuid(0)))
attempt("chroot", lambda: forked(lambda: os.chroot("/")))
attempt("a device", lambda: os.mknod("device", 0o60666, os.makedev(8, 0)))
attempt("capabilities", lambda: any(int(l.split()[1], 16) for l in open("/proc/self/status") if l.startswith(("CapEff", "CapBnd"))))
attempt("raising its limits", lambda: __import__("resource").setrlimit(4, (-1, -1)))
"""))  # fmt: skip
cell("devices and settings", "raw devices, settings of the system, its terminal", reaching("""
attempt("a setting", lambda: open("/proc/sys/kernel/hostname", "w").write("x"))
attempt("a core pattern", lambda: open("/proc/sys/kernel/core_pattern", "w"))
attempt("control groups", lambda: open("/sys/fs/cgroup/memory/cgroup.procs", "w"))
attempt("a terminal", lambda: open("/dev/tty", "w"))
for path in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/kvm"): attempt(path, lambda: open(path, "rb"))
attempt("raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
"""))  # fmt: skip

TRACES = """
import ctypes, os, stat, sys
libc = ctypes.CDLL(None)
mark = "left-by-@TOKEN@"
for place in ("/tmp", "/dev/shm", "/student", os.path.expanduser("~"), "/var/tmp", "/run/kernels", "."):
    try: open(f"{place}/{mark}", "w").write(mark)
    except OSError: pass
for number in range(256):
    try:
        if stat.S_ISREG(os.fstat(number).st_mode): os.write(number, mark.encode() * 10)
    except OSError: pass
libc.shmget(4711, 4096, 0o1666)
if os.uname().machine == "x86_64":
    libc.syscall(248, b"user", mark.encode(), b"x", 1, ctypes.c_int(-3))  # add_key, into the session's keyring
"""


def _search(paper: Paper, world: World) -> None:
    steps = """
libc = ctypes.CDLL(None)
mark = "left-by-@TOKEN@"
for place in ("/tmp", "/dev/shm", "/student", os.path.expanduser("~"), "/var/tmp", "."):
    attempt("a file of the last learner's", lambda: os.path.exists(f"{place}/{mark}"))
for number in range(256):
    attempt("what the last learner wrote", lambda: mark.encode() in os.pread(number, 1 << 20, 0))
attempt("shared memory", lambda: libc.shmget(4711, 4096, 0) >= 0)
attempt("a key", lambda: os.uname().machine == "x86_64" and libc.syscall(249, b"user", mark.encode(), None, 0) >= 0)
"""
    paper[MINE] = world.fill(reaching(steps))


cell("leaves traces for the next", "files, shared memory, keys, open files; the next learner looks for them", wrong(TRACES),
     then=_search)  # fmt: skip

# -- cheats: all answers are wrong

CHEATS = {
    "numpy.testing is replaced": "import numpy.testing\n"
    "for name in dir(numpy.testing):\n    if 'assert' in name: setattr(numpy.testing, name, lambda *a, **k: None)\n"
    "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True",
    "expect is replaced": "import facelab.checks\nfacelab.checks.expect = lambda *a, **k: None\n"
    "facelab.checks._difference = lambda *a: None",
    "the checks' module is replaced": "import sys, types\nm = types.ModuleType('facelab.checks')\n"
    "m.expect = lambda *a, **k: None\nm.seed = lambda *a: 0\nm.NotDone = Exception\nsys.modules['facelab.checks'] = m\n"
    "import facelab\nfacelab.checks = m",
    "assertion errors are swallowed": "import facelab.checks\nfacelab.checks.CheckFailed.__init__ = lambda self, *a: None\n"
    "class Quiet(BaseException): pass\nfacelab.checks.CheckFailed = Quiet\nimport builtins\nbuiltins.AssertionError = Quiet",
    "isinstance is replaced": "import builtins\nbuiltins.isinstance = lambda *a: True",
    "names of Python are shadowed": "abs = len = range = all = any = bool = lambda *a: 1\n__import__ = None",
    "random seeds are fixed": "import facelab.checks\nfacelab.checks.seed = lambda name: 0\n_rng = np.random.default_rng\n"
    "np.random.default_rng = lambda *a: _rng(0)",
    "references are replaced": "import scipy.spatial.distance, sklearn.preprocessing\n"
    "scipy.spatial.distance.cdist = lambda A, B, *a: np.zeros((len(A), len(B)))\n"
    "sklearn.preprocessing.scale = lambda X, *a, **k: np.zeros(X.shape)",
    "IPython drops asserts": "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
    "    def visit_Expr(self, node): return ast.Pass()\nget_ipython().ast_transformers.append(Drop())",
    "IPython drops code": "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
    "IPython runs nothing": "from IPython.core.interactiveshell import ExecutionResult\n"
    "async def nothing(*a, **k): return False\nget_ipython().run_ast_nodes = nothing",
    "IPython shows a score": "get_ipython().display_formatter.format = lambda *a, **k: ({'text/plain': '3.0'}, {})",
    "IPython hides errors": "get_ipython().showtraceback = lambda *a, **k: None\nget_ipython()._showtraceback = lambda *a: None",
    "the kernel replies that all is well": "k = get_ipython().kernel\n"
    "async def well(*a, **w): return {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\nk.do_execute = well",
    "prints a score": "print('10 of 10 points'); print('Passed.')\nfrom IPython.display import HTML, display\n"
    "display(HTML('<script>document.title = \"10/10\"</script><b>10 of 10 points</b>'))\n3.0",
    "hooks before every cell": "def peek(*a):\n    global expect\n    expect = lambda *a, **k: None\n"
    "get_ipython().events.register('pre_run_cell', peek)",
    "the tracer changes variables": "import sys\ndef trace(frame, event, arg):\n    if 'want' in frame.f_locals: frame.f_locals['want'] = 0\n"
    "    return trace\nsys.settrace(trace)",
}
for _name, _code in CHEATS.items():

    @kind(_name, "all three answers are wrong", NOTHING)
    def _(paper: Paper, world: World, code: str = _code) -> None:
        for name, source in ALL_WRONG.items():
            paper[name] = source
        paper[FIRST] += code


# -- the notebook's cells


def _all_wrong(paper: Paper) -> None:
    for name, source in ALL_WRONG.items():
        paper[name] = source


@kind("checks are changed", "writes checks that always pass", NOTHING, "changed")
def _(paper: Paper, world: World) -> None:
    _all_wrong(paper)
    for name in TASKS:
        paper[f"{name}-check"] = "assert True"


@kind("checks are deleted", "has no checks, and wrong answers", NOTHING, "missing")
def _(paper: Paper, world: World) -> None:
    _all_wrong(paper)
    for name in TASKS:
        paper.cells.remove(paper.cell(f"{name}-check"))


@kind("a check is deleted", "honest, and lost a cell", FULL, "missing")
def _(paper: Paper, world: World) -> None:
    paper.cells.remove(paper.cell(f"{MINE}-check"))


@kind("a check is copied", "honest, and copied a cell", FULL, "duplicated")
def _(paper: Paper, world: World) -> None:
    paper.cells.append(copy.deepcopy(paper.cell(f"{MINE}-check")))


@kind("an answer is copied", "honest, and copied the cell of an answer", FULL, "duplicated")
def _(paper: Paper, world: World) -> None:
    paper.cells.insert(6, copy.deepcopy(paper.cell(MINE)))


@kind("a copied answer runs for ever", "the copy breaks the kernel, the original is right", FULL, "duplicated")
def _(paper: Paper, world: World) -> None:
    made = copy.deepcopy(paper.cell(MINE))
    made["source"] = "import os\nos._exit(0)"
    paper.cells.append(made)


@kind("cells are reordered", "honest, with all checks before the answers", FULL)
def _(paper: Paper, world: World) -> None:
    paper.cells.sort(key=lambda c: not c["metadata"].get("nbgrader", {}).get("grade_id", "").endswith("-check"))


@kind("a check is renamed", "another grade id", FULL)
def _(paper: Paper, world: World) -> None:
    paper.cell(f"{MINE}-check")["metadata"]["nbgrader"]["grade_id"] = "\x1b[2Jmine"


@kind("points are forged", "a hundred points a check, in metadata; wrong answers", NOTHING)
def _(paper: Paper, world: World) -> None:
    _all_wrong(paper)
    for name in TASKS:
        paper.cell(f"{name}-check")["metadata"]["nbgrader"] |= {"points": 100, "score": 100, "checksum": "0"}


@kind("a check of its own", "adds a graded cell worth 50 points; wrong answers", NOTHING)
def _(paper: Paper, world: World) -> None:
    _all_wrong(paper)
    mine = copy.deepcopy(paper.cell(f"{MINE}-check"))
    mine["source"], mine["id"] = "50.0", "mine"
    mine["metadata"]["nbgrader"] |= {"grade_id": "mine-check", "points": 50}
    paper.cells.append(mine)


@kind("metadata is stripped", "honest; some program dropped all metadata of cells", ANY, "missing")
def _(paper: Paper, world: World) -> None:
    for each in paper.cells:
        each["metadata"] = {}


@kind("metadata is odd", "honest; metadata of other kinds", FULL)
def _(paper: Paper, world: World) -> None:
    for number, odd in enumerate((None, [], "odd", 3)):
        paper.insert(number, "x = 1", **{"nbgrader": odd})


@kind("checks become text", "turns every check into Markdown; wrong answers", NOTHING)
def _(paper: Paper, world: World) -> None:
    _all_wrong(paper)
    for name in TASKS:
        made = paper.cell(f"{name}-check")
        made["cell_type"] = "markdown"
        made.pop("outputs"), made.pop("execution_count")


@kind("the locked cell is changed", "replaces numpy in the locked cell", FULL, "changed")
def _(paper: Paper, world: World) -> None:
    paper["01-setup"] = "import os\nos._exit(0)"


@kind("an answer is deleted", "honest, and lost the cell of an answer", REST, "missing")
def _(paper: Paper, world: World) -> None:
    paper.cells.remove(paper.cell(MINE))


@kind("an answer becomes text", "honest; one wrong key made an answer's cell a Markdown cell", FULL, "changed")
def _(paper: Paper, world: World) -> None:
    made = paper.cell(MINE)
    made["cell_type"] = "markdown"
    made.pop("outputs"), made.pop("execution_count")


@kind("the written answer becomes code", "makes the essay a cell that runs", FULL, "changed")
def _(paper: Paper, world: World) -> None:
    paper.cell(WRITTEN).update(cell_type="code", outputs=[], execution_count=None, source="import os\nos._exit(0)")


@kind("a syntax error", "can't be read as Python", REST)
def _(paper: Paper, world: World) -> None:
    paper[MINE] = "def squared_distances(A, B:\n    return"


@kind("half a character and NUL", "odd characters in a right answer's comment, and in a cell of its own", FULL)
def _(paper: Paper, world: World) -> None:
    paper[MINE] += "\n# \ud800"
    paper.insert(2, "x = '\x00\ud800'")


@kind("very deep code", "a hundred thousand minus signs, for whoever parses it")
def _(paper: Paper, world: World) -> None:
    paper[MINE] = f"def squared_distances(A, B):\n    return {'-' * 100_000}1"


@kind("very long sums", "three thousand terms, for whoever walks through its tree")
def _(paper: Paper, world: World) -> None:
    paper[MINE] = f"def squared_distances(A, B):\n    return {'1+' * 3000}1"


@kind("many magics", "magics by the hundred in one cell, for whoever rewrites them", REST)
def _(paper: Paper, world: World) -> None:
    paper[MINE] = WRONG + "%time 1\n!true\n" * 50


@kind("an answer of 5 MB", "five million characters of right code", REST, "output")
def _(paper: Paper, world: World) -> None:
    paper[MINE] += "\n" + "# comment\n" * 500_000


# -- the file


@kind("not JSON", "is a text", NOTHING, "damaged")
def _(paper: Paper, world: World) -> str:
    return "This is my homework."


@kind("truncated", "ends in the midst of the last answer", (2, 3, 0), "damaged")
def _(paper: Paper, world: World) -> str:
    text = paper.text()
    return text[: text.index("def leave_one_out") + 20]


@kind("empty file", "holds nothing", NOTHING, "empty")
def _(paper: Paper, world: World) -> bytes:
    return b""


@kind("a list of numbers", "is JSON and no notebook", NOTHING, "damaged empty")
def _(paper: Paper, world: World) -> str:
    return "[1, 2, 3]"


@kind("no cells", "is a notebook without cells", NOTHING, "empty")
def _(paper: Paper, world: World) -> str:
    return '{"cells": []}'


@kind("cells of wrong types", "null, numbers and texts among the cells", ANY, "damaged")
def _(paper: Paper, world: World) -> str:
    paper.cells[3:3] = [None, 3, "text", {"cell_type": 5}, {"source": ["x", 3]}]
    return paper.text()


@kind("bytes that are no text", "other encodings, and a zip", NOTHING, "damaged")
def _(paper: Paper, world: World) -> bytes:
    return b"PK\x03\x04" + os.urandom(5000)


@kind("UTF-8 with a mark", "honest, saved by an editor that adds a byte order mark", FULL)
def _(paper: Paper, world: World) -> bytes:
    return b"\xef\xbb\xbf" + paper.text().encode()


@kind("UTF-16", "saved by an editor in another encoding", NOTHING, "damaged")
def _(paper: Paper, world: World) -> bytes:
    return paper.text().encode("utf-16")


@kind("deep JSON", "a hundred thousand brackets in the metadata", ANY, "damaged")
def _(paper: Paper, world: World) -> str:
    return paper.text().replace('"nbformat":', f'"deep": {"[" * 100_000}{"]" * 100_000}, "nbformat":', 1)


@kind("huge numbers in JSON", "a number of a million digits in the metadata", FULL, "damaged")
def _(paper: Paper, world: World) -> str:
    return paper.text().replace('"nbformat":', f'"many": {"9" * 1_000_000}, "nbformat":', 1)


@kind("thirty million lists", "90 MB of JSON that would fill gigabytes", NOTHING, "damaged")
def _(paper: Paper, world: World) -> str:
    return '{"cells": [], "metadata": {"x": [' + "[]," * 30_000_000 + "[]]}}"


@kind("10,000 cells", "more cells than anybody writes", ANY, "output")
def _(paper: Paper, world: World) -> None:
    for _ in range(10_000):
        paper.insert(len(paper.cells), "x = 1")


@kind("another kernel", "honest; the notebook names a kernel that isn't there", FULL)
def _(paper: Paper, world: World) -> None:
    paper.content["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}


@kind("nbformat 3", "honest, in the format before this one", FULL)
def _(paper: Paper, world: World) -> str:
    return nbformat.writes(nbformat.convert(nbformat.from_dict(paper.content), 3), version=3)


@kind("nbformat 99", "a format of the future", ANY)
def _(paper: Paper, world: World) -> None:
    paper.content["nbformat"] = 99


@kind("another name", "honest; the file has another name", FULL, "wrong-name")
def _(paper: Paper, world: World) -> Callable:
    return lambda place: (place / "my homework (1).ipynb").write_text(paper.text())


@kind("a link", "a link to a file of the instructor's", NOTHING, "damaged missing")
def _(paper: Paper, world: World) -> Callable:
    return lambda place: (place / f"{ASSIGNMENT}.ipynb").symlink_to(world.folder / "solutions" / "01.ipynb")


@kind("a folder", "a folder with the name of the notebook", NOTHING, "missing")
def _(paper: Paper, world: World) -> Callable:
    return lambda place: (place / f"{ASSIGNMENT}.ipynb").mkdir()


@kind("a pipe", "a named pipe, which whoever opens it waits at", NOTHING, "missing")
def _(paper: Paper, world: World) -> Callable:
    return lambda place: os.mkfifo(place / f"{ASSIGNMENT}.ipynb")


def _beside(**files: str) -> Callable:
    """The notebook and files beside it; __ in a name stands for a dot."""

    def make(paper: Paper, world: World) -> Callable:
        def fill(place: Path) -> None:
            (place / f"{ASSIGNMENT}.ipynb").write_text(paper.text())
            for name, text in files.items():
                (place / name.replace("__", ".")).write_text(world.fill(text))

        return fill

    return make


kind("modules beside the notebook", "cv2.py and others, which would be imported in place of the real ones", FULL)(
    _beside(
        **{f"{name}__py": "import os\nos._exit(0)" for name in ("cv2", "random", "uuid", "zmq", "ipykernel", "debugpy")}
    )
)
kind("settings beside the notebook", "IPython's and Jupyter's settings, sitecustomize", FULL)(
    _beside(**{
        f"{name}__py": "import os\nos._exit(0)"
        for name in ("ipython_config", "ipython_kernel_config", "jupyter_config", "sitecustomize", "usercustomize")
    })
)  # fmt: skip
kind("a time stamp of its own", "a time stamp that is none", FULL)(_beside(timestamp__txt="yesterday, honestly\x00"))


@kind("links beside the notebook", "links to what is the instructor's, read by the answer", REST)
def _(paper: Paper, world: World) -> Callable:
    paper[MINE] = world.fill(reaching('attempt("a link", lambda: read("solution") + read("solution-folder/01.ipynb"))'))

    def fill(place: Path) -> None:
        (place / f"{ASSIGNMENT}.ipynb").write_text(paper.text())
        (place / "solution").symlink_to(world.folder / "solutions" / "01.ipynb")
        (place / "solution-folder").symlink_to(world.folder / "solutions")

    return fill


@kind("a large file beside the notebook", "honest, with 30 MB of data", FULL)
def _(paper: Paper, world: World) -> Callable:
    def fill(place: Path) -> None:
        (place / f"{ASSIGNMENT}.ipynb").write_text(paper.text())
        (place / "data.bin").write_bytes(bytes(30 << 20))

    return fill


@kind("honest", "everything right", FULL)
def _(paper: Paper, world: World) -> None:
    pass


@kind("untouched", "the exercise as it was handed out", NOTHING)
def _(paper: Paper, world: World) -> None:
    for name in TASKS:
        paper[name] = "def f():\n    raise NotDone  # your answer replaces this line"


def by_name(name: str) -> Kind:
    """The kind of that name."""
    return next(each for each in KINDS if each.name == name)


def wait_until_gone(world: World, seconds: float = 2.0) -> None:
    """Give the system a moment to end what was killed."""
    end = time.monotonic() + seconds
    while world.alive() and time.monotonic() < end:
        time.sleep(0.02)


def students(kinds: Sequence[Kind]) -> Iterator[str]:
    """Everybody who hands something in."""
    for each in kinds:
        yield each.student
        if each.then:
            yield f"{each.student}-next"
