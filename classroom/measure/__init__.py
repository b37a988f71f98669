"""`course measure NAME`: measure what the lessons quote but can't wait for, into data/measured/.

A measurement is a module here with `main(options)`; MEASUREMENTS lists them. Data that may not lie in the project (LFW,
WIDER FACE, UTKFace) are read where they are, from the folder that --data or FACELAB_OUTSIDE names; what is stored are
scores, counts and rates, with people and images as integers.
"""

from __future__ import annotations

import argparse
import importlib
import os
from pathlib import Path

import cv2

MEASUREMENTS = {
    "cbcl": ("classroom.measure.cbcl", "face or not: boosting, HOG, MLP and CNN on three block splits of CBCL"),
    "lfw": ("classroom.measure.lfw", "scores of LFW's 6,000 pairs: pixels, eigenfaces plain and whitened, LBPH, SFace"),
    "coverage": ("classroom.measure.coverage", "how often intervals hold: simulated people whose true rates are known"),
    "ladder": ("classroom.measure.ladder", "the running table of recognisers: ORL people split apart, LFW, speed"),
    "orl_sface": ("classroom.measure.orl_sface", "SFace's templates of ORL's 400 images"),
    "metric_learning": ("classroom.measure.metric_learning", "embeddings by three losses, ten draws of unseen people"),
    "degraded": ("classroom.measure.degraded", "SFace on pictures that get worse: pixels, blur, light; LFW and ORL"),
    "watchlist": ("classroom.measure.watchlist", "SFace on LFW, 1:N: open set by size, several images, normalisation"),
    "orl": ("classroom.measure.orl", "rank-1 and open-set rates on ORL, by method and number of components"),
    "detectors": ("classroom.measure.detectors", "train the stored cascade and networks, choose their thresholds"),
    "montages": ("classroom.measure.montages", "each detector on the test montages: curves, times, the running table"),
    "wider": ("classroom.measure.wider", "each detector over WIDER FACE: average precision, recall, who is missed"),
    "utkface": ("classroom.measure.utkface", "SFace's false matches by group, duplicates, borders and light"),
    "inversion": ("classroom.measure.inversion", "faces rebuilt from SFace's templates: UTKFace learned, LFW attacked"),
    "photo_attack": ("classroom.measure.photo_attack", "simulated prints and screens at the door, and a liveness cue"),
    "revocable": ("classroom.measure.revocable", "signs of keyed projections: error rates, linking, going back"),
    "video": ("classroom.measure.video", "synthetic crowds followed and searched for in a watchlist; k, rules, speed"),
    "orl_landmarks": ("classroom.measure.orl_landmarks", "YuNet's landmarks on ORL, and the detectors' frames"),
    "gallery": ("classroom.measure.gallery", "synthetic people; hit rates of growing galleries, carried on; LFW, ORL"),
    "search": ("classroom.measure.search", "what a search costs and finds: exact, codes, FAISS, Dask; needs gallery"),
}


def main(arguments: list[str]) -> int:
    """Run one measurement and write its tables; returns the exit status."""
    names = "\n".join(f"  {name:<16}{purpose}" for name, (_, purpose) in MEASUREMENTS.items())
    parser = argparse.ArgumentParser(
        prog="course measure",
        description="Measure, and store the table in data/measured/.",
        epilog=f"NAME is one of\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=MEASUREMENTS)
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=os.environ.get("FACELAB_OUTSIDE"),
        help="where LFW, WIDER FACE and UTKFace lie (default: the folder that FACELAB_OUTSIDE names)",
    )
    parser.add_argument(
        "--only",
        metavar="METHOD",
        action="append",
        help="ladder, lfw, detectors, wider: measure only this method and keep the others; may be repeated",
    )
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)  # several threads on a busy machine are many times slower than one
    importlib.import_module(MEASUREMENTS[options.name][0]).main(options)
    return 0
