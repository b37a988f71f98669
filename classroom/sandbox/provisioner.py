"""Jupyter's way to the sandbox: a kernel provisioner, for `course class` and for plain nbgrader alike."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner

from classroom.sandbox.warm import Kernel, inside, shared

NAME = "course-sandbox"
MOST_FILES = 64 << 20  # bytes beside a notebook that are copied in


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel in the sandbox; its sockets are files that it shares with this process and nobody else."""

    folder = None
    process: Kernel | None = None

    @property
    def exchange(self) -> tuple[str, str]:
        """A folder where this process can put files for the kernel to read, as seen from here and from inside."""
        return str(self.folder), inside(self.folder)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        if self.folder is None:
            self.folder, self.uid = shared().folder()
            manager.transport, manager.ip = "ipc", str(self.folder / "k")
            manager.connection_file = str(self.folder / "connection.json")
        files = kwargs.pop("cwd", None)
        kwargs = await super().pre_launch(**kwargs)
        if files:
            copy_in(files, self.folder / "files")
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        # The kernel gets a file of its own that says where its sockets are as seen from inside; jupyter_client keeps
        # and rewrites the other.
        theirs = self.folder / "kernel.json"
        ours = (self.folder / "connection.json").read_text()
        theirs.write_text(ours.replace(str(self.folder), inside(self.folder)))
        theirs.chmod(0o600)
        if self.uid is not None:
            for path in (self.folder, theirs, *(self.folder / "files").rglob("*")):
                os.chown(path, self.uid, self.uid, follow_symlinks=False)
        arguments = ["-f", inside(theirs), *cmd[cmd.index("-f") + 2 :]]
        self.process = await asyncio.to_thread(shared().kernel, self.folder, self.uid, arguments)
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end; the warm process says when, so there is no need to look ten times a second."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        return await asyncio.to_thread(process.wait)

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart=restart)
        if not restart and self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def copy_in(source: str, target: os.PathLike) -> None:
    """Copy the files beside a notebook: no links, and only while they are not too much."""
    left = MOST_FILES
    for root, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        place = os.path.join(target, os.path.relpath(root, source))
        os.makedirs(place, exist_ok=True)
        for name in files:
            path = os.path.join(root, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            left -= os.path.getsize(path)
            if left < 0:
                return
            shutil.copy(path, os.path.join(place, name), follow_symlinks=False)


class SandboxSpecs(KernelSpecManager):
    """Knows one kernel more than are installed: the sandboxed one."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel's specification, as jupyter_client asks for it."""
        if kernel_name != NAME:
            return super().get_kernel_spec(kernel_name)
        return KernelSpec(
            argv=["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python in the course's sandbox",
            language="python",
            interrupt_mode="message",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )
