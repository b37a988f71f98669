"""Start the warm process in bubblewrap and ask it for kernels."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from classroom.course import CourseError
from classroom.sandbox import zygote
from classroom.sandbox.memory import MemoryGroup
from facelab import assets
from facelab.tables import data_path

START = 120.0  # seconds that the warm process has for its imports
UIDS = range(1 << 20, 1 << 21)  # above what systems give to people and services
UIDS_IN_CONTAINERS = range(30_000, 60_000)  # where a container has 65,536 ids only
SYSTEM = ("/usr", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/alternatives", "/etc/localtime")
LINKS = ("/lib", "/lib64", "/lib32", "/bin", "/sbin")
FOLDERS = "course-kernels-"  # then the number of the process that owns the folder
SANDBOX_ASSETS = "/assets"


@dataclass(frozen=True)
class Resources:
    """What one notebook may use.

    memory, bytes of all its processes together: at every moment where control groups can be made, else looked at a few
    times a second; space, bytes of address space of each process; processes (threads count too); file, bytes of one
    file; cpu, seconds of each process.
    """

    memory: int = 3 << 30
    space: int = 6 << 30
    processes: int = 128
    file: int = 64 << 20
    cpu: int = 900

    def as_limits(self) -> dict[str, int]:
        """The same as names and values of setrlimit."""
        return {
            "AS": self.space,
            "NPROC": self.processes,
            "FSIZE": self.file,
            "CPU": self.cpu,
            "CORE": 0,
            "NOFILE": 512,
        }


def refusal() -> str:
    """Why there is no sandbox on this machine, in a sentence that says how to go on; "" if there is one."""
    how = (
        "Grade in the container that docs/instructors.md describes, or, if you trust every submission, "
        "with --unsafe, which runs them in your own account."
    )
    if not sys.platform.startswith("linux"):
        return f"The sandbox needs Linux; this is {sys.platform}. {how}"
    if shutil.which("bwrap") is None:
        return f"The sandbox needs bubblewrap (on Debian and Ubuntu: apt install bubblewrap). {how}"
    tried = subprocess.run(
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"],
        capture_output=True,
        text=True,
    )
    if tried.returncode:
        said = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"bubblewrap does not work here ({said}); the system forbids new namespaces. {how}"
    return ""


def bubblewrap(run: Path) -> list[str]:
    """The command that starts the warm process: what it lists exists inside, and nothing else does."""
    environment = {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": zygote.HOME,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": zygote.SCRATCH,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "FACELAB_DATA": SANDBOX_ASSETS,
        "FACELAB_CACHE": f"{zygote.SCRATCH}/facelab",
        "COURSE_ISOLATED": "1",
    }
    command = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--hostname", "grader", "--clearenv"]
    # Root gives each kernel a user id of its own, and the kernels keep nothing of root's.
    command += ["--cap-add", "ALL"] if os.getuid() == 0 else ["--unshare-user"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += ["--perms", "1777", "--tmpfs", zygote.SCRATCH]
    package = Path(zygote.__file__).resolve()
    facelab = Path(assets.__file__).resolve().parent
    shown = [*SYSTEM, sys.base_prefix, sys.prefix, sysconfig.get_path("stdlib"), str(facelab)]
    shown += [str(data_path(part)) for part in ("assets.toml", "cards", "measured", "published")]
    made: set[str] = set()
    for path in dict.fromkeys(shown):
        # bubblewrap gives the folders on the way the mode of the real ones, and a home is closed to others.
        for parent in reversed(Path(path).parents[:-1]):
            if str(parent) not in made and not str(parent).startswith("/usr"):
                made.add(str(parent))
                command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind-try", path, path]
    for link in LINKS:
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
        else:
            command += ["--ro-bind-try", link, link]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", zygote.HOME, "--dir", zygote.ASIDE]
    command += ["--ro-bind-try", str(assets.cache()), SANDBOX_ASSETS]
    if (shared := assets.shared()) is not None and shared.is_dir():  # what it holds comes first, asset by asset
        command += ["--tmpfs", SANDBOX_ASSETS]
        held = {path.name: path for place in (assets.cache(), shared) if place.is_dir() for path in place.iterdir()}
        for name, path in held.items():
            command += ["--ro-bind", str(path), f"{SANDBOX_ASSETS}/{name}"]
        command += ["--remount-ro", SANDBOX_ASSETS]
    command += ["--ro-bind", str(package), "/zygote.py"]
    command += ["--perms", "0755", "--dir", "/run", "--bind", str(run), "/run/kernels", "--chdir", "/"]
    return [*command, "--", sys.executable, "-B", "/zygote.py", "/run/kernels/zygote"]


def free_uids() -> range:
    """User ids that root here can take for kernels."""
    mapped = Path("/proc/self/uid_map").read_text().split()
    return UIDS if len(mapped) == 3 and int(mapped[0]) + int(mapped[2]) >= UIDS.stop else UIDS_IN_CONTAINERS


class Attached:
    """A warm process that somebody started; `kernel` forks one more kernel from it."""

    def __init__(self, run: Path, resources: Resources) -> None:
        self.run, self.resources, self.numbers = run, resources, itertools.count()

    def lives(self) -> bool:
        """Whether it still answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.run / "zygote")) == 0

    def folder(self) -> tuple[Path, int | None]:
        """A new folder for one kernel's sockets and files, and the user id that it belongs to (None: ours)."""
        path = Path(tempfile.mkdtemp(prefix="kernel-", dir=self.run))
        uid = free_uids()[(os.getpid() * 997 + next(self.numbers)) % len(free_uids())] if os.getuid() == 0 else None
        (path / "files").mkdir()
        return path, uid

    def kernel(self, folder: Path, uid: int | None, arguments: list[str]) -> Kernel:
        """Fork a kernel. arguments: of the kernel, its connection file's path as seen from inside among them."""
        connection = socket.socket(socket.AF_UNIX)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        connection.settimeout(START)
        connection.connect(str(self.run / "zygote"))
        job = {
            "folder": inside(folder),
            "uid": uid,
            "arguments": arguments,
            "limits": self.resources.as_limits(),
        }
        connection.sendall(json.dumps(job).encode() + b"\n")
        said, credentials, _, _ = connection.recvmsg(16, socket.CMSG_SPACE(struct.calcsize("3i")))
        if said != b"here\n" or not credentials:
            connection.close()
            raise CourseError("The sandbox's warm process did not answer.")
        pid = struct.unpack("3i", credentials[0][2])[0]
        group = MemoryGroup.make(self.resources.memory)
        if group is not None:
            group.add(pid)
        connection.sendall(b"go %d\n" % (0 if group else self.resources.memory))
        if (said := connection.recv(16)) != b"started\n":
            connection.close()
            raise CourseError("The sandbox could not make namespaces for a kernel; does the system allow nested ones?")
        return Kernel(connection, group)


class Warm(Attached):
    """The warm process, started and ended here: a context manager.

    Starting it takes some seconds; without `wait`, `await_ready` waits for that later.
    Raises: CourseError if there is no sandbox here or the process doesn't start.
    """

    def __init__(self, resources: Resources | None = None, *, wait: bool = True) -> None:
        if reason := refusal():
            raise CourseError(reason)
        _remove_old_folders()
        # Socket names may be 107 bytes long: a short folder, whatever TMPDIR says.
        prefix = f"{FOLDERS}{os.getpid()}-"
        super().__init__(Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp")), resources or Resources())
        self.run.chmod(0o711)
        atexit.register(self.close)
        self.ready, self.errors = False, tempfile.TemporaryFile("w+")  # noqa: SIM115 (`close` closes it)
        self.process = subprocess.Popen(
            bubblewrap(self.run),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
        )
        if wait:
            self.await_ready()

    def await_ready(self) -> None:
        """Wait until kernels can be asked for."""
        if self.ready:
            return
        spoke, _, _ = select.select([self.process.stdout], [], [], START)
        self.ready = bool(spoke) and self.process.stdout.readline() == b"ready\n"
        if not self.ready:
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines()[-1:] or ["it gave no reason"]
            self.close()
            raise CourseError(f"The sandbox did not start: {said[0]}")

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lives(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the warm process and every kernel that it forked."""
        atexit.unregister(self.close)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.run, ignore_errors=True)


def _remove_old_folders() -> None:
    """Remove what warm processes left behind whose owners were killed."""
    for path in Path("/tmp").glob(f"{FOLDERS}*"):
        owner = path.name.removeprefix(FOLDERS).partition("-")[0]
        with contextlib.suppress(OSError):
            if owner.isdigit() and path.lstat().st_uid == os.getuid() and not Path(f"/proc/{owner}").exists():
                shutil.rmtree(path)


def inside(path: Path) -> str:
    """What a kernel's folder, or a file in it, is called inside the sandbox."""
    parts = path.parts
    return "/".join(["/run/kernels", *parts[next(i for i, part in enumerate(parts) if part.startswith("kernel-")) :]])


@dataclass
class Kernel:
    """A kernel in the sandbox, with as much of subprocess.Popen as jupyter_client's provisioner needs."""

    connection: socket.socket
    group: MemoryGroup | None
    returncode: int | None = None
    peak: int | None = None  # bytes, known when it has ended
    out_of_memory: bool = False
    pid: int | None = None
    stdin = stdout = stderr = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        with self.lock:
            if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
                self._read_end()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end."""
        while self.poll() is None:
            select.select([self.connection], [], [], 1)
        return self.returncode

    def kill(self) -> None:
        """End it and everything that it started."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    terminate = kill

    def send_signal(self, number: int) -> None:
        """Signals that end a process end it; an interrupt travels as a message, not this way."""
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.kill()

    def _read_end(self) -> None:
        with contextlib.suppress(OSError):
            words = self.connection.recv(64).split()
            if len(words) == 4 and words[0] == b"exit":
                self.returncode, self.peak, self.out_of_memory = int(words[1]), int(words[2]), words[3] == b"1"
        if self.returncode is None:
            self.returncode = -signal.SIGKILL
        self.connection.close()
        if self.group is not None:
            self.peak = self.group.end() or self.peak
            self.out_of_memory |= self.group.was_full


_shared: Warm | Attached | None = None
_shared_lock = threading.Lock()


def shared(*, wait: bool = True) -> Warm | Attached:
    """The warm process that this process uses: its own, started when it is first asked for, or one it was given.

    Parameters: wait, for its start.
    Raises: CourseError if the one that it was given is gone; whoever gave it has to start another.
    """
    global _shared
    with _shared_lock:
        if _shared is None or not _shared.lives():
            if isinstance(_shared, Attached) and not isinstance(_shared, Warm):
                raise CourseError(
                    "The sandbox's warm process is gone. Run the same command again: it goes on from here."
                )
            _shared = Warm(wait=False)
        if wait and isinstance(_shared, Warm):
            _shared.await_ready()
        return _shared


def use(run: Path, resources: Resources) -> None:
    """From now on use the warm process of another process, whose folder this is, and no other."""
    global _shared
    _shared = Attached(run, resources)
