"""Lesson 11 at a glance: seconds are easy; how many people are found among 1.3 billion is hard, and hardly known."""

import numpy as np

from facelab import plots, results

NATION = 1_300_000_000
CORES = 100
SECONDS, SHARE = 3, 90  # the claim
BLUE, ORANGE, SKY, _, GREY = plots.COLOURS


def draw():
    fig, (cost, found) = plots.figure(1, 2, width=9, height=3.3)
    fig.get_layout_engine().set(wspace=0.12)
    _cost(cost)
    _found(found)
    for ax in (cost, found):
        ax.set_xscale("log")
        ax.axvline(NATION, color="black", linestyle=":", marker="", lw=1)
        ax.set(xlim=(10, 4e9), xticks=[1e2, 1e4, 1e6, NATION], xlabel="people in the gallery")
        ax.set_xticklabels(["100", "10,000", "a million", "1.3 billion"])
        ax.minorticks_off()
    return fig


def _cost(ax):
    """Seconds that exact search takes one core, by the pace in the largest measured gallery, and many cores."""
    table = results("search")
    rows = table[(table["method"] == "numpy exact") & (table["batch"] == 256)]
    each = 1 / rows["queries_per_second"].min() / rows["n"].max()  # a person in the gallery
    sizes = np.array([10, NATION])
    for cores, dash, words in ((1, "-", "one core"), (CORES, "-.", f"{CORES} cores")):
        ax.plot(sizes, each * sizes / cores, color=BLUE, linestyle=dash, marker="")
        ax.plot(NATION, each * NATION / cores, "o", color=BLUE)
        ax.text(3e3, each * 3e3 / cores * (5 if cores == 1 else 0.25), words, color=BLUE, ha="right" if cores == 1 else "left")
    ax.axhline(SECONDS, color=ORANGE, linestyle="--", marker="", lw=1.8)
    ax.text(15, SECONDS * 2, f"the claim: {SECONDS} seconds", color=ORANGE)
    ax.set(yscale="log", ylim=(1e-8, 100), yticks=[1e-6, 1e-3, 1], title="Easy: searching everybody", ylabel="one search (seconds)")
    ax.set_yticklabels(["a millionth", "a thousandth", "1"])


def _found(ax):
    """Share of people found and accepted: measured, and the range of the models that carry it on."""
    curve, nation = results("gallery_curve"), results("gallery_nation")
    real = curve[curve["data"] == "lfw"]
    clean = nation[(nation["condition"] == "clean") & (nation["model"] != "pareto95 moments")]  # its own data refute that one
    sizes = np.unique(clean["n"])
    low, high = (np.array([end(clean[name][clean["n"] == n]) for n in sizes]) for name, end in (("low", min), ("high", max)))
    ax.fill_between(sizes, 100 * low, 100 * high, color=SKY, alpha=0.55, lw=0)
    ax.plot(real["n"], 100 * real["tpir"], "o", color=BLUE, linestyle="")
    ax.axhline(SHARE, color=ORANGE, linestyle="--", marker="", lw=1.8)
    ax.text(3.5e9, SHARE + 2, f"the claim: {SHARE} %", color=ORANGE, ha="right")
    ax.text(20, 84, "measured", color=BLUE)
    ax.text(8e6, 62, "carried on by\nfour models", ha="center", va="center")
    ax.vlines(NATION, 100 * low[-1], 100 * high[-1], color=BLUE, lw=3)
    for end, place in ((low[-1], "bottom"), (high[-1], "top")):
        ax.text(NATION / 1.6, 100 * end, f"{100 * end:.0f} %", ha="right", va=place, color=BLUE)
    ax.set(title="Hard: finding the right one", ylabel="people found (%)", ylim=(0, 103))
