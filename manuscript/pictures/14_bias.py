"""Lesson 14 at a glance: the same threshold for all, and errors that don't fall on all alike."""

import numpy as np

from facelab import plots, results

RACE, GENDER = ("White", "Black", "Asian", "Indian", "others"), ("men", "women")  # the data set's own words
SEEN_AS = {"light": "lighter skin", "dark": "darker skin", "Male": "male", "Female": "female", "Not Sure": "not sure"}
THRESHOLD, CONFIDENCE = 0.363, 0.7
BLUE, ORANGE = plots.COLOURS[:2]


def draw():
    fig, (missed, taken) = plots.figure(1, 2, width=9, height=3.6)
    _missed(missed)
    _taken(taken)
    fig.suptitle("The same threshold for all, and the errors don't fall on all alike", x=0, ha="left", fontsize=12)
    return fig


def _bars(ax, names, rate, low, high, colour, marker):
    """Rates with their intervals, one below the other."""
    place = np.arange(len(rate))
    ax.errorbar(rate, place, xerr=np.abs(np.stack([low, high]) - rate), fmt=marker, color=colour, capsize=4, lw=2, markersize=6)
    ax.set(yticks=place, ylim=(len(rate) - 0.5, -0.5), xlim=(0, None))
    ax.set_yticklabels(names, fontsize=10)


def _missed(ax):
    """Faces that the detector misses, by what annotators wrote down."""
    table = results("wider_groups")
    table = table[(table["detector"] == "yunet") & (table["confidence"] == CONFIDENCE)]
    rows = [table[(table["attribute"] == a) & (table["group"] == g)][0] for a, g in (
        ("tone", "light"), ("tone", "dark"), ("tone", "Not Sure"), ("gender", "Female"), ("gender", "Male"))]
    rows = np.array(rows)
    names = [f"seen as {SEEN_AS[g]}" if g != "Not Sure" else "skin: not sure" for g in rows["group"]]
    _bars(ax, names, 100 * rows["missed"] / rows["faces"], 100 * rows["image_low"], 100 * rows["image_high"], BLUE, "o")
    ax.set_title("Not found", fontsize=11)
    ax.set_xlabel("faces missed by YuNet (%)")


def _taken(ax):
    """Pairs of images within a cell that are taken for one person."""
    table = results("utkface_groups_dedup")
    rows = table[table["threshold"] == THRESHOLD]
    rows = rows[np.argsort(rows["false_matches"] / rows["pairs"])]
    names = [f"{RACE[row['race']]}, {GENDER[row['gender']]}" for row in rows]
    _bars(ax, names, 1000 * rows["false_matches"] / rows["pairs"], 1000 * rows["low"], 1000 * rows["high"], ORANGE, "s")
    ax.set_title("Taken for somebody else", fontsize=11)
    ax.set_xlabel("false matches of SFace in 1,000 pairs")
    ax.set_ylabel("codes that a model guessed\nand people checked", fontsize=9)
