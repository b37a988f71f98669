"""Video: the made-up crowd and its truth, files, the tracker, pooled templates, decisions, and the counts of errors."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.preprocessing import normalize

from classroom.measure import video as measured_video
from facelab import results, video
from facelab.datasets import load_orl
from facelab.detection import Detections, YuNetDetector, iou
from facelab.embedding import SFaceEmbedder, orl_templates
from facelab.identification import Gallery
from facelab.video import NOBODY, IouTracker, Scene, Track, Truth, VideoError, Walker, Watched


@pytest.fixture(scope="module")
def orl():
    return load_orl()


GREY = np.full((240, 320), 120, np.uint8)


def walker(person=3, begin=0.0, end=20.0, start=(80, 120), stop=(240, 120), height=(60, 60), light=(0.0, 0.0)):
    return Walker(person, (5, 6), begin, end, (start, stop), height, light)


@pytest.fixture(scope="module")
def clip(orl, tmp_path_factory):
    """A video file of 20 frames with one person, and its scene."""
    scene = Scene(orl, GREY, (walker(),), 20)
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    video.write_video(path, scene.frames())
    return scene, path


def boxes_of(*corners, side=40):
    return np.array([[x, y, side, side] for x, y in corners], dtype=float)


# --- a video whose truth is known -----------------------------------------------------------------------------------


def test_a_frame_changes_only_round_the_true_box_and_is_the_same_every_time(orl):
    scene = Scene(orl, GREY, (walker(),), 20)
    empty = Scene(orl, GREY, (), 20)
    assert (scene.frame(7) == scene.frame(7)).all()
    assert not (empty.frame(7) == empty.frame(8)).all()  # noise of its own for each frame
    rows, columns = np.nonzero(scene.frame(7) != empty.frame(7))  # the noise is the same: it comes from the seed
    x, y, w, h = scene.truth().at(7).boxes[0]
    assert (columns.min() < x) and (columns.max() > x + w)
    assert x - w / 2 < columns.min() and columns.max() < x + 1.5 * w
    assert y - h / 2 < rows.min() and rows.max() < y + 1.5 * h


def test_the_true_box_follows_the_way_and_the_height(orl):
    truth = Scene(orl, GREY, (walker(height=(30, 90)),), 20).truth()
    assert truth.frame.tolist() == list(range(20))
    middles = truth.boxes[:, :2] + truth.boxes[:, 2:] / 2
    assert np.abs(middles[:, 0] - np.linspace(80, 232, 20)).max() <= 1  # whole pixels
    assert abs(truth.boxes[0, 3] - 30) < 1 and abs(truth.boxes[10, 3] - 45) < 1  # halfway in time: 1/h halfway
    assert (np.diff(truth.boxes[:, 3]) > 0).all()
    table = results("orl_landmarks")
    shot = np.where(truth.frame < 10, 35, 36)  # person 3, shots 5 and 6, half of the time each
    for side, whole in (("w", 92), ("h", 112)):  # the photograph is pasted at a whole number of pixels
        pixels = truth.boxes[:, "xywh".index(side)] / table[side][shot] * whole
        np.testing.assert_allclose(pixels, np.round(pixels), atol=1e-6)


def test_yunet_finds_the_face_in_the_true_box(clip):
    scene, path = clip
    found = YuNetDetector(0.6).detect(list(video.read_video(path))[4])
    assert len(found) == 1
    assert iou(found.boxes, scene.truth().at(4).boxes)[0, 0] > 0.6


def test_who_stands_behind_or_at_the_edge_is_seen_in_part(orl):
    behind = walker(1, start=(160, 120), stop=(160, 120), height=(40, 40))
    before = walker(2, start=(160, 120), stop=(160, 120), height=(80, 80))
    edge = walker(3, start=(0, 60), stop=(0, 60))
    truth = Scene(orl, GREY, (before, behind, edge), 2).truth().at(0)
    assert truth.person.tolist()[-2:] == [2, 3]
    assert 1 not in truth.person or truth.visible[0] < 0.05
    assert truth.visible[-2] == 1
    assert abs(truth.visible[-1] - 0.5) < 0.05


def test_light_turns_and_exposures_blur(orl):
    def face(light=(0.0, 0.0), exposures=1):
        return Scene(orl, GREY, (walker(light=light),), 20, exposures).frame(5).astype(float)

    x, y, w, h = Scene(orl, GREY, (walker(),), 20).truth().at(5).boxes[0].astype(int)
    left, right = np.s_[y : y + h, x : x + w // 2], np.s_[y : y + h, x + w // 2 : x + w]
    plain, lit, from_right = face(), face((0.5, 0.5)), face((-0.5, -0.5))
    assert lit[left].mean() > plain[left].mean() and lit[right].mean() < plain[right].mean()
    assert from_right[left].mean() < plain[left].mean() and from_right[right].mean() > plain[right].mean()
    inside = np.s_[y : y + h, x : x + w]
    sharp, smeared = (cv2.Laplacian(image[inside], cv2.CV_64F).var() for image in (plain, face(exposures=8)))
    assert smeared < 0.9 * sharp


def test_a_scene_that_cannot_be_is_refused(orl):
    with pytest.raises(ValueError, match="each may walk once"):
        Scene(orl, GREY, (walker(), walker()), 5)
    with pytest.raises(ValueError, match="wanted 1 or more of each"):
        Scene(orl, GREY, (walker(),), 0)
    with pytest.raises(ValueError, match="wanted 2 or more"):
        video.make_scene(orl, [3], GREY, 0)


def test_a_made_crowd_comes_from_its_seed_and_crosses(orl):
    background = video.still(np.tile(np.arange(200, dtype=np.uint8), (90, 1)))
    assert background.shape == (480, 640)
    one, same, other = (video.make_scene(orl, [4, 9, 2, 7, 30, 31], background, seed) for seed in (5, 5, 6))
    assert one.walkers == same.walkers != other.walkers
    truth = one.truth()
    assert set(truth.person) == {4, 9, 2, 7, 30, 31}
    assert {shot for way in one.walkers for shot in way.shots} == {5, 6, 7, 8, 9}
    hidden = truth.visible[(truth.person == 4) & (abs(truth.frame - 40) < 10)]
    assert hidden.min() < 0.5  # 4 passes behind 9 in the middle of the video
    heights = truth.boxes[:, 3]
    assert heights.min() < 30 and 90 < heights.max() < 125


# --- files and cameras ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
@pytest.mark.parametrize("colour", [False, True])
def test_what_is_written_is_read_back(tmp_path, name, colour):
    rng = np.random.default_rng(0)
    smooth = [cv2.resize(rng.integers(0, 256, (6, 8), np.uint8), (160, 120)) for _ in range(7)]
    frames = [cv2.merge([f, 255 - f, f]) if colour else f for f in smooth]
    assert video.write_video(tmp_path / name, iter(frames)) == 7
    back = list(video.read_video(tmp_path / name))
    assert len(back) == 7 and all(frame.shape == (120, 160, 3) and frame.dtype == np.uint8 for frame in back)
    for frame, came in zip(frames, back, strict=True):
        want = frame if colour else cv2.merge([frame] * 3)
        assert np.abs(want.astype(int) - came).mean() < 6


def test_a_frame_of_another_size_is_refused_and_those_before_are_kept(tmp_path):
    frames = [GREY, GREY, GREY[:200]]
    with pytest.raises(ValueError, match="frame 2 is 320 x 200 px; those before are 320 x 240"):
        video.write_video(tmp_path / "a.avi", frames)
    assert len(list(video.read_video(tmp_path / "a.avi"))) == 2


def test_what_can_not_be_written(tmp_path):
    with pytest.raises(ValueError, match=r"wanted one of \.avi, \.mp4"):
        video.write_video(tmp_path / "a.gif", [GREY])
    with pytest.raises(ValueError, match="at least one"):
        video.write_video(tmp_path / "a.avi", [])
    with pytest.raises(VideoError, match="can't be written"):
        video.write_video(tmp_path / "nowhere" / "a.avi", [GREY])
    with pytest.raises(TypeError, match="wanted uint8"):
        video.write_video(tmp_path / "a.avi", [GREY / 255])


def test_a_file_that_is_no_video_is_refused_at_once(tmp_path, clip):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        video.read_video(tmp_path / "none.avi")
    (tmp_path / "text.avi").write_text("Not a video.")
    with pytest.raises(VideoError, match=r"text\.avi can't be opened"):
        video.read_video(tmp_path / "text.avi")
    (tmp_path / "empty.avi").write_bytes(b"")
    with pytest.raises(VideoError, match=r"empty\.avi can't be opened"):
        video.read_video(tmp_path / "empty.avi")
    video.write_video(tmp_path / "whole.mp4", [GREY] * 5)  # the index of an mp4 stands at its end
    data = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match="damaged, cut off"):
        video.read_video(tmp_path / "cut.mp4")


@pytest.fixture
def cut(tmp_path, clip):
    """The clip's file, cut off in the middle of a frame."""
    path = tmp_path / "cut.avi"
    data = clip[1].read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    return path


def test_a_video_that_ends_in_mid_frame_gives_its_frames_and_then_says_so(cut, clip):
    came = []
    with pytest.raises(VideoError, match=r"cut\.avi ends after \d+ of 20 frames") as error:
        came.extend(video.read_video(cut))  # extend keeps what came before the error
    assert 10 <= len(came) < 15
    assert f"after {len(came)} of" in str(error.value)
    whole = list(video.read_video(clip[1]))
    assert all((a == b).all() for a, b in zip(came[:-1], whole, strict=False))


def test_following_a_video_that_ends_in_mid_frame_loses_nothing(cut, clip):
    with pytest.raises(VideoError) as error:
        video.follow(video.read_video(cut), YuNetDetector(0.6), every=2)
    watched = error.value.watched
    assert len(watched.tracks) == 1 and 10 <= watched.frames < 15
    whole = video.follow(video.read_video(clip[1]), YuNetDetector(0.6), every=2)
    n = len(watched.tracks[0]) - 1  # the last frame may be damaged
    assert (watched.tracks[0].boxes[:n] == whole.tracks[0].boxes[:n]).all()


class FakeCamera:
    opened = True
    released = 0

    def __init__(self, number):
        self.left = 5

    def isOpened(self):
        return self.opened

    def read(self):
        self.left -= 1
        return (True, cv2.merge([GREY] * 3)) if self.left >= 0 else (False, None)

    def release(self):
        FakeCamera.released += 1


def test_a_camera_is_switched_off_after_the_last_frame_and_when_nobody_asks_any_more(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCamera)
    FakeCamera.released = 0
    assert len(list(video.read_camera(3))) == 3 and FakeCamera.released == 1
    frames = video.read_camera(3)
    assert FakeCamera.released == 1
    next(frames)
    frames.close()
    assert FakeCamera.released == 2
    with pytest.raises(VideoError, match="camera 0 ends after 5 of 9"):
        list(video.read_camera(9))
    assert FakeCamera.released == 3
    monkeypatch.setattr(FakeCamera, "opened", False)
    with pytest.raises(VideoError, match="camera 2 can't be opened"):
        next(video.read_camera(3, number=2))


# --- following ------------------------------------------------------------------------------------------------------


def best_by_trying(before, now, least):
    """The largest sum of allowed overlaps over all one-to-one choices."""
    overlap = iou(before, now)
    overlap = np.where(overlap >= least, overlap, 0)
    if overlap.shape[0] > overlap.shape[1]:
        overlap = overlap.T
    m, n = overlap.shape
    return max(sum(overlap[i, j] for i, j in enumerate(choice)) for choice in itertools.permutations(range(n), m))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5), st.floats(0.05, 0.6))
def test_the_assignment_is_the_best_of_all(seed, m, n, least):
    rng = np.random.default_rng(seed)
    before, now = (np.hstack([rng.uniform(0, 40, (k, 2)), rng.uniform(20, 50, (k, 2))]) for k in (m, n))
    i, j = video.associate(before, now, least)
    assert len(set(i.tolist())) == len(i) == len(set(j.tolist()))
    overlap = iou(before, now)[i, j]
    assert (overlap >= least).all()
    assert overlap.sum() == pytest.approx(best_by_trying(before, now, least))
    assert (np.diff(i) > 0).all()


def test_the_best_choice_is_not_the_greedy_one():
    before, now = boxes_of((0, 0), (18, 0)), boxes_of((10, 0), (-10, 0))
    overlap = iou(before, now)
    assert np.unravel_index(overlap.argmax(), (2, 2)) == (1, 0) or overlap[0, 0] > overlap[0, 1]
    i, j = video.associate(before, now, 0.1)
    assert dict(zip(i.tolist(), j.tolist(), strict=True)) == {0: 1, 1: 0}


def test_an_overlap_below_the_least_never_pushes_a_good_one_aside():
    # Row 0 overlaps both; the sum over all pairs would be larger with the two that are not allowed.
    before = np.array([[0.0, 0, 100, 100], [60, 0, 100, 100]])
    now = np.array([[45.0, 0, 100, 100], [-50, 0, 100, 100]])
    overlap = iou(before, now)
    assert overlap[0, 1] < 0.4 < overlap[1, 0]
    i, j = video.associate(before, now, 0.4)
    assert (i.tolist(), j.tolist()) == ([1], [0])


def test_an_overlap_equal_to_the_least_counts():
    i, j = video.associate(boxes_of((0, 0)), boxes_of((24, 0)), 0.25)  # 16 of 64 columns
    assert (i.tolist(), j.tolist()) == ([0], [0])


def test_nothing_to_associate():
    for before, now in (
        ([], []),
        (boxes_of((0, 0)), []),
        ([], boxes_of((0, 0))),
        (boxes_of((0, 0)), boxes_of((500, 0))),
    ):
        i, j = video.associate(np.array(before), np.array(now))
        assert len(i) == len(j) == 0
    with pytest.raises(ValueError, match="above 0"):
        video.associate(boxes_of((0, 0)), boxes_of((0, 0)), 0)
    with pytest.raises(ValueError, match="NaN"):
        video.associate(boxes_of((0, np.nan)), boxes_of((0, 0)))


def test_a_tracker_keeps_numbers_whatever_the_order_of_boxes():
    tracker = IouTracker()
    assert tracker.update(0, boxes_of((0, 0), (200, 0))).tolist() == [0, 1]
    assert tracker.update(1, boxes_of((195, 5), (5, 5), (100, 100))).tolist() == [1, 0, 2]
    assert tracker.update(2, np.zeros((0, 4))).tolist() == []
    assert tracker.update(3, boxes_of((15, 15))).tolist() == [0]


def test_a_lost_track_is_not_revived():
    tracker = IouTracker(patience=6)
    tracker.update(0, boxes_of((0, 0)))
    assert tracker.update(6, boxes_of((0, 0))).tolist() == [0]
    tracker.update(13, np.zeros((0, 4)))
    assert tracker.update(14, boxes_of((0, 0))).tolist() == [1]


def test_prediction_carries_a_track_through_a_crossing():
    def numbers(predict):
        tracker = IouTracker(predict=predict)
        ways = [(np.array([0.0, 0]), np.array([12.0, 0])), (np.array([246.0, 0]), np.array([-12.0, 0]))]
        rows = []
        for t in range(20):
            boxes = np.array([[*(start + step * t), 40, 40] for start, step in ways])
            rows.append(tracker.update(t, boxes).tolist())
        return rows

    assert numbers(True)[-1] == [0, 1]
    assert numbers(False)[-1] == [1, 0]  # where each was is where the other is: they swap


def test_a_tracker_asks_for_rising_frames_and_numbers_in_range():
    tracker = IouTracker()
    tracker.update(4, boxes_of((0, 0)))
    with pytest.raises(ValueError, match="frame 4 comes after frame 4"):
        tracker.update(4, boxes_of((0, 0)))
    for arguments in ({"least": 0}, {"least": 1.1}, {"patience": -1}):
        with pytest.raises(ValueError, match="IouTracker"):
            IouTracker(**arguments)


class Still:
    """A detector that always finds the same face."""

    def __init__(self, landmarks=None):
        self.landmarks, self.asked = landmarks, 0

    def detect(self, image):
        self.asked += 1
        return Detections(boxes_of((100, 100), side=60), np.array([0.9]), self.landmarks)


@pytest.mark.parametrize(("every", "searched"), [(1, range(11)), (5, (0, 5, 10)), (10, (0, 10)), (50, (0,))])
def test_every_kth_frame_is_searched(every, searched):
    detector = Still()
    watched = video.follow([GREY] * 11, detector, every=every)
    assert watched.frames == 11 and watched.searched.tolist() == list(searched) == watched.tracks[0].frames.tolist()
    assert detector.asked == len(searched)
    assert watched.tracks[0].templates is None


def test_following_refuses_what_it_cannot_do():
    for every in (0, -3):
        with pytest.raises(ValueError, match=f"every is {every}; wanted 1"):
            video.follow([GREY], Still(), every=every)
    with pytest.raises(ValueError, match="no landmarks"):
        video.follow([GREY], Still(), SFaceEmbedder())
    with pytest.raises(VideoError, match="frame 3 is 320 x 200 px") as error:
        video.follow([GREY] * 3 + [GREY[:200]], Still(), every=1)
    assert error.value.watched.frames == 3 and len(error.value.watched.tracks[0]) == 3
    empty = video.follow([], Still())
    assert empty.tracks == [] and empty.frames == 0


def test_between_detections_a_box_lies_on_a_straight_line():
    track = Track(0, np.array([10, 20]), np.array([[0.0, 0, 40, 40], [100, 20, 60, 40]]), np.ones(2))
    assert track.box_at(15).tolist() == [50, 10, 50, 40]
    assert track.box_at(20).tolist() == [100, 20, 60, 40]
    assert track.box_at(9) is None and track.box_at(21) is None
    with pytest.raises(ValueError, match="no templates"):
        track.template()


# --- one decision a person ------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_a_pool_is_the_normalised_weighted_mean(seed, n):
    rng = np.random.default_rng(seed)
    templates, weights = normalize(rng.normal(size=(n, 16))), rng.uniform(0.1, 1, n)
    pooled = video.pool(templates, weights)
    np.testing.assert_allclose(pooled, normalize(np.average(templates, axis=0, weights=weights)[None])[0])
    np.testing.assert_allclose(video.pool(templates, 7 * weights), pooled)
    np.testing.assert_allclose(video.pool(templates), video.pool(templates, np.full(n, 0.3)))


def test_a_pool_keeps_the_dtype_and_ignores_what_weighs_nothing():
    templates = normalize(np.random.default_rng(0).normal(size=(3, 8))).astype(np.float32)
    assert video.pool(templates).dtype == np.float32
    np.testing.assert_allclose(video.pool(templates, [0, 1, 0]), templates[1], rtol=1e-6)


def test_what_can_not_be_pooled():
    good = np.eye(3, 4)
    bad = good.copy()
    bad[1, 2] = np.nan
    for templates, weights, message in (
        (np.zeros((0, 4)), None, "empty track"),
        (good[0], None, "wanted"),
        (bad, None, "template 1 of 3 holds NaN"),
        (good, [1, 1], "one a box"),
        (good, [1, -1, 1], "0 or more"),
        (good, [0, 0, 0], "not all 0"),
        (good, [1, np.inf, 1], "finite"),
        (good, [1, np.nan, 1], "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            video.pool(templates, weights)


def test_quality_is_the_score_times_the_height_up_to_80_px():
    boxes = np.array([[0.0, 0, 30, 40], [0, 0, 60, 80], [0, 0, 90, 160]])
    np.testing.assert_allclose(video.quality(np.array([0.9, 0.9, 0.8]), boxes), [0.45, 0.9, 0.8])


def test_a_track_weighs_its_templates_by_quality():
    templates = np.eye(2, 128, dtype=np.float32)
    track = Track(0, np.arange(2), np.array([[0.0, 0, 20, 20], [0, 0, 80, 80]]), np.ones(2), templates)
    np.testing.assert_allclose(track.template()[:2], np.array([1, 4]) / np.sqrt(17), rtol=1e-6)
    np.testing.assert_allclose(track.template(weighted=False)[:2], np.array([1, 1]) / np.sqrt(2), rtol=1e-6)


def test_a_decision_names_at_the_threshold_and_nobody_below_it():
    gallery = Gallery().enrol(np.array([7, 9]), np.eye(2, 4))
    probe = np.array([0.6, 0.8, 0, 0])
    assert video.decide(probe, gallery, 0.8).person == 9
    assert video.decide(probe, gallery, 0.81) == video.Decision(NOBODY, pytest.approx(0.8))
    with pytest.raises(ValueError, match="NaN"):
        video.decide(np.array([np.nan, 0, 0, 0]), gallery, 0.5)
    with pytest.raises(ValueError, match="wanted"):
        video.decide(np.eye(2, 4), gallery, 0.5)
    with pytest.raises(ValueError):
        video.decide(probe, Gallery(), 0.5)


def test_alarms_of_an_hour_are_what_a_simulated_crowd_gives():
    alarms = video.alarms_an_hour(10_000, 4, 0.002, 0.25)
    assert alarms.false == pytest.approx(binom.mean(9_996, 0.002)) and alarms.right == pytest.approx(3)
    rng = np.random.default_rng(0)
    false, right = rng.binomial(9_996, 0.002, 20_000), rng.binomial(4, 0.75, 20_000)
    assert abs(right.sum() / (right.sum() + false.sum()) - alarms.share_right) < 0.005
    assert np.isnan(video.alarms_an_hour(10, 0, 0, 0).share_right)
    for wrong in ((10, 11, 0.1, 0.1), (10, -1, 0.1, 0.1), (10, 1, 1.1, 0.1), (10, 1, 0.1, -0.1)):
        with pytest.raises(ValueError, match="alarms_an_hour"):
            video.alarms_an_hour(*wrong)


# --- tracks against the truth ---------------------------------------------------------------------------------------


def made_up(visible=1.0):
    """Two people, 0 on the left and 1 on the right, in frames 0, 5, 10 and 15."""
    frames = np.repeat(np.arange(0, 20, 5), 2)
    boxes = boxes_of(*[(0, 0), (200, 0)] * 4)
    return Truth(frames, np.tile([0, 1], 4), boxes, np.full(8, visible))


def watched_as(*tracks):
    """Tracks from lists of (frame, x)."""
    made = [
        Track(n, np.array([f for f, _ in rows]), boxes_of(*[(x, 0) for _, x in rows]), np.ones(len(rows)))
        for n, rows in enumerate(tracks)
    ]
    return Watched(made, 20, np.arange(0, 20, 5))


def test_perfect_tracks_have_nothing_against_them():
    watched = watched_as([(0, 0), (5, 0), (10, 0), (15, 0)], [(0, 200), (5, 200), (10, 200), (15, 200)])
    account = video.hold_against(watched, made_up())
    assert account.person.tolist() == [0, 1] and account.visible.tolist() == account.found.tolist() == [4, 4]
    assert account.switches.tolist() == [0, 0] and account.whole.all() and account.false_boxes == 0
    assert account.shown == {0: 0, 1: 1}


def test_swaps_gaps_misses_and_false_boxes_are_counted():
    watched = watched_as(
        [(0, 0), (5, 0), (10, 200), (15, 200)],  # goes over from 0 to 1
        [(0, 200), (5, 200), (15, 0)],  # and the other way, after a miss
        [(10, 400)],  # nothing is there
    )
    account = video.hold_against(watched, made_up())
    assert account.found.tolist() == [3, 4]
    assert account.switches.tolist() == [1, 1]
    assert account.whole.tolist() == [False, False]
    assert account.false_boxes == 1
    assert account.shown == {0: 0, 1: 1, 2: NOBODY}


def test_hidden_and_tiny_faces_are_neither_missed_nor_false():
    watched = watched_as([(0, 0)])
    for truth, options in ((made_up(0.4), {}), (made_up(), {"height": 50})):
        account = video.hold_against(watched, truth, **options)
        assert len(account.person) == 0 and account.false_boxes == 0
        assert account.shown == {0: 0}
    nobody = video.hold_against(Watched([], 20, np.arange(0, 20, 5)), made_up())
    assert nobody.found.tolist() == [0, 0] and not nobody.whole.any()


def test_a_whole_pipeline_finds_follows_and_names(orl, tmp_path):
    templates = orl_templates()
    ways = (
        walker(21, end=30, start=(60, 100), stop=(160, 100), height=(60, 80)),
        walker(33, end=30, start=(420, 160), stop=(330, 150), height=(70, 80)),
    )
    scene = Scene(orl, np.full((240, 480), 90, np.uint8), ways, 30)
    video.write_video(tmp_path / "a.avi", scene.frames())
    watched = video.follow(video.read_video(tmp_path / "a.avi"), YuNetDetector(0.6), SFaceEmbedder(), every=6)
    account = video.hold_against(watched, scene.truth())
    assert account.whole.all() and account.found.tolist() == account.visible.tolist()
    listed = np.isin(orl.person, [20, 21, 22]) & (orl.shot < 5)
    gallery = Gallery().enrol(orl.person[listed], templates[listed])
    named = {account.shown[t.number]: video.decide(t.template(), gallery, 0.45).person for t in watched.tracks}
    assert named == {21: 21, 33: NOBODY}


# --- what is stored -------------------------------------------------------------------------------------------------


def test_the_parts_of_the_measurement_share_nobody_and_half_of_those_who_walk_are_listed(orl):
    templates = orl_templates()
    seen = {}
    for part in measured_video.PARTS:
        for seed in range(3):
            one = measured_video.crowd(orl, templates, part, seed)
            walking = [way.person for way in one.scene.walkers]
            assert len(walking) == 6 and one.listed.sum() == 3
            assert set(np.array(walking)[one.listed]) <= set(one.gallery.person)
            assert not set(np.array(walking)[~one.listed]) & set(one.gallery.person)
            assert len(np.unique(one.gallery.person)) == 10
            seen.setdefault(part, set()).update(walking, one.gallery.person.tolist())
    assert not seen["choose"] & seen["use"]


def test_the_stored_counts_hold_together():
    table = results("video")
    assert sorted(set(zip(table["seed"], table["k"], table["predict"], strict=True))) == list(
        itertools.product((0, 1, 2), (1, 5, 10), (0, 1))
    )
    assert (table["whole"] <= table["detected"]).all() and (table["detected"] <= table["people"]).all()
    assert (table["found"] <= table["seen"]).all() and np.isnan(table["identified"][table["predict"] == 0]).all()
    named = table[table["predict"] == 1]
    assert (named["identified"] <= named["listed"]).all() and (named["people"] - named["detected"] <= 1).all()
    tracks = results("video_tracks")
    assert set(tracks["part"]) == {"choose", "use"}
    assert (tracks["any_score"] >= tracks["first_score"]).all()
    assert tracks["person"][tracks["part"] == "choose"].max() < 20
    use = tracks["person"][(tracks["part"] == "use") & (tracks["person"] >= 0)]
    assert use.min() >= 20
