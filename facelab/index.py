"""Download a file of the package index that pip is configured with, through the index's own client, pypi-simple."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests


class NotFetchedError(Exception):
    """No index gave the file; the text says why, index by index, as a clause without capital and full stop."""


def download(project: str, filename: str, target: Path, quiet: bool = False, title: str = "") -> str:
    """Download one file of a project to target, from the first configured index that has it.

    Parameters: project, filename, as the index lists them; target, where the file goes; quiet, to show no progress bar
    on stderr; title, what the bar says (the file's name if nothing).
    Returns: the index's host. The file is not verified, and is shorter than it should be if the connection broke.
    Raises: NotFetchedError if no index gave any of it; OSError if it could not be written.
    """
    # Imported here: it takes half a second, and most programs find everything in the cache.
    import pypi_simple
    import requests

    settings = pip_settings()
    timeout = float(settings.get("timeout", settings.get("default-timeout", 15)))
    indexes = [
        settings.get("index-url", pypi_simple.PYPI_SIMPLE_ENDPOINT),
        *settings.get("extra-index-url", "").split(),
    ]
    if settings.get("no-index", "").lower() in ("1", "t", "true", "y", "yes", "on"):
        indexes = []
    progress = pypi_simple.tqdm_progress_factory(
        desc=title or filename, disable=quiet, leave=False, unit="B", unit_scale=True
    )
    problems = []
    for index in indexes:
        if not index.startswith(("http://", "https://")):
            continue
        host = urlsplit(index).netloc.rpartition("@")[2]
        with pypi_simple.PyPISimple(index, session=_session(settings)) as client:
            try:
                page = client.get_project_page(project, timeout=timeout)
                package = next(package for package in page.packages if package.filename == filename)
                client.download_package(package, target, False, True, progress, timeout)
            except (pypi_simple.NoSuchProjectError, StopIteration):
                problems.append(f"the index at {host} has no {filename}")
            except (requests.RequestException, pypi_simple.UnsupportedContentTypeError) as problem:
                if not target.exists():
                    problems.append(_why(problem, host))
            if target.exists():
                return host
    raise NotFetchedError(", and ".join(problems) or "pip is configured with no index on the network")


def pip_settings() -> dict[str, str]:
    """What pip is configured with, by its files and then by its PIP_ variables: {"index-url": ..., "cert": ...}."""
    # Asked in another process: merely looking for pip in this one (importlib.util.find_spec) makes setuptools fail here
    # later, on Python 3.11. An environment without pip still has the machine's pip.conf, which any pip can read out.
    lines = []
    for pip in ([sys.executable, "-m", "pip"], [shutil.which("pip")]):
        if pip[0] and not lines:
            done = subprocess.run([*pip, "config", "list"], capture_output=True, text=True)
            lines = [line.partition("=") for line in done.stdout.splitlines()] if done.returncode == 0 else []
    settings = {}
    for section in ("global", "install", "download"):
        for key, _, value in lines:
            if key.rpartition(".")[0] == section:
                settings[key.rpartition(".")[2]] = str(ast.literal_eval(value))
    named = {key[4:].lower().replace("_", "-"): value for key, value in os.environ.items() if key.startswith("PIP_")}
    return settings | {key: value for key, value in named.items() if value}


def _session(settings: dict[str, str]) -> requests.Session:
    """A session that connects as pip would: its proxy, its certificates, and the hosts that it trusts without any."""
    import requests
    import urllib3

    class Unverified(requests.adapters.HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> requests.Response:
            return super().send(*arguments, **{**options, "verify": False})

    session = requests.Session()
    # A class that starts at once makes an index answer "busy".
    again = urllib3.Retry(2, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), raise_on_status=False)
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=again))
    session.verify = settings.get("cert", True)
    session.cert = settings.get("client-cert")
    if "proxy" in settings:
        session.proxies = dict.fromkeys(("http", "https"), settings["proxy"])
        session.trust_env = False  # else a proxy in the environment would win over pip's own
    for host in settings.get("trusted-host", "").split():
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        for end in "/" if ":" in host else "/:":
            session.mount(f"https://{host}{end}", Unverified())
    return session


def _why(problem: Exception, host: str) -> str:
    import requests

    if isinstance(problem, requests.exceptions.SSLError):
        return f"the certificate of the index at {host} isn't trusted here (pip's `cert` setting names one that is)"
    if isinstance(problem, requests.exceptions.ProxyError):
        return f"the proxy on the way to the index at {host} doesn't let it through"
    if isinstance(problem, requests.ConnectionError | requests.Timeout):
        return f"there is no connection to the index at {host}"
    if isinstance(problem, requests.HTTPError):
        return f"the index at {host} answered {problem.response.status_code} {problem.response.reason}"
    return f"what answers at {host} isn't a package index"
