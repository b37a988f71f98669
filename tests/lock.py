"""The locks as Python sees them: what is pinned, and where an environment has other versions."""

import importlib.metadata
import re
import sysconfig

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from classroom.course import ROOT

TESTED = "constraints-test.txt"


def pins(lock: str) -> dict[str, list[str]]:
    """Name → [version and marker, hash, hash, ...] of each entry of a constraints file."""
    text = (ROOT / lock).read_text()
    entries = [line for line in text.replace("\\\n", " ").splitlines() if not line.startswith("#")]
    parts = (entry.partition("==") for entry in entries)
    return {name: re.split(r"\s+--hash=", rest.strip()) for name, _, rest in parts}


def differences(lock: str = TESTED) -> list[str]:
    """Where the packages of this environment aren't those of the lock, such as "numpy 2.5.1 (lock: 2.4.0)"."""
    # Only what is installed: setuptools, once imported, adds to sys.path the packages that it carries with it.
    places = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    here = {canonicalize_name(d.name): d.version for d in importlib.metadata.distributions(path=places)}
    found = []
    for name, (wanted, *_) in sorted(pins(lock).items()):
        version, _, marker = (part.strip() for part in wanted.partition(" ;"))
        if marker and not Marker(marker).evaluate():
            continue
        if here.get(canonicalize_name(name)) != version:
            found.append(f"{name} {here.get(canonicalize_name(name), 'missing')} (lock: {version})")
    return found
