"""The style of figures: colours that differ in grey, figures that hold what they should."""

import matplotlib.colors
import numpy as np
import pytest
from scipy.stats import norm

from facelab import plots


def lightness(colour):
    """CIE L* of a colour, 0 (black) to 100 (white)."""
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(luminance) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_the_first_four_colours_are_told_apart_in_grey():
    levels = [lightness(c) for c in plots.COLOURS[:4]]
    assert min(abs(a - b) for i, a in enumerate(levels) for b in levels[:i]) >= 8
    assert levels[1] - levels[0] >= 25  # the two that most figures use


def test_lines_differ_by_more_than_colour():
    assert len(set(zip(plots.DASHES, plots.MARKERS, strict=True))) == len(plots.COLOURS)


def test_faces_draws_every_image_and_hides_the_rest():
    fig = plots.faces(np.zeros((5, 4, 3), np.uint8), list("abcde"), columns=3)
    drawn = [ax for ax in fig.axes if ax.images]
    assert len(drawn) == 5
    assert [ax.get_title(loc="center") for ax in drawn] == list("abcde")
    assert len(fig.axes) == 6


def test_bytes_are_shown_from_black_to_white_not_stretched():
    fig = plots.faces(np.full((1, 4, 3), 100, np.uint8), columns=1)
    assert fig.axes[0].images[0].get_clim() == (0, 255)


def test_titles_stand_left_and_belong_to_their_axes():
    _, (a, b) = plots.figure(1, 2)
    a.set_title("finding")
    assert (a.get_title(loc="left"), b.get_title(loc="left")) == ("finding", "")


def test_a_flow_is_read_from_left_to_right_with_an_arrow_between_two_panels():
    fig, panels = plots.flow([2, 3, 2], ["first", "then"])
    fig.canvas.draw()
    assert tuple(fig.get_size_inches()) == (9, 3.2)
    words = [(text.get_window_extent().x0, text.get_text()) for ax in fig.axes for text in ax.texts if text.get_text()]
    (a, first), (b, then) = words
    assert (first, then) == ("first", "then")
    assert panels[0].bbox.x1 < a < panels[1].bbox.x0 < panels[1].bbox.x1 < b < panels[2].bbox.x0
    with pytest.raises(ValueError, match="2 panels, 4 of 9 inches wide, with 0 arrows"):
        plots.flow([2, 2], [])


def test_normal_scores_are_a_straight_line_on_probit_axes():
    _, (ax,) = plots.figure()
    plots.probit_axes(ax, 1e-3, 0.5)
    thresholds = np.linspace(-1, 3, 9)
    fmr, fnmr = norm.sf(thresholds), norm.cdf(thresholds - 2.5)
    x, y = ax.transData.transform(np.column_stack([fmr, fnmr])).T
    np.testing.assert_allclose(np.diff(y) / np.diff(x), np.full(8, (np.diff(y) / np.diff(x))[0]), rtol=1e-6)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.1 %", "1 %", "5 %", "20 %", "50 %"]
    with pytest.raises(ValueError, match="low is 0 and high is 0.5"):
        plots.probit_axes(ax, 0, 0.5)
