"""The map of the course: sixteen lessons on the way from a picture of a face to a judgement about a national system."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from facelab import eigenfaces, images, plots
from facelab.datasets import load_orl

# A stage: name, the case study's question to it, and its lessons: number, row on the map, title, what it builds, and
# the lessons that it needs.
STAGES = [
    ("Recognition", "What does a database\nof faces store?", [
        ("01", 0, "Faces as vectors", "nearest neighbour", ""),
        ("02", 1, "Eigenfaces", "templates by PCA", "01"),
        ("03", 2, "Recognising\nin face space", "Fisherfaces, LBPH", "02"),
    ]),
    ("Detection", "Where in the camera's\npicture are the faces?", [
        ("04", 0, "Haar features\nand boosting", "AdaBoost of stumps", ""),
        ("05", 1, "A cascade that\nfinds faces", "a trained detector", "04"),
        ("06", 2, "Convolution and\nbackpropagation", "a CNN in numpy", ""),
        ("07", 3, "A CNN that scans", "YuNet, taken apart", "05 06"),
    ]),
    ("Recognition, learned", "One face, one claim:\nis it this person?", [
        ("08", 2, "Metric learning", "a margin loss", "03 06"),
        ("09", 3, "Embeddings and\nverification", "two error rates", "08"),
    ]),
    ("Identification at scale", "Anyone, in seconds,\nat about 90 %?", [
        ("10", 1, "Identification\nand watchlists", "a gallery that says no", "09"),
        ("11", 2, "A nation in\nseconds", "an index (FAISS)", "09 10"),
        ("12", 3, "Cameras", "a tracker, alarms", "07 09 10"),
    ]),
    ("Judgement", "Who is harmed\nwhen it errs?", [
        ("13", 0, "Measuring\naccuracy", "intervals by person", "09 10"),
        ("14", 1, "Bias", "rates by group", "09 13"),
        ("15", 2, "Privacy and\nsecurity", "faces from templates", "02 09"),
        ("16", 3, "Ethics and law", "an audit of the plan", "all"),
    ]),
]
WIDTH, HEIGHT = 1.62, 0.88  # of a lesson's box, inches
ACROSS, DOWN = 1.86, 1.08  # from box to box


def draw():
    fig, (ax,) = plots.figure(width=9.3, height=5.6)
    places = {}
    for column, (stage, question, lessons) in enumerate(STAGES):
        x = column * ACROSS
        corner = (x - 0.09, -4 * DOWN + 0.03)
        ax.add_patch(FancyBboxPatch(corner, WIDTH + 0.18, 5.17, boxstyle="round,pad=0,rounding_size=0.1", color="0.925", lw=0))
        ax.text(x + WIDTH / 2, 0.7, stage, ha="center", va="center", fontsize=10, weight="bold", color=plots.COLOURS[0])
        ax.text(x + WIDTH / 2, 0.3, question, ha="center", va="center", fontsize=9.5, style="italic")
        for number, row, *words in lessons:
            places[number] = (x, -(row + 1) * DOWN + 0.12)
            lesson(ax, *places[number], number, *words)
        for (a, *_), (b, *_) in zip(lessons, lessons[1:], strict=False):
            way(ax, below(places[a]), above(places[b]))
    for a, b in (("03", "04"), ("07", "08"), ("09", "10"), ("12", "13")):
        way_on(ax, right(places[a]), left(places[b]))
    pictures(ax)
    ax.set(xlim=(-0.12, 4 * ACROSS + WIDTH + 0.12), ylim=(-4 * DOWN, 0.98))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return fig


def pictures(ax):
    """What the stages are about, where a column has room: a face from a few numbers, two faces, one among many."""
    orl = load_orl()
    rows = images.as_vectors(orl.images)
    space = eigenfaces.Eigenfaces(100).fit(rows)
    redrawn = space.inverse_transform(space.transform(rows[[23]])).reshape(orl.images.shape[1:])
    face(ax, 0.1, -4.08, 0.76, orl.images[23])
    face(ax, WIDTH - 0.72, -4.08, 0.76, redrawn)
    ax.text(WIDTH / 2, -3.7, "≈", ha="center", va="center", fontsize=14)
    face(ax, 2 * ACROSS + 0.03, -1.5, 0.76, orl.images[20])
    face(ax, 2 * ACROSS + WIDTH - 0.65, -1.5, 0.76, orl.images[87])
    ax.text(2 * ACROSS + WIDTH / 2, -1.12, "= ?", ha="center", va="center", fontsize=12)
    for i in range(10):
        row, column = divmod(i, 5)
        face(ax, 3 * ACROSS + 0.03 + 0.315 * column, -0.5 - 0.385 * row, 0.37, orl.images[10 * i + 205])


def face(ax, x, y, height, image):
    """A picture, x, y of its lower left corner and its height in inches."""
    width = height * image.shape[1] / image.shape[0]
    ax.imshow(image, extent=(x, x + width, y, y + height), cmap="gray", vmin=0, vmax=255, zorder=2)


def lesson(ax, x, y, number, title, builds, needs):
    """One lesson's box: its number, the lessons it needs, its title and what it builds."""
    style = "round,pad=0,rounding_size=0.07"
    ax.add_patch(FancyBboxPatch((x, y), WIDTH, HEIGHT, boxstyle=style, fc="white", ec="black", lw=1.1))
    ax.text(x + 0.08, y + HEIGHT - 0.08, number, va="top", fontsize=11, weight="bold", color=plots.COLOURS[0])
    if needs:
        ax.text(x + WIDTH - 0.08, y + HEIGHT - 0.09, f"needs {needs}", va="top", ha="right", fontsize=9)
    ax.text(x + 0.08, y + 0.42, title, va="center", fontsize=9.5, weight="bold", linespacing=1.0)
    ax.text(x + 0.08, y + 0.05, builds, va="bottom", fontsize=9, color=plots.COLOURS[0])


ARROW = {"arrowstyle": "-|>", "mutation_scale": 13, "lw": 2.2, "color": "black", "shrinkA": 0, "shrinkB": 0}


def way(ax, start, end):
    """The path from one lesson down to the next."""
    ax.add_patch(FancyArrowPatch(start, end, **ARROW))


def way_on(ax, start, end):
    """The path into the next column: out, up or down between the columns, and in."""
    middle = (start[0] + end[0]) / 2
    corners = [start, (middle, start[1]), (middle, end[1]), end]
    ax.add_patch(FancyArrowPatch(path=Path(corners), **ARROW))


def above(place):
    return place[0] + WIDTH / 2, place[1] + HEIGHT


def below(place):
    return place[0] + WIDTH / 2, place[1]


def left(place):
    return place[0], place[1] + HEIGHT / 2


def right(place):
    return place[0] + WIDTH, place[1] + HEIGHT / 2
