"""The data sets as arrays, against another reader of the same files, and the splits."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facelab import assets
from facelab.datasets import load_cbcl, load_orl, split_by_person, split_by_shot


@pytest.fixture(scope="module")
def orl():
    return load_orl()


def pillow(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_orl_holds_what_the_files_hold_in_the_order_that_it_says(orl):
    assert (orl.images.shape, orl.images.dtype) == ((400, 112, 92), np.uint8)
    members = assets.read("orl")
    for image, person, shot in zip(orl.images, orl.person, orl.shot, strict=True):
        np.testing.assert_array_equal(image, pillow(members[f"s{person + 1}/{shot + 1}.pgm"]))


def test_orl_is_sorted_by_person_then_shot(orl):
    assert orl.person.dtype == orl.shot.dtype == np.int64
    np.testing.assert_array_equal(orl.person, np.repeat(np.arange(40), 10))
    np.testing.assert_array_equal(orl.shot, np.tile(np.arange(10), 40))


def test_orl_has_files_with_longer_headers_and_without_the_stray_picture():
    members = assets.read("orl")
    assert max(map(len, members.values())) > min(map(len, members.values())) == 112 * 92 + 14
    assert len(members) == 400 and not any("target" in name for name in members)


def test_each_call_gives_arrays_of_its_own(orl):
    before = orl.images[0, 0, 0]
    other = load_orl()
    other.images[:] = 0
    other.person[:] = 0
    assert orl.images[0, 0, 0] == load_orl().images[0, 0, 0] == before
    assert load_orl().person.max() == 39


def test_orl_has_its_datasheet(orl):
    assert orl.card.read_text(encoding="utf-8").startswith("# Datasheet: AT&T / ORL faces")


def test_cbcl_holds_faces_first_each_in_the_order_of_its_numbers():
    cbcl = load_cbcl()
    assert (cbcl.images.shape, cbcl.images.dtype) == ((6977, 19, 19), np.uint8)
    assert cbcl.is_face.dtype == bool and cbcl.is_face[:2429].all() and not cbcl.is_face[2429:].any()
    assert "CBCL" in cbcl.card.read_text(encoding="utf-8")
    members = assets.read("cbcl")
    places = {"face/face00001": 0, "face/face02429": 2428, "non-face/B1_00001": 2429, "non-face/graves111_227": 6976}
    for name, place in places.items():
        np.testing.assert_array_equal(cbcl.images[place], pillow(members[f"{name}.pgm"]), err_msg=name)
    gulf = [pillow(members[f"non-face/GULF_{number}.pgm"]) for number in (9, 10, 11)]
    first = next(i for i in range(2429, 6977) if (cbcl.images[i] == gulf[0]).all())
    np.testing.assert_array_equal(cbcl.images[first : first + 3], gulf)


many = st.lists(st.integers(2, 6), min_size=2, max_size=8)


@settings(deadline=None)
@given(many, st.integers(0, 2**32 - 1))
def test_split_by_shot_takes_as_many_of_everyone_and_leaves_the_others(images, seed):
    person = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(images)) * 3, images))
    enrol, search = split_by_shot(person, 1, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([enrol, search])), np.arange(len(person)))
    np.testing.assert_array_equal(np.sort(person[enrol]), np.arange(len(images)) * 3)
    assert (np.diff(enrol) > 0).all() and (np.diff(search) > 0).all()


@settings(deadline=None)
@given(many, st.integers(0, 2**32 - 1), st.data())
def test_split_by_person_has_nobody_in_both_parts(images, seed, draw):
    person = np.repeat(np.arange(len(images)) + 5, images)
    learned = draw.draw(st.integers(1, len(images) - 1))
    learn, unseen = split_by_person(person, learned, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, unseen])), np.arange(len(person)))
    assert len(set(person[learn])) == learned and not set(person[learn]) & set(person[unseen])


def test_splits_of_orl_have_the_sizes_that_the_lessons_use(orl):
    enrol, search = split_by_shot(orl.person, 5, random_state=0)
    assert len(enrol) == len(search) == 200
    assert len({tuple(orl.shot[enrol][orl.person[enrol] == person]) for person in range(40)}) > 1
    learn, unseen = split_by_person(orl.person, 30, random_state=0)
    assert len(learn) == 300 and len(unseen) == 100


@pytest.mark.parametrize(("split", "count"), [(split_by_shot, 5), (split_by_person, 30)])
def test_a_split_follows_its_random_state_alone(orl, split, count):
    first = split(orl.person, count, random_state=7)
    np.random.seed(1)
    same = split(orl.person, count, random_state=np.random.default_rng(7))
    other = split(orl.person, count, random_state=8)
    np.testing.assert_array_equal(first[0], same[0])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("enrolled", [0, 10, 11])
def test_split_by_shot_says_what_can_be_enrolled(orl, enrolled):
    with pytest.raises(
        ValueError, match=rf"enrolled is {enrolled} and person 0 has 10 images.* 1 to 9 can be enrolled"
    ):
        split_by_shot(orl.person, enrolled, random_state=0)


@pytest.mark.parametrize("learned", [0, 40])
def test_split_by_person_says_how_many_can_be_learned_from(orl, learned):
    with pytest.raises(
        ValueError, match=rf"learned is {learned} and there are 40 people.* 1 to 39 can be learned from"
    ):
        split_by_person(orl.person, learned, random_state=0)
