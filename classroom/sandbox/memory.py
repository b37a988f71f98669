"""A limit on the memory of all of a notebook's processes together, where this process may make control groups."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/sys/fs/cgroup")
FILES = {  # by version of the control groups: limit, limit with swap, peak
    1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max_usage_in_bytes"),
    2: ("memory.max", "memory.swap.max", "memory.peak"),
}
_numbers = itertools.count()


@dataclass
class MemoryGroup:
    """One control group. was_full: whether the system had to kill for want of memory in it; known after `end`."""

    path: Path
    version: int
    was_full: bool = False

    @classmethod
    def make(cls, most: int) -> MemoryGroup | None:
        """A group whose processes may use `most` bytes together; None where none can be made."""
        for version, parent in parents():
            _remove_old(parent)
            path = parent / f"course-{os.getpid()}-{next(_numbers)}"
            limit, with_swap, _ = FILES[version]
            try:
                path.mkdir()
                (path / limit).write_text(str(most))
            except OSError:
                with contextlib.suppress(OSError):
                    path.rmdir()
                continue
            with contextlib.suppress(OSError):  # where swap isn't counted, there is no such file
                (path / with_swap).write_text("0" if version == 2 else str(most))
            return cls(path, version)
        return None

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, into the group."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def end(self) -> int | None:
        """Remove the group; returns the most bytes that were used in it, if the system says so."""
        peak = None
        with contextlib.suppress(OSError, ValueError):
            peak = int((self.path / FILES[self.version][2]).read_text())
        with contextlib.suppress(OSError):
            events = self.path / ("memory.events" if self.version == 2 else "memory.oom_control")
            self.was_full = any(
                line.startswith("oom_kill ") and int(line.split()[1]) > 0 for line in events.read_text().splitlines()
            )
        for _ in range(50):
            with contextlib.suppress(OSError):
                self.path.rmdir()
                break
            time.sleep(0.02)  # the last processes are still going
        return peak


def _remove_old(parent: Path) -> None:
    """Remove groups whose makers are gone; the system keeps those that still hold a process."""
    for path in parent.glob("course-*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if not Path(f"/proc/{int(path.name.split('-')[1])}").exists():
                path.rmdir()


def parents() -> list[tuple[int, Path]]:
    """Where a group could be made: (version, this process's own group); the list may be empty."""
    places = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "memory":
                places.append((1, SYSTEM / "memory" / path.lstrip("/")))
            elif controllers == "" and (SYSTEM / "cgroup.controllers").exists():
                places.append((2, SYSTEM / path.lstrip("/")))
    return [(version, place) for version, place in places if os.access(place, os.W_OK)]
