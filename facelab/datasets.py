"""The data sets of the course as arrays, each with its datasheet, and honest ways to split them.

Lesson 01 begins with load_orl, lesson 03 with the splits by shot and by person, lesson 04 with CBCL and its blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facelab import assets
from facelab.tables import data_path, results


@dataclass(frozen=True, eq=False)
class Orl:
    """The AT&T / ORL faces: 40 people, 10 photographs ("shots") of each, sorted by person, then by shot."""

    images: np.ndarray  #: (400, 112, 92) uint8: image, row, column; 0 black to 255 white
    person: np.ndarray  #: (400,) int64, 0 to 39: folder s1 of the data set is person 0
    shot: np.ndarray  #: (400,) int64, 0 to 9: file 1.pgm is shot 0
    card: Path  #: the datasheet


@dataclass(frozen=True, eq=False)
class Cbcl:
    """The training part of MIT CBCL: 2,429 faces, then 4,548 patches without a face, each sorted by file name.

    Neighbours in this order are near-duplicates: split by blocks of neighbours, never at random.
    """

    images: np.ndarray  #: (6977, 19, 19) uint8: image, row, column; 0 black to 255 white
    is_face: np.ndarray  #: (6977,) bool
    card: Path  #: the datasheet


def load_orl() -> Orl:
    """The AT&T / ORL faces (Samaria and Harter, 1994), fetched if they aren't there, in fresh arrays.

    Raises: facelab.assets.AssetError if they can't be had.
    """
    members = assets.read("orl")
    place = {name: (int(name[1:].split("/")[0]) - 1, int(Path(name).stem) - 1) for name in members}  # "s1/10.pgm"
    names = sorted(members, key=place.get)
    person, shot = np.array([place[name] for name in names]).T.copy()
    return Orl(_images(members, names), person, shot, data_path(assets.asset("orl").card))


def load_orl_landmarks() -> np.ndarray:
    """Five points of each ORL photograph, in the order of load_orl: (400, 5, 2) float64, x, y in pixels.

    The person's right eye (on the left of the picture), left eye, tip of the nose, right and left corner of the mouth,
    as YuNet found them; from the stored table orl_landmarks (`course measure orl_landmarks`).
    """
    table = results("orl_landmarks")
    points = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
    return np.stack([table[f"{point}_{axis}"] for point in points for axis in "xy"], axis=1).reshape(-1, 5, 2)


def load_cbcl() -> Cbcl:
    """The training part of MIT CBCL, fetched (63 MB) if it isn't there, in fresh arrays.

    Raises: facelab.assets.AssetError if it can't be had.
    """
    members = assets.read("cbcl")
    is_face = {name: name.startswith("face/") for name in members}
    # "GULF_9.pgm" comes before "GULF_10.pgm", so that neighbours in the data set stay neighbours.
    names = sorted(members, key=lambda name: (not is_face[name], *_numbers_as_numbers(name)))
    return Cbcl(
        _images(members, names), np.array([is_face[name] for name in names]), data_path(assets.asset("cbcl").card)
    )


def split_by_shot(
    person: np.ndarray, enrolled: int, random_state: int | np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some images of every person to enrol; the others are searched for. Everyone is in both parts.

    Parameters: person (N,), whose image each is; enrolled, how many of each person's images to enrol; random_state,
    an integer seed or a numpy Generator. The draw differs from person to person.
    Returns: enrol, search: int64 indices into person, each sorted, together 0 to N - 1.
    Raises: ValueError if a person would be left with nothing to enrol or to search for.
    """
    rng = np.random.default_rng(random_state)
    people, images = np.unique(person, return_counts=True)
    if not 1 <= enrolled < images.min():
        raise ValueError(
            f"split_by_shot: enrolled is {enrolled} and person {people[images.argmin()]} has {images.min()} images. "
            f"Each person needs at least one to enrol and one to search for: 1 to {images.min() - 1} can be enrolled."
        )
    enrol = np.concatenate([rng.choice(np.flatnonzero(person == one), enrolled, replace=False) for one in people])
    return np.sort(enrol), np.setdiff1d(np.arange(len(person)), enrol)


def split_by_person(
    person: np.ndarray, learned: int, random_state: int | np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some people to learn from; the others are never seen. Nobody is in both parts.

    Parameters: person (N,), whose image each is; learned, how many people to learn from; random_state, an integer
    seed or a numpy Generator.
    Returns: learn, unseen: int64 indices into person, each sorted, together 0 to N - 1.
    Raises: ValueError if nobody would be left in one of the parts.
    """
    rng = np.random.default_rng(random_state)
    people = np.unique(person)
    if not 1 <= learned < len(people):
        raise ValueError(
            f"split_by_person: learned is {learned} and there are {len(people)} people. "
            f"Each part needs at least one: 1 to {len(people) - 1} can be learned from."
        )
    seen = np.isin(person, rng.choice(people, learned, replace=False))
    return np.flatnonzero(seen), np.flatnonzero(~seen)


def split_by_block(
    label: np.ndarray, share: float, random_state: int | np.random.Generator, block: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Draw whole blocks of neighbours to test on; the others are learned from. For data whose neighbours are alike.

    Parameters: label (N,), such as Cbcl.is_face: blocks are cut within one label, in the order of the data; share, of
    each label's blocks, to test on; random_state, an integer seed or a numpy Generator; block, images in a block (the
    last of a label may have fewer).
    Returns: learn, test: int64 indices into label, each sorted, together 0 to N - 1.
    Raises: ValueError if a label would be left with no block to learn from or none to test on.
    """
    rng = np.random.default_rng(random_state)
    label = np.asarray(label)
    test = np.zeros(len(label), dtype=bool)
    for value in np.unique(label):
        members = np.flatnonzero(label == value)
        number = np.arange(len(members)) // block
        count = int(number[-1]) + 1
        drawn = round(share * count)
        if not 1 <= drawn < count:
            raise ValueError(
                f"split_by_block: a share of {share} of the {count} blocks of label {value} is {drawn}; "
                "wanted at least one block to learn from and one to test on."
            )
        test[members[np.isin(number, rng.choice(count, drawn, replace=False))]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)


def _images(members: dict[str, bytes], names: list[str]) -> np.ndarray:
    # A PGM header may hold comments and has no fixed length, so the pixels can't be cut out by counting bytes.
    return np.stack([cv2.imdecode(np.frombuffer(members[name], np.uint8), cv2.IMREAD_GRAYSCALE) for name in names])


def _numbers_as_numbers(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
