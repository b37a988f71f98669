"""A learner's answers, running in a Jupyter kernel of their own, seen from outside as plain data.

The process that uses this module is trusted; the kernel is not. Nothing that the kernel sends is executed: its replies
are read as JSON and .npy (`classroom.port`), within limits of time and size. The kernel's printed output is not even
listened to.
"""

from __future__ import annotations

import inspect
import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from classroom import port
from facelab.checks import CheckFailed

PORT_NAME = "_answer_port"
GRACE = 3.0  # seconds that an interrupted kernel has to answer before it is killed


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

    def __init__(self, limits: Limits = LIMITS, cwd: str | None = None) -> None:
        self.limits, self.cwd = limits, cwd
        self.manager: KernelManager | None = None

    def __enter__(self) -> AnswerKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start (or start anew) the kernel and put the port into it, before any of the learner's code has run."""
        self.stop()
        environment = os.environ | {"MPLBACKEND": "Agg", "NBGRADER_EXECUTION": "autograde"}
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(
            cwd=self.cwd,
            env=environment,
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, 4 * self.limits.answer)
        self.client = BlockingKernelClient(context=self.context)
        self.client.load_connection_info(self.manager.get_connection_info())
        self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
        source = inspect.getsource(port)
        self._request(
            "import sys, types\n"
            f"_m = types.ModuleType({PORT_NAME!r}); exec({source!r}, _m.__dict__); sys.modules[{PORT_NAME!r}] = _m\n"
            "del _m",
            limit=120,
        )

    def stop(self) -> None:
        """End the kernel and everything that it holds."""
        if self.manager is None:
            return
        manager, self.manager = self.manager, None
        with suppress(Exception):
            self.client.stop_channels()
        with suppress(Exception):
            manager.shutdown_kernel(now=True)
        self.context.destroy(linger=0)

    def run(self, source: str) -> CellError | None:
        """Run one cell. Returns what it raised, or None. Raises KernelLost if the kernel did not survive it."""
        if self.manager is None:
            self.start()
        content = self._request(source, limit=self.limits.cell)
        if content["status"] == "ok":
            return None
        if content.get("timed_out"):
            return CellError("Timeout", f"the cell ran longer than {self.limits.cell:g} s and was stopped")
        return CellError(str(content.get("ename", "Error")), str(content.get("evalue", ""))[:2000])

    def look(self, name: str) -> list:
        """What stands under a name: ["function"], ["value", value] or ["missing"]; raises AnswerFailed, KernelLost."""
        return self._ask(name, f"look(globals(), {name!r}, {self.limits.answer})")

    def call(self, name: str, arguments: tuple, keywords: dict) -> object:
        """The value of one of the learner's functions; raises AnswerFailed, KernelLost."""
        text = port.dumps([list(arguments), keywords], 4 * self.limits.answer)
        return self._ask(name, f"call(globals(), {name!r}, {text!r}, {self.limits.answer})")[1]

    def _ask(self, name: str, expression: str) -> list:
        wrapped = f"__import__('sys').modules[{PORT_NAME!r}].{expression}"
        content = self._request("", limit=self.limits.call, expressions={"reply": wrapped})
        if content.get("timed_out"):
            raise AnswerFailed(f"`{name}` was still running after {self.limits.call:g} s and was stopped.")
        try:
            kind, *rest = json.loads(content["user_expressions"]["reply"]["data"]["application/x-answer"])
            if kind in ("missing", "function"):
                return [kind]
            if kind == "value":
                return ["value", port.loads(rest[0])]
            raised, message = map(str, rest)
        except Exception:  # whatever an answer did to its kernel, it counts as an answer that failed
            raise AnswerFailed(f"`{name}` gave nothing that can be read as an answer.") from None
        raise AnswerFailed(*_told(name, raised, message))

    def _request(self, code: str, limit: float, expressions: dict | None = None) -> dict:
        """Send an execute request and wait for its reply's content; interrupts, then kills, what runs over."""
        message = self.client.execute(
            code,
            silent=False,
            store_history=False,
            user_expressions=expressions or {},
            allow_stdin=False,
            stop_on_error=False,
        )
        content = self._wait(message, limit)
        if content is None:
            with suppress(Exception):
                self.manager.interrupt_kernel()
            content = self._wait(message, GRACE)
            if content is None:
                self.stop()
                raise KernelLost(f"was still running after {limit:g} s and could not be interrupted")
            content["timed_out"] = True
        return content

    def _wait(self, message: str, limit: float) -> dict | None:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                reply = self.client.get_shell_msg(timeout=min(0.5, max(0.01, end - time.monotonic())))
            except queue.Empty:
                if not self.manager.is_alive():
                    self.stop()
                    raise KernelLost("ended the Python process (a crash, an exit or too much memory)") from None
                continue
            except Exception:
                self.stop()
                raise KernelLost("broke the connection to its Python process") from None
            if reply.get("parent_header", {}).get("msg_id") == message and isinstance(reply.get("content"), dict):
                return reply["content"]
        return None


def _told(name: str, kind: str, message: str) -> tuple[str, str]:
    """A failed answer in words: (hint, detail)."""
    if kind == "NotDone":
        return f"`{name}`: not done yet.", ""
    if kind in ("NotPlain", "TooLarge"):
        return f"`{name}` returned something that cannot be checked: {message}.", ""
    return f"`{name}` raised {kind}.", message


class Answers:
    """All of a learner's cells in one kernel, restarted without the cell that breaks it, and their names as proxies."""

    def __init__(self, cells: Sequence[tuple[str, str]], limits: Limits = LIMITS, cwd: str | None = None) -> None:
        """cells: (label, source) of every code cell that is not a check, in the notebook's order."""
        self.cells, self.kernel = list(cells), AnswerKernel(limits, cwd)
        self.limits = limits
        self.problems: dict[str, str] = {}  # label → what its cell did
        self.left_out: set[str] = set()  # cells that broke the kernel
        self.ready = False
        self.restarts = 0
        self.end = time.monotonic() + limits.notebook

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self.kernel.stop()

    def prepare(self) -> None:
        """Run every cell once; a cell that breaks the kernel is left out and the others run again."""
        while not self.ready:
            self.ready = self._run_all()

    def _run_all(self) -> bool:
        self._spend()
        self.kernel.start()
        for label, source in self.cells:
            if label in self.left_out:
                continue
            try:
                error = self.kernel.run(source)
            except KernelLost as lost:
                self.left_out.add(label)
                self.problems[label] = f"the cell {lost}"
                return False
            if error is None:
                self.problems.pop(label, None)
            elif error.kind == "NotDone":
                self.problems[label] = "not done yet"
            else:
                self.problems[label] = f"the cell raised {error.kind}: {error.message}"
        return True

    def _spend(self) -> None:
        self.restarts += 1
        if self.restarts > self.limits.restarts or time.monotonic() > self.end:
            raise AnswerFailed(f"The notebook used up its time ({self.limits.notebook:g} s) or broke Python too often.")

    def proxy(self, name: str, label: str) -> object:
        """The value under a name, or a stand-in that calls the function under it. label: the cell that defines it."""
        self.prepare()
        kind, *value = self._safely(name, lambda: self.kernel.look(name))
        if kind == "missing":
            why = self.problems.get(label, "no cell defines it")
            if why == "not done yet":
                raise AnswerFailed(f"`{name}`: not done yet.")
            raise AnswerFailed(f"`{name}` is not there: {why}.")
        return value[0] if kind == "value" else self._function(name)

    def _function(self, name: str):
        def answer(*arguments: object, **keywords: object) -> object:
            self.prepare()
            return self._safely(name, lambda: self.kernel.call(name, arguments, keywords))

        answer.__name__ = name
        return answer

    def _safely(self, name: str, ask):
        if time.monotonic() > self.end:
            raise AnswerFailed(f"The notebook used up its time ({self.limits.notebook:g} s).")
        try:
            return ask()
        except KernelLost as lost:
            self.ready = False
            raise AnswerFailed(f"`{name}` {lost}.") from None


def python_is_this_one() -> bool:
    """Whether the kernel that will run the answers belongs to this environment."""
    return os.path.realpath(KernelManager(kernel_name="python3").kernel_spec.argv[0]) == os.path.realpath(
        sys.executable
    )
