"""SFace's templates of ORL, so that lessons need not embed 400 images each time they are built.

They are the only templates of people that the project keeps: ORL's volunteers are shown in the lessons anyway.
"""

from __future__ import annotations

import argparse

import numpy as np

from classroom.course import CourseError
from classroom.measure.store import MEASURED, provenance
from facelab.datasets import load_orl
from facelab.embedding import SFaceEmbedder

BORDER, ENLARGE = 30, 2


def main(options: argparse.Namespace) -> None:
    """Write orl_sface.npz: templates (400, 128) float32 in the order of load_orl(), and how they were made."""
    embedded = SFaceEmbedder(BORDER, ENLARGE).embed(load_orl().images)
    if not embedded.found.all():
        raise CourseError(f"SFace found no face in {(~embedded.found).sum()} of the 400 images of ORL.")
    how = provenance("course measure orl_sface", [f"border {BORDER} px (replicated), then enlarged {ENLARGE} times"])
    np.savez(MEASURED / "orl_sface.npz", templates=embedded.templates, how=np.array(how))
    print("data/measured/orl_sface.npz: written")
