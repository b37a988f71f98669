"""A learner's answers, running in a Jupyter kernel of their own, seen from outside as plain data.

The process that uses this module is trusted; the kernel is not. Nothing that the kernel sends is executed: its replies
are read as JSON and .npy (`classroom.port`), within limits of time and size, and its words are shown as plain, short
text. The kernel's printed output is not even listened to. With sandboxed=True the kernel runs in bubblewrap
(`classroom.sandbox`); without, in this account, as a learner's own answers do.
"""

from __future__ import annotations

import builtins
import inspect
import itertools
import os
import queue
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from classroom import port
from facelab.checks import CheckFailed

PORT_NAME = "_answer_port"
PORT_SOURCE = inspect.getsource(port)  # read once, so that both sides run the same code whatever is installed meanwhile
ROOM = 2 << 30  # bytes by which this process may grow while a sandboxed kernel lives; what it sends waits in memory
GRACE = 3.0  # seconds that an interrupted kernel has to answer before it is killed
START = 120.0  # seconds that a kernel has to start
# The first code of every kernel: put the port into it, and keep quit() from ending it behind the next cell's back.
SET_UP = """
import sys, types
_m = types.ModuleType({name!r}); exec({source!r}, _m.__dict__); sys.modules[{name!r}] = _m
get_ipython().ask_exit = lambda: None
del _m
"""
WHAT_HELPS = {
    "mismatch in its core dimension": "Shapes don't fit in a matrix product: is a transpose (.T) missing?",
    "'NoneType' object": "Something is None: a function that works in place returns nothing.",
}


@dataclass(frozen=True)
class Limits:
    """What answers may use. cell, call, notebook in seconds; answer in bytes (of one value)."""

    cell: float = 120
    call: float = 30
    notebook: float = 600
    answer: int = 64 << 20
    restarts: int = 12


LIMITS = Limits()


class AnswerFailed(CheckFailed):
    """An answer gave no plain value: it is missing, raised, took too long or returned something else."""


class KernelLost(Exception):
    """The kernel died or stopped answering; the text is the reason, told from the learner's side."""


@dataclass(frozen=True)
class CellError:
    """What a cell of the learner's raised."""

    kind: str
    message: str


class AnswerKernel:
    """One kernel, started when first needed; a context manager that ends it."""

    def __init__(self, limits: Limits = LIMITS, cwd: str | None = None, sandboxed: bool = False) -> None:
        self.limits, self.cwd, self.sandboxed = limits, cwd, sandboxed
        self.manager: KernelManager | None = None
        self.watch: _Watch | None = None
        self.peak = 0  # bytes; only the sandbox measures it
        self.out_of_memory = False
        self.end = time.monotonic() + limits.notebook
        self.numbers = itertools.count()
        self.exchange = "", ""  # a folder for arguments, as seen from here and from the kernel
        self.folder: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> AnswerKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start (or start anew) the kernel and put the port into it, before any of the learner's code has run."""
        self.stop()
        # The seed of the hidden checks is nothing for answers to know.
        environment = {key: value for key, value in os.environ.items() if key != "COURSE_SEED"}
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, 2 * self.limits.answer + (1 << 20))
        self.context.setsockopt(zmq.RCVHWM, 4)  # replies that wait unread; nobody has more than one to send
        self.manager = self._manager()
        self.manager.start_kernel(
            cwd=self.cwd,
            env=environment | {"MPLBACKEND": "Agg", "NBGRADER_EXECUTION": "autograde"},
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if self.sandboxed:
            self.watch = _Watch(self.manager.provisioner.process.kill)
            self.exchange = self.manager.provisioner.exchange
        else:
            self.folder = tempfile.TemporaryDirectory()
            self.exchange = self.folder.name, self.folder.name
        self.client = BlockingKernelClient(context=self.context)
        self.client.load_connection_info(self.manager.get_connection_info())
        self.client.session.unpack = lambda text: port.parse(text, self.limits.answer)
        self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
        self._request(SET_UP.format(name=PORT_NAME, source=PORT_SOURCE), limit=START)

    def _manager(self) -> KernelManager:
        if not self.sandboxed:
            return KernelManager(kernel_name="python3", context=self.context)
        from classroom.sandbox import provisioner

        specs = provisioner.SandboxSpecs()
        return KernelManager(kernel_name=provisioner.NAME, kernel_spec_manager=specs, context=self.context)

    def stop(self) -> None:
        """End the kernel and everything that it holds."""
        if self.manager is None:
            return
        manager, self.manager = self.manager, None
        if self.watch is not None:
            self.watch.stop()
        process = getattr(manager.provisioner, "process", None)
        with suppress(Exception):
            self.client.stop_channels()
        with suppress(Exception):
            manager.shutdown_kernel(now=True)
        self.context.destroy(linger=0)
        if self.folder is not None:
            self.folder.cleanup()
            self.folder = None
        if self.sandboxed and process is not None:
            self.peak = max(self.peak, process.peak or 0)
            self.out_of_memory |= process.out_of_memory

    def run(self, source: str) -> CellError | None:
        """Run one cell. Returns what it raised, or None. Raises KernelLost if the kernel did not survive it."""
        if self.manager is None:
            self.start()
        content, timed_out = self._request(source, limit=self.limits.cell)
        if timed_out:
            return CellError("Timeout", f"the cell ran longer than {self.limits.cell:g} s and was stopped")
        if content.get("status") == "ok":
            return None
        message = re.sub(r"\(\S+\.py, (line \d+)\)", r"(\1)", plain(content.get("evalue", "")))
        return CellError(known_error(content.get("ename")), message)

    def look(self, name: str) -> list:
        """What stands under a name: ["function"], ["value", value] or ["missing"]; raises AnswerFailed, KernelLost."""
        return self._ask(name, f"look(globals(), {name!r}, {self.limits.answer})")

    def call(self, name: str, arguments: tuple, keywords: dict) -> object:
        """The value of one of the learner's functions; raises AnswerFailed, KernelLost."""
        file = f"arguments-{next(self.numbers)}.npz"
        here, there = self.exchange
        port.save(f"{here}/{file}", [list(arguments), keywords])
        try:
            kind, *value = self._ask(name, f"call(globals(), {name!r}, {f'{there}/{file}'!r}, {self.limits.answer})")
        finally:
            with suppress(OSError):  # it may have gone with the kernel
                os.unlink(f"{here}/{file}")
        if kind != "value":
            raise AnswerFailed(f"`{name}` gave nothing that can be read as an answer.")
        return value[0]

    def _ask(self, name: str, expression: str) -> list:
        wrapped = f"__import__('sys').modules[{PORT_NAME!r}].{expression}"
        content, timed_out = self._request("", limit=self.limits.call, expressions={"reply": wrapped})
        if timed_out:
            raise AnswerFailed(
                f"`{name}` was still running after {self.limits.call:g} s and was stopped; "
                "if the machine was busy, try again."
            )
        try:
            reply = content["user_expressions"]["reply"]["data"]["application/x-answer"]
            kind, *rest = port.parse(reply, self.limits.answer)
            if kind in ("missing", "function"):
                return [kind]
            if kind == "value":
                return ["value", port.loads(rest[0], self.limits.answer)]
            first, second = rest
        except port.Refused as refused:
            kind, first, second = "refused", refused.code, refused.name
        except Exception:  # whatever an answer did to its kernel, it counts as an answer that failed
            raise AnswerFailed(f"`{name}` gave nothing that can be read as an answer.") from None
        if kind == "refused":
            raise AnswerFailed(*_refusal(name, str(first), plain(second, 60)))
        raise AnswerFailed(*_told(name, str(first), plain(second)))

    def _request(self, code: str, limit: float, expressions: dict | None = None) -> tuple[dict, bool]:
        """Send an execute request; returns its reply's content and whether it had to be interrupted.

        Raises KernelLost, having killed the kernel, if it can't be interrupted either.
        """
        limit = max(0.0, min(limit, self.end - time.monotonic())) if limit != START else limit
        message = self.client.execute(
            code,
            silent=False,
            store_history=False,
            user_expressions=expressions or {},
            allow_stdin=False,
            stop_on_error=False,
        )
        content = self._wait(message, limit)
        if content is not None:
            return content, False
        with suppress(Exception):
            self.manager.interrupt_kernel()
        content = self._wait(message, GRACE)
        if content is None:
            self.stop()
            raise KernelLost(f"was still running after {limit:.3g} s and could not be interrupted")
        return content, True

    def _wait(self, message: str, limit: float) -> dict | None:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                reply = self.client.get_shell_msg(timeout=min(0.5, max(0.01, end - time.monotonic())))
            except queue.Empty:
                if not self.manager.is_alive():
                    self.stop()
                    if self.watch is not None and self.watch.rang:
                        raise KernelLost("sent more than can be read") from None
                    if self.out_of_memory:
                        raise KernelLost("used more memory than a notebook may") from None
                    raise KernelLost("ended the Python process (a crash, an exit or too much memory)") from None
                continue
            except Exception:
                self.stop()
                raise KernelLost("broke the connection to its Python process") from None
            parent = reply.get("parent_header")
            if isinstance(parent, dict) and parent.get("msg_id") == message and isinstance(reply.get("content"), dict):
                return reply["content"]
        return None


class _Watch:
    """Ends a kernel, by the function given, as soon as this process has grown by ROOM since: it is sent too much.

    A message of endlessly many parts waits in ZMQ's own memory, where no other limit of ours reaches it.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self.rang, self._stopped = False, threading.Event()
        self._most = _memory_held() + ROOM
        threading.Thread(target=self._look, args=(end,), daemon=True).start()

    def _look(self, end: Callable[[], None]) -> None:
        while not self._stopped.wait(0.1):
            if _memory_held() > self._most:
                self.rang = True
                end()
                return

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()


def _memory_held() -> int:
    """Bytes of memory that this process holds, where the system says so, which it does where there is a sandbox."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def plain(text: object, most: int = 300) -> str:
    """What the kernel says, as short printable text on one line."""
    text = "".join(c if c.isprintable() else " " for c in str(text)[:most])
    return text.encode("utf-8", "replace").decode()


def known_error(name: object) -> str:
    """The name of an exception if it is one of Python's own or the course's; any other could be a text in disguise."""
    if name == "NotDone" or name == "LinAlgError" or isinstance(getattr(builtins, str(name), None), type):
        return str(name)
    return "an error"


def _told(name: str, kind: str, message: str) -> tuple[str, str]:
    """An answer that raised, in words: (hint, detail)."""
    kind = known_error(kind)
    if kind == "NotDone":
        return f"`{name}`: not done yet.", ""
    helps = next((advice for part, advice in WHAT_HELPS.items() if part in message), _column(message))
    return f"`{name}` raised {kind}. {helps}".rstrip(), message


def _column(message: str) -> str:
    """What helps where numpy could not broadcast two arrays, or "": its message ends with their shapes."""
    _, found, shapes = message.partition("operands could not be broadcast together with shapes ")
    if not found:
        return ""
    vectors = {shape for shape in shapes.split() if re.fullmatch(r"\(\d+,\)", shape)}
    tables = {shape for shape in shapes.split() if re.fullmatch(r"\(\d+,\d+\)", shape)}
    if any(table.startswith(vector[:-1]) for table in tables for vector in vectors):
        return "Shapes don't fit: one number a row has to be a column, as x[:, None] or keepdims=True makes it."
    if not tables or not vectors:
        return "Shapes don't fit: for every one of x with every one of y, x needs an axis more, x[:, None]."
    return "Shapes don't fit."


def _refusal(name: str, code: str, kind: str) -> tuple[str, str]:
    """An answer that is not plain data, in words: (hint, detail)."""
    wanted = "wanted arrays, numbers, text, True, False, None, or lists, tuples and dicts of these"
    reasons = {
        "kind": f"returned something that cannot be checked; {wanted}.",
        "deep": f"returned something nested more than {port.DEEPEST} deep.",
        "large": "returned something too large to be an answer.",
    }
    reason = reasons.get(code, "gave nothing that can be read as an answer.")
    return f"`{name}` {reason}", f"it is of type {kind}" if kind else ""


class Answers:
    """All of a learner's cells in one kernel, restarted without the cell that breaks it, and their names as proxies."""

    def __init__(
        self,
        cells: Sequence[tuple[str, str]],
        limits: Limits = LIMITS,
        cwd: str | None = None,
        sandboxed: bool = False,
    ) -> None:
        """cells: (label, source) of every code cell that is not a check, in the notebook's order."""
        self.cells, self.kernel = list(cells), AnswerKernel(limits, cwd, sandboxed)
        self.limits = limits
        self.problems: dict[str, CellError] = {}  # label → what its cell did
        self.left_out: set[str] = set()  # cells that broke the kernel
        self.ready = False
        self.restarts = 0

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self.kernel.stop()

    def prepare(self) -> None:
        """Run every cell once; a cell that breaks the kernel is left out and the others run again."""
        while not self.ready:
            self.ready = self._run_all()

    def _run_all(self) -> bool:
        self.restarts += 1
        if self.restarts > self.limits.restarts:
            raise AnswerFailed(f"The notebook broke Python {self.limits.restarts} times.")
        try:
            self.kernel.start()
        except KernelLost as lost:
            raise AnswerFailed(f"Python {lost} while it started.") from None
        for label, source in self.cells:
            if label in self.left_out:
                continue
            self._check_time()
            try:
                error = self.kernel.run(source)
            except KernelLost as lost:
                self.left_out.add(label)
                self.problems[label] = CellError("KernelLost", f"the cell {lost}")
                return False
            if error is None:
                self.problems.pop(label, None)
            else:
                self.problems[label] = error
        return True

    def _check_time(self) -> None:
        if time.monotonic() > self.kernel.end:
            raise AnswerFailed(f"The notebook used up its time ({self.limits.notebook:g} s).")

    def proxy(self, name: str, label: str, called: bool = False) -> object:
        """The value under a name, or a stand-in that calls the function under it.

        label: the cell that should define it; called: whether the task asks for a function.
        """
        self.prepare()
        kind, *value = self._safely(name, lambda: self.kernel.look(name))
        if kind == "missing":
            raise AnswerFailed(*self._why_missing(name, label))
        if kind == "value" and called:
            raise AnswerFailed(f"`{name}` is a value; the task asks for a function.")
        return value[0] if kind == "value" else self._function(name)

    def _why_missing(self, name: str, label: str) -> tuple[str, str]:
        problem = self.problems.get(label)
        if problem is None:
            return f"`{name}` is not there: no cell defines it, or something took it away.", ""
        if problem.kind == "NotDone":
            return f"`{name}`: not done yet.", ""
        if problem.kind in ("Timeout", "KernelLost"):
            return f"`{name}` is not there: {problem.message}.", ""
        return f"`{name}` is not there: its cell raised {problem.kind}.", problem.message

    def _function(self, name: str) -> Callable:
        def answer(*arguments: object, **keywords: object) -> object:
            self.prepare()
            return self._safely(name, lambda: self.kernel.call(name, arguments, keywords))

        answer.__name__ = name
        return answer

    def _safely(self, name: str, ask: Callable):
        self._check_time()
        try:
            return ask()
        except KernelLost as lost:
            self.ready = False
            raise AnswerFailed(f"`{name}` {lost}.") from None
