"""Lesson 15 at a glance: a photograph, printed in a simulation, may open the door, and so may a rebuilt face."""

import cv2
import numpy as np

from facelab import plots, privacy, results, verification
from facelab.datasets import load_orl, split_by_person
from facelab.detection import as_colour
from facelab.embedding import SFaceEmbedder, orl_aligned, orl_templates
from facelab.images import as_vectors

STOLEN, ENROLLED = 31, 30  # two pictures of one ORL volunteer, who isn't among those learned from
BLUE, ORANGE, _, _, GREY = plots.COLOURS


def draw():
    fig, (attacks, often) = plots.flow([5.4, 2.5], ["how\noften?"], height=3.3)
    _attacks(attacks)
    _often(often)
    fig.suptitle("A face can't be changed like a password: what is stolen may open doors", x=0, ha="left", fontsize=12)
    return fig


def _attacks(ax):
    """Two rows: what was stolen, what is shown to the door, and the photograph that the door knows."""
    orl, templates, faces = load_orl(), orl_templates(), orl_aligned()
    learn, _ = split_by_person(orl.person, 30, random_state=1)
    inverter = privacy.fit_inverter(templates[learn], as_vectors(faces[learn]), 250)
    rebuilt = inverter.rebuild(templates[[STOLEN]]).reshape(56, 56).clip(0, 255).astype(np.uint8)
    printed = cv2.cvtColor(privacy.camera(privacy.print_attack(orl.images[STOLEN], 1), 1), cv2.COLOR_BGR2GRAY)

    embedder = SFaceEmbedder(border=30, enlarge=2)
    large = as_colour(cv2.resize(rebuilt, (112, 112), interpolation=cv2.INTER_CUBIC))
    shown = [embedder.describe(large[None])[0], embedder.embed([printed], quiet=True).templates[0]]
    known = templates[learn]
    limit = verification.threshold_at_fmr(verification.all_pairs(known @ known.T, orl.person[learn])[1], 1e-3)

    numbers = np.clip(255 * (templates[STOLEN].reshape(16, 8) / 0.5 + 0.5), 0, 255)
    rows = [
        (numbers, "stolen: 128 numbers", rebuilt, "rebuilt (a success)"),
        (orl.images[STOLEN], "stolen: a photo", printed, "printed (simulated)"),
    ]
    for i, ((first, was, second, became), template) in enumerate(zip(rows, shown, strict=True)):
        top = 140 * i
        for image, left, words in (
            (first, 0, was),
            (second, 180, became),
            (orl.images[ENROLLED], 402, "the door knows"),
        ):
            ax.imshow(
                image,
                extent=(left, left + (112 if image is rebuilt else 92), top + 112, top),
                cmap="gray",
                vmin=0,
                vmax=255,
            )
            ax.text(left + 46, top - 3, words, ha="center", va="bottom", fontsize=9.5)
        ax.annotate("", (176, top + 56), (96, top + 56), arrowprops={"arrowstyle": "-|>", "lw": 1.8, "color": "black"})
        score = template @ templates[ENROLLED]
        ax.text(
            346,
            top + 56,
            f"{score:.2f} ≥ {limit:.2f}" if score >= limit else f"{score:.2f} < {limit:.2f}",
            ha="center",
            va="center",
        )
    ax.set(xlim=(-30, 500), ylim=(254, -22), aspect="equal")
    ax.set_axis_off()


def _often(ax):
    """Share of LFW's victims for whom it worked, against another photograph of theirs."""
    attack, inversion = results("photo_attack"), results("inversion")
    at = inversion[np.isclose(inversion["threshold"], 0.363) & (inversion["against"] == "other")]
    rebuilt = at[at["method"] == "ridge"]  # the 300 that were printed, too; held out it is much the same
    most = rebuilt[np.argmax([int(setting[2:]) for setting in rebuilt["setting"]])]
    print_ = attack[(attack["method"] == "match") & (attack["setting"] == "print")][0]
    nobody = at[(at["method"] == "photograph") & (at["setting"] == "a stranger's")][0]
    rows = np.array(
        [100 * np.array([r["successes"] / r["trials"], r["low"], r["high"]]) for r in (print_, most, nobody)]
    )
    ax.barh(np.arange(3), rows[:, 0], color=(BLUE, ORANGE, GREY), height=0.55)
    ax.errorbar(
        rows[:, 0], np.arange(3), xerr=np.abs(rows[:, 1:].T - rows[:, 0]), fmt="none", ecolor="black", capsize=4
    )
    for place, words in enumerate(("a simulated print", "a rebuilt face, as a file", "a stranger's photo")):
        ax.text(1, place - 0.31, words, va="bottom")
    ax.set(yticks=[], ylim=(2.5, -0.75), xlim=(0, 100), xlabel="accepted (%),\n300 people of LFW, cosine .363")
    ax.grid(False, axis="y")
