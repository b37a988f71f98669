"""Some kinds as an ordinary user: `python tests/hostile_ordinary.py FOLDER KIND…` prints what came of each, as JSON.

Where the tests run as root, `as_ordinary` makes the command that becomes a user without any rights first.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from classroom.course import ROOT
from facelab import assets

UID = 12345


def as_ordinary(command: Sequence[str]) -> list[str]:
    """The command for an ordinary user: the same, or, for root, one that becomes user 12345 without capabilities.

    What Python and the tests need may lie in a home that is closed to others, such as root's. In a mount namespace of
    the command's own, a folder in memory that is open covers such a home, and only what is needed shows through.
    """
    if os.getuid():
        return list(command)
    steps = ["set -e", "aside=$(mktemp -d)"]
    needed = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, ROOT, assets.cache())}
    closed = {next((p for p in reversed(path.parents) if not p.stat().st_mode & 1), None): [] for path in needed}
    for path in sorted(needed):
        closed[next((p for p in reversed(path.parents) if not p.stat().st_mode & 1), None)].append(path)
    for home, paths in closed.items():
        if home is None:
            continue
        for number, path in enumerate(paths):
            steps += [f"mkdir $aside/{number}", f"mount --bind {shlex.quote(str(path))} $aside/{number}"]
        steps.append(f"mount -t tmpfs -o mode=755 none {shlex.quote(str(home))}")
        for number, path in enumerate(paths):
            steps += [f"mkdir -p {shlex.quote(str(path))}", f"mount --bind $aside/{number} {shlex.quote(str(path))}"]
        steps += [f"umount $aside/{number}" for number in range(len(paths))]
        steps.append("rmdir $aside/*")
    steps.append("rmdir $aside")
    become = f"exec setpriv --reuid={UID} --regid={UID} --clear-groups --inh-caps=-all --bounding-set=-all"
    steps.append(f'{become} "$@"')
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(steps), "sh", *command]


def main(folder: Path, names: Sequence[str]) -> None:
    """Try out kinds in a class of this user's own."""
    from hostile import World, by_name
    from hostile_trial import Ours, make_class, wrong_about

    kinds = [by_name(name) for name in names]
    made = make_class(folder, kinds)
    with World(folder / "outside") as world, Ours(made, world) as ours:
        for kind in kinds:
            trial = ours.try_out(kind)
            print(json.dumps([kind.name, trial.points, trial.reasons, wrong_about(kind, trial)]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
