"""Runs inside bubblewrap: imports what notebooks import, once, then forks a kernel in namespaces of its own on request.

Called as `python zygote.py SOCKET`. A request is one line of JSON on a connection to SOCKET; the answers are lines:
"here" (from the process that will guard this kernel), then, once the caller has written a line back, "started", and
at the end "exit CODE PEAK FULL" with the peak memory in bytes and whether it was too much. The caller's line is
"go BYTES": the memory that the guard is to watch over, or 0 where a control group does that. Whoever closes the
connection ends the kernel and all that it started. Standard library only at the top; nothing of the course's machinery
can be seen from in here.

A kernel gets: a user id of its own (as root) or the one mapped id of a new user namespace; its own view of files,
processes, network (none), and shared memory; a private home and /tmp in memory; limits; no capabilities. The folder
with its sockets, which is the host's, can't be written any more once they are there.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NOSUID, NODEV, REMOUNT, BIND, MOVE, RECURSIVE, PRIVATE = 1, 2, 4, 32, 4096, 8192, 16384, 1 << 18
KEPT = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}  # a mount's flags, as statvfs and as mount(2) say them
KEYCTL = {"x86_64": 250, "aarch64": 219}  # the system call's number; the C library has no function for it
JOIN_SESSION_KEYRING = 1
WATCH = 0.2  # seconds between two looks at the memory of a notebook that no control group limits
SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_NO_NEW_PRIVS = 1, 4, 24, 38
HOME, SCRATCH, ASIDE = "/student", "/tmp", "/mnt"
WARM = (
    "cv2", "numpy.testing", "scipy.linalg", "scipy.optimize", "scipy.spatial.distance", "scipy.special", "scipy.stats",
    "sklearn.decomposition", "sklearn.discriminant_analysis", "sklearn.linear_model", "sklearn.metrics",
    "sklearn.neighbors", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "skimage.data", "faiss", "IPython",
    "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib",
    "IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3",
    "tornado.platform.asyncio", "tornado.queues", "encodings.idna", "mimetypes",
    "facelab.checks", "facelab.datasets", "facelab.eigenfaces", "facelab.notebook", "facelab.plots",
    "facelab.verification",
)  # fmt: skip


def checked(result: int) -> None:
    """OSError if a call of the C library failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """mount(2)."""
    encoded = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    checked(libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]))


def memory_folder(target: str, megabytes: int) -> None:
    """A folder in memory that anybody may write into."""
    mount("tmpfs", target, "tmpfs", NOSUID | NODEV, f"size={megabytes}m,mode=1777")


def become_nobody(uid: int | None) -> None:
    """Give up root, if this is root, for a user id of the kernel's own; then enter new namespaces as that user.

    In the new user namespace one id exists: the kernel's. What is outside belongs to nobody and can't be claimed.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    checked(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0))  # else /proc/self belongs to root and the maps can't be written
    outside, group = os.getuid(), os.getgid()
    checked(libc.unshare(NEWUSER | NEWNS | NEWPID | NEWNET | NEWIPC | NEWUTS))
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {outside} 1"), ("gid_map", f"1000 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def own_view(folder: str) -> None:
    """New /proc, home, /tmp and shared memory; of the folder that all kernels share, this kernel's part only."""
    mount(None, "/", None, RECURSIVE | PRIVATE)
    mount("proc", "/proc", "proc", NOSUID | NODEV)
    with contextlib.suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")  # nobody in here gets to be root of a further namespace
    memory_folder(HOME, 256)
    memory_folder("/dev/shm", 64)
    shutil.copytree(f"{folder}/files", HOME, symlinks=True, dirs_exist_ok=True)
    mount(folder, ASIDE, None, BIND)
    base = os.path.dirname(folder)
    mount("tmpfs", base, "tmpfs", NOSUID | NODEV, "size=1m,mode=755")
    os.mkdir(folder)
    mount(ASIDE, folder, None, MOVE)
    empty_scratch()
    os.chdir(HOME)


def empty_scratch() -> None:
    """A new SCRATCH; what bubblewrap shows below it, as where the course itself lies there, is shown again."""
    with open("/proc/self/mountinfo") as file:
        places = [re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), line.split()[4]) for line in file]
    below = [place for place in places if place.startswith(f"{SCRATCH}/")]
    outermost = [place for place in below if not any(place.startswith(f"{other}/") for other in below)]
    shown = [(place, os.open(place, os.O_PATH)) for place in dict.fromkeys(outermost)]
    memory_folder(SCRATCH, 256)
    for place, old in shown:
        if stat.S_ISDIR(os.fstat(old).st_mode):
            os.makedirs(place)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            open(place, "w").close()
        mount(f"/proc/self/fd/{old}", place, None, BIND | RECURSIVE)
        os.close(old)


def close_folder(folder: str) -> None:
    """Make a mounted folder read-only: what is in it can be used, but nothing added, replaced or filled up."""
    flags = os.statvfs(folder).f_flag
    kept = sum(ours for theirs, ours in KEPT.items() if flags & theirs)
    mount(None, folder, None, REMOUNT | BIND | READ_ONLY | kept)


def give_up(limits: dict[str, int]) -> None:
    """Set the limits and drop every capability, for good."""
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        most = resource.getrlimit(number)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(number, (value, value))
    for capability in range(64):
        libc.prctl(CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    checked(libc.capset(header, (ctypes.c_uint32 * 6)()))
    checked(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def last(work, argument: object) -> None:
    """The last that a forked process does: it never gets back into the code that forked it."""
    try:
        work(argument)
        os._exit(0)
    except BaseException as problem:
        print(f"zygote: {work.__name__}: {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
        os._exit(1)


def kernel(job: dict) -> None:
    """The Jupyter kernel; never returns. It tells process 1 when its sockets are there, and waits for the answer."""
    os.setsid()
    if (number := KEYCTL.get(os.uname().machine)) is not None:
        libc.syscall(number, JOIN_SESSION_KEYRING, None)  # a keyring of its own, in place of the instructor's
    give_up(job["limits"])
    os.environ |= {"HOME": HOME, "TMPDIR": SCRATCH, "IPYTHONDIR": f"{SCRATCH}/ipython", "MPLCONFIGDIR": SCRATCH}
    import random

    import numpy as np

    random.seed(0)  # the same in every kernel, so that grading again gives the same marks
    np.random.seed(0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # 2 is a file that all kernels would share
        os.dup2(null, number)
    line = job["line"]
    os.closerange(3, line.fileno())
    os.closerange(line.fileno() + 1, 4096)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    arguments = job["arguments"]
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    os.chdir("/")  # no file beside the notebook is imported in place of a module while the kernel starts
    app = IPKernelApp.instance()
    app.initialize(arguments)
    line.sendall(b"bound")
    if line.recv(8) != b"closed":
        os._exit(1)
    line.close()
    os.chdir(HOME)
    sys.path.insert(0, "")
    app.start()


def first_process(job: dict) -> None:
    """Process 1 of the kernel's own process namespace: starts the kernel and reaps what it leaves behind."""
    libc.prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    own_view(job["folder"])
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        last(kernel, job | {"line": theirs})
    theirs.close()
    if ours.recv(8) == b"bound":
        close_folder(job["folder"])
        ours.sendall(b"closed")
    os.closerange(0, 4096)
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def memory(file_name: str, wanted: tuple[str, ...]) -> int:
    """Bytes that the kernel's processes report under some names, summed over those that are still there."""
    total = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{int(name)}/{file_name}") as file:
            total += sum(int(line.split()[1]) << 10 for line in file if line.startswith(wanted))
    return total


def shared_out() -> int:
    """Bytes of memory that the kernel's processes hold, each shared page counted once among them."""
    return memory("smaps_rollup", ("Pss_Anon", "Pss_Shmem"))


def guard(connection: socket.socket) -> None:
    """One a kernel: start it, end it when the caller hangs up, tell the caller when it ended."""
    lines = connection.makefile("r")
    if not (line := lines.readline()):
        return  # somebody only looked whether this lives
    job = json.loads(line)
    connection.sendall(b"here\n")
    if not (go := lines.readline()):
        return
    most = int(go.split()[1])
    if job["limits"].get("NPROC"):
        # Before the user namespace is made: its processes, and only they, are counted against this.
        resource.setrlimit(resource.RLIMIT_NPROC, (job["limits"]["NPROC"],) * 2)
    become_nobody(job["uid"])
    first = os.fork()
    if first == 0:
        connection.close()
        last(first_process, job)
    ended = os.pidfd_open(first)
    connection.sendall(b"started\n")
    ready, full = [], False
    while not ready and not full:
        ready, _, _ = select.select([ended, connection], [], [], WATCH if most else None)
        full = bool(most) and memory("status", ("RssAnon", "RssShmem")) > most and shared_out() > most
    highest = memory("status", ("VmHWM",))
    if ended not in ready:
        os.kill(first, signal.SIGKILL)  # takes every process of its namespace along
    _, status = os.waitpid(first, 0)
    with contextlib.suppress(OSError):
        connection.sendall(b"exit %d %d %d\n" % (os.waitstatus_to_exitcode(status), highest, full))


def main(path: str) -> None:
    """Import, listen, fork."""
    import importlib

    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.modules["cv2"].setNumThreads(1)
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        print(f"zygote: {threads} threads after importing; only the one that forks would live on", file=sys.stderr)
        sys.exit(1)
    if os.getuid() == 0:
        # bubblewrap covers parts of root's /proc; a kernel's namespace gets a /proc of its own only if one stands bare.
        mount("proc", "/proc", "proc", NOSUID | NODEV)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps the guards
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            last(guard, connection)
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
