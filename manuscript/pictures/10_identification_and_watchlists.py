"""Lesson 10 at a glance: one face against a list; somebody always comes first, and only a threshold can say nobody."""

import numpy as np

from facelab import identification, plots
from facelab.datasets import load_orl, split_by_person, split_by_shot
from facelab.embedding import orl_templates

THRESHOLD = 0.38
PROBES = ((202, "on the list"), (57, "a stranger"), (211, "a stranger"))  # pictures of ORL


def draw():
    orl, templates = load_orl(), orl_templates()
    listed, _ = split_by_person(orl.person, 30, random_state=3)
    enrolled = listed[split_by_shot(orl.person[listed], 1, random_state=3)[0]]
    gallery = identification.Gallery().enrol(orl.person[enrolled], templates[enrolled])
    probes = [probe for probe, _ in PROBES]
    found, score = (column[:, 0] for column in gallery.search(templates[probes]))
    first = np.array([np.flatnonzero(orl.person[enrolled] == person)[0] for person in found])

    fig, axes = plots.flow([1.9, 2.4, 2.7], ["compare\nwith all", "who comes\nfirst"], height=3.3)
    _column(axes[0], orl.images[probes], [words for _, words in PROBES])
    shown = orl.images[enrolled].astype(float)
    others = np.setdiff1d(np.arange(len(enrolled)), first)
    shown[others] = 255 - 0.4 * (255 - shown[others])  # pale, so that those who come first stand out
    rows = [np.hstack(list(shown[i : i + 6])) for i in range(0, len(shown), 6)]
    plots.picture(axes[1], np.vstack(rows), f"the list: {len(enrolled)} people", low=0, high=255)
    verdicts = []
    for s, right in zip(score, found == orl.person[probes], strict=True):
        verdict = "nobody" if s < THRESHOLD else "the right name" if right else "a wrong name"
        verdicts.append(f"{s:.2f} {'<' if s < THRESHOLD else '≥'} {THRESHOLD}\n{verdict}")
    _column(axes[2], orl.images[enrolled[first]], verdicts)
    fig.suptitle("Somebody always comes first; only a threshold can say nobody", x=0, ha="left", fontsize=12)
    return fig


def _column(ax, faces, words):
    """Faces, one below the other, with words beside each."""
    for i, (face, text) in enumerate(zip(faces, words, strict=True)):
        ax.imshow(face, extent=(0, 92, 120 * i + 112, 120 * i), vmin=0, vmax=255)
        ax.text(100, 120 * i + 56, text, va="center")
    width = 360 * ax.get_window_extent().width / ax.get_window_extent().height
    ax.set(xlim=(0, max(92, width)), ylim=(360, 0), aspect="equal", anchor="W")
    ax.set_axis_off()
