"""Lesson 13 at a glance: what a rate can bear, and what an alarm is worth where nearly everybody is innocent."""

import numpy as np

from facelab import eigenfaces, images, plots, results, verification, video
from facelab.datasets import load_orl

PASSING, ON_LIST, LIST, THRESHOLD = 50_000, 10, 1000, 0.45  # lesson 10's station
ALARMS = 1000
BLUE, ORANGE, _, _, GREY = plots.COLOURS


def draw():
    fig, (rate, alarms) = plots.figure(1, 2, width=9, height=3.3)
    fig.get_layout_engine().set(wspace=0.08)
    _rate(rate)
    _alarms(alarms)
    return fig


def _rate(ax):
    """One measured rate, and two intervals of it."""
    orl = load_orl()
    vectors = images.as_vectors(orl.images)
    faces = eigenfaces.Eigenfaces(80).fit(vectors).transform(vectors)
    pairs = verification.PairScores.of_images(verification.similarity(faces, faces, "l2"), orl.person)
    limit = verification.threshold_at_fmr(pairs.score[~pairs.same], 0.01)
    fmr, count = 100 * pairs.rate("fmr", limit), np.sum(~pairs.same)
    spans = []
    rows = (("pair", f"{count:,} pairs\ndrawn anew"), ("person", f"{len(np.unique(orl.person))} people\ndrawn anew"))
    for place, (by, words) in enumerate(rows):
        drawn = pairs.bootstrap("fmr", limit, by=by, draws=1000, random_state=0)
        low, high = 100 * np.array(verification.percentile_interval(drawn))
        spans.append(high - low)
        ends = [[fmr - low], [high - fmr]]
        ax.errorbar(fmr, 1 - place, xerr=ends, fmt=plots.MARKERS[place], color=(BLUE, ORANGE)[place], lw=3, capsize=7, markersize=8)
    ax.set(title=f"By people the same rate is {spans[1] / spans[0]:.0f} times less sure", xlabel="false match rate (%)", xlim=(0, 2.4), ylim=(-0.6, 1.6), yticks=[1, 0])
    ax.set_yticklabels([words for _, words in rows])


def _alarms(ax):
    """A thousand alarms as dots; those that are right stand out."""
    watch = results("watchlist")
    row = watch[(watch["people"] == LIST) & (watch["threshold"] == THRESHOLD)][0]
    day = video.alarms_an_hour(PASSING, ON_LIST, row["fpir"], row["fnir"])  # here: a day
    right = round(ALARMS * day.share_right)
    rows, columns = np.divmod(np.arange(ALARMS), 40)
    ax.plot(columns[right:], rows[right:], "o", color=GREY, linestyle="", markersize=3.6)
    ax.plot(columns[:right], rows[:right], "s", color=BLUE, linestyle="", markersize=4.6)
    ax.text(0, 26.3, f"{PASSING:,} people pass, {ON_LIST} of them on a list of {LIST:,};", va="center")
    ax.text(0, 28.3, f"of the others {row['fpir']:.1%} are named", va="center")
    ax.set(title=f"Of {ALARMS:,} alarms {right} name the right person", aspect="equal", xlim=(-1, 40), ylim=(29.2, -1), anchor="N")
    ax.set_axis_off()
