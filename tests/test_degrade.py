"""Worse pictures: each against an independent library or by hand."""

import numpy as np
import pytest
import skimage.transform
from scipy.ndimage import gaussian_filter

from facelab import degrade


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8)


def test_shrinking_averages_areas(image):
    blocks = image.reshape(20, 2, 30, 2).mean(axis=(1, 3))
    assert np.abs(degrade.shrink(image, 0.5) - blocks).max() <= 0.5
    assert degrade.shrink(np.dstack([image] * 3), 0.25).shape == (10, 15, 3)
    assert degrade.shrink(image, 1e-6).shape == (1, 1)
    theirs = skimage.transform.downscale_local_mean(image, (4, 4))
    assert np.abs(degrade.shrink(image, 0.25) - theirs).max() <= 0.5
    for factor in (0, -1, 1.5):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            degrade.shrink(image, factor)


def test_fewer_pixels_keep_the_size_and_lose_the_detail(image):
    same = degrade.fewer_pixels(image, 1)
    np.testing.assert_array_equal(same, image)
    spread = [degrade.fewer_pixels(image, factor).std() for factor in (1, 0.5, 0.25, 0.1)]
    assert degrade.fewer_pixels(image, 0.3).shape == image.shape
    assert spread == sorted(spread, reverse=True)


def test_blur_is_a_gaussian():
    smooth = gaussian_filter(np.random.default_rng(1).uniform(0, 255, (80, 80)), 2).round().astype(np.uint8)
    for sigma in (1.5, 3):
        theirs = gaussian_filter(smooth.astype(float), sigma, mode="mirror")
        assert np.abs(degrade.blur(smooth, sigma) - theirs).max() <= 1.5


def test_light_is_clipped_at_white():
    image = np.array([[0, 1, 60, 70, 255]], np.uint8)
    np.testing.assert_array_equal(degrade.expose(image, 4), [[0, 4, 240, 255, 255]])
    np.testing.assert_array_equal(degrade.expose(image, 0.5), [[0, 0, 30, 35, 128]])
    assert degrade.expose(image, np.float32(0.25)).dtype == np.uint8


def test_jpeg_gets_worse_with_quality(image):
    errors = [np.abs(degrade.jpeg(image, quality).astype(int) - image).mean() for quality in (95, 50, 10)]
    assert errors == sorted(errors)
    assert degrade.jpeg(np.dstack([image] * 3), 50).shape == (40, 60, 3)


def test_a_bar_covers_what_it_says_and_nothing_else():
    landmarks = np.array([[30.0, 40], [60, 40], [45, 60], [33, 75], [57, 75]])
    image = np.zeros((120, 90, 3), np.uint8)
    eyes, mouth = (degrade.cover(image, landmarks, part) for part in ("eyes", "mouth"))
    for x, y in landmarks[:2].astype(int):
        assert (eyes[y, x] == degrade.BAR_GREY).all()
        assert (mouth[y, x] == 0).all()
    for x, y in landmarks[3:].astype(int):
        assert (mouth[y, x] == degrade.BAR_GREY).all()
        assert (eyes[y, x] == 0).all()
    assert (image == 0).all()
    turned = degrade.cover(image[:, :, 0], landmarks @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + [30, 0], "eyes")
    assert turned.shape == (120, 90)
    assert 0.7 < (turned > 0).sum() / (eyes[:, :, 0] > 0).sum() < 1.3
    with pytest.raises(ValueError, match="no part 'ears'"):
        degrade.cover(image, landmarks, "ears")
