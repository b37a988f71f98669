"""A real package index on the loopback address, with made-up packages and with the faults that networks have."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class LocalIndex:
    """Serves files by the simple API while it is entered as a context.

    Attributes: files, {project: {filename: content}}, what is served; downloads, how often each file was asked for;
    cut, {filename: bytes after which its transfer breaks off}; status, an HTTP error that answers everything; busy, how
    many requests are answered with 503 first; page, a text that answers everything, as a network's login page does;
    open, an event: cleared, downloads wait for it.
    """

    def __init__(self, files: dict[str, dict[str, bytes]]) -> None:
        self.files = files
        self.downloads: Counter[str] = Counter()
        self.cut: dict[str, int] = {}
        self.status: int | None = None
        self.busy = 0
        self.page: str | None = None
        self.open = threading.Event()
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.scheme = "http"

    def __enter__(self) -> LocalIndex:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}/simple/"


def _handler(index: LocalIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if index.status is not None:
                return self.send_error(index.status)
            if index.busy:
                index.busy -= 1
                return self.send_error(503)
            if index.page is not None:
                return self.answer(index.page.encode(), "text/html")
            # A proxy is asked for whole addresses, of which only the path counts here.
            kind, name = urlsplit(self.path).path.strip("/").split("/")
            if kind == "simple" and name in index.files:
                return self.answer(project_page(index.files[name]).encode(), "text/html")
            files = {filename: content for project in index.files.values() for filename, content in project.items()}
            if kind == "files" and name in files:
                index.downloads[name] += 1
                index.open.wait()
                return self.answer(files[name], "application/octet-stream", index.cut.get(name))
            return self.send_error(404)

        def answer(self, content: bytes, kind: str, cut: int | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def project_page(files: dict[str, bytes]) -> str:
    """A project's page of the simple API."""
    links = (
        f'<a href="../../files/{name}#sha256={hashlib.sha256(content).hexdigest()}">{name}</a>'
        for name, content in files.items()
    )
    return f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>"


def wheel(entries: dict[str, bytes]) -> bytes:
    """A wheel, or any zip archive, of these entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def source_archive(entries: dict[str, bytes]) -> bytes:
    """A source archive (tar.gz) of these entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), int(time.time())
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
