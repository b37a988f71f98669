"""What a grading command starts first of all, so that it imports while the command itself still does."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver

from classroom.course import CourseError
from classroom.sandbox import warm

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PRELOADED = [
    "classroom.cohort.execute",
    "facelab.datasets",
    "facelab.verification",
    "scipy.stats",
    "sklearn.decomposition",
]


def start(sandboxed: bool) -> multiprocessing.context.ForkServerContext:
    """Start the process that workers are forked from and the sandbox's warm one; neither is waited for.

    Raises: CourseError if there is no sandbox here.
    """
    if sandboxed and (reason := warm.refusal()):
        raise CourseError(reason)
    os.environ |= ONE_THREAD  # workers share the cores already; BLAS threads would only wait for each other
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    if sandboxed:
        warm.shared(wait=False)
    return context
