"""Wrong answers to exercise 04, each with the hint that it must earn: task id → [(hint, code)]."""


def integral(lines):
    return f"def integral(image):\n    {lines}\n"


def edited(source):
    def change(*pairs):
        text = source
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    return change


features = edited("""
def feature_values(windows, kind, x, y, width, height):
    across, down, times = {
        "left_right": (1, 0, (1, -1)),
        "top_bottom": (0, 1, (1, -1)),
        "three_across": (1, 0, (-1, 2, -1)),
    }[kind]
    pixels = windows.astype(np.float64)
    value = np.zeros(len(windows))
    for i, n in enumerate(times):
        top, left = y + i * down * height, x + i * across * width
        value += n * pixels[:, top : top + height, left : left + width].sum(axis=(1, 2))
    sigma = pixels.std(axis=(1, 2))
    return np.where(sigma > 0, value / np.where(sigma > 0, sigma, 1), 0)
""")
stump = edited("""
def best_stump(values, is_face, weights):
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    signed = np.where(is_face, weights, -weights)[order]
    above = weights[~is_face].sum() + np.append(0.0, np.cumsum(signed)[:-1])
    thresholds = np.append(-np.inf, (ranked[:-1] + ranked[1:]) / 2)
    possible = np.append(True, ranked[:-1] < ranked[1:])
    errors = np.where(possible, np.minimum(above, 1 - above), np.inf)
    best = int(np.argmin(errors))
    polarity = 1 if above[best] <= 1 - above[best] else -1
    return float(thresholds[best]), polarity, float(errors[best])
""")
weights = edited("""
def reweigh(votes, is_face, weights):
    wrong = (votes == 1) != is_face
    error = weights[wrong].sum()
    alpha = 0.5 * np.log((1 - error) / error)
    new = weights * np.exp(np.where(wrong, alpha, -alpha))
    return float(alpha), new / new.sum()
""")
bound = edited("""
def error_and_bound(votes, alphas, is_face, weights, errors):
    scores = np.cumsum(alphas[:, None] * votes, axis=0)
    training = ((scores >= 0) != is_face) @ weights
    return training, np.cumprod(2 * np.sqrt(errors * (1 - errors)))
""")
UNWEIGHTED = ("    order =", "    weights = np.full(len(weights), 1 / len(weights))\n    order =")

WRONG = {
    "04-integral": [
        (
            "row 0 and column 0 of zeros are missing: the sum of nothing is an entry too",
            integral("return image.astype(np.int64).cumsum(0).cumsum(1)"),
        ),
        (
            "the zeros belong in front, not at the end",
            integral("return np.pad(image.astype(np.int64).cumsum(0).cumsum(1), ((0, 1), (0, 1)))"),
        ),
        (
            "the sums run down the columns only; they have to run along the rows, too",
            integral("return np.pad(image.astype(np.int64).cumsum(0), ((1, 0), (1, 0)))"),
        ),
        (
            "the sums run along the rows only; they have to run down the columns, too",
            integral("return np.pad(image.astype(np.int64).cumsum(1), ((1, 0), (1, 0)))"),
        ),
        (
            "the last row and column are missing: the last entry is the sum of the whole picture",
            integral("return np.pad(image.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))[:-1, :-1]"),
        ),
        (
            "rows and columns are swapped: y comes first",
            integral("return np.pad(image.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0))).T"),
        ),
        (
            "a sum above 255 doesn't fit uint8 and wraps round; add up in int64",
            integral("return np.pad(image.cumsum(0, dtype=np.uint8).cumsum(1, dtype=np.uint8), ((1, 0), (1, 0)))"),
        ),
    ],
    "04-features": [
        (
            "the values are not divided by the standard deviation of the window",
            features(("value / np.where(sigma > 0, sigma, 1)", "value")),
        ),
        (
            "divided by the variance; the task asks for its root, the standard deviation",
            features(("pixels.std", "pixels.var")),
        ),
        (
            "the sign is turned: the left cell counts as plus",
            features(('"left_right": (1, 0, (1, -1))', '"left_right": (1, 0, (-1, 1))')),
        ),
        (
            "x and y are swapped: x counts columns, and columns are the last axis",
            features(("y + i * down", "x + i * down"), ("x + i * across", "y + i * across")),
        ),
        (
            "width and height are swapped: width counts columns",
            features(("    pixels =", "    width, height = height, width\n    pixels =")),
        ),
        (
            "the standard deviation has n in the denominator, not n - 1",
            features(("std(axis=(1, 2))", "std(axis=(1, 2), ddof=1)")),
        ),
        (
            "divided by the standard deviation under the feature; the task asks for the whole window's",
            features(
                (
                    "    sigma = pixels.std",
                    "    under = pixels[:, y : top + height, x : left + width]\n    sigma = under.std",
                )
            ),
        ),
        (
            "the two cells were added; the second counts as minus",
            features(('"left_right": (1, 0, (1, -1))', '"left_right": (1, 0, (1, 1))')),
        ),
        (
            "the sum of uint8 pixels is unsigned; a difference below 0 wraps round: make them float64 or int64 first",
            features(
                ("    value = np.zeros(len(windows))\n", "    cells = []\n"),
                ("value += n * pixels[", "cells.append(windows["),
                (".sum(axis=(1, 2))", ".sum(axis=(1, 2)))"),
                (
                    "    sigma =",
                    "    value = 2 * cells[1] - cells[0] - cells[2] if len(cells) == 3 else cells[0] - cells[1]\n"
                    "    sigma =",
                ),
            ),
        ),
        (
            "one standard deviation for all windows together; each window has its own",
            features(("pixels.std(axis=(1, 2))", "pixels.std()")),
        ),
        (
            "the sign is turned: the upper cell counts as plus",
            features(('"top_bottom": (0, 1, (1, -1))', '"top_bottom": (0, 1, (-1, 1))')),
        ),
        (
            "the cells lie side by side; top_bottom has one over the other",
            features(('"top_bottom": (0, 1,', '"top_bottom": (1, 0,')),
        ),
        (
            "the middle cell counts twice, so that a brighter lamp changes nothing",
            features(("(-1, 2, -1)", "(-1, 1, -1)")),
        ),
        ("the sign is turned: the middle cell counts as plus", features(("(-1, 2, -1)", "(1, -2, 1)"))),
        (
            "a window without contrast has no standard deviation to divide by; its value is 0",
            features(("np.where(sigma > 0, value / np.where(sigma > 0, sigma, 1), 0)", "value / sigma")),
        ),
        (
            "sigma was raised to at least 1; divide by it as it is",
            features(("np.where(sigma > 0, value / np.where(sigma > 0, sigma, 1), 0)", "value / np.maximum(sigma, 1)")),
        ),
        (
            "a small contrast is divided by as it is; only a window without any gets 0",
            features(("np.where(sigma > 0, value", "np.where(sigma > 1, value")),
        ),
    ],
    "04-stump": [
        (
            "the polarity is turned: 1 means that values above the threshold are faces",
            stump(("1 if above[best] <= 1 - above[best] else -1", "-1 if above[best] <= 1 - above[best] else 1")),
        ),
        ("every window counted the same: add up the weights of the wrong ones", stump(UNWEIGHTED)),
        (
            "the weights were not used for the error that came back",
            stump(
                (
                    "float(errors[best])",
                    "float((((values > thresholds[best]) == (polarity == 1)) != is_face).mean())",
                )
            ),
        ),
        (
            "the threshold is a value itself; it lies halfway between two",
            stump(("(ranked[:-1] + ranked[1:]) / 2", "ranked[:-1]")),
        ),
        (
            "only polarity 1 was tried: below the threshold can mean face, too",
            stump(("np.minimum(above, 1 - above)", "above"), ("1 if above[best] <= 1 - above[best] else -1", "1")),
        ),
        (
            "this is the place in sorted order; the task asks for the threshold",
            stump(("float(thresholds[best])", "best")),
        ),
        (
            "the sum runs in the order given; sort the windows by their values first",
            stump(("[order]\n    above", "\n    above")),
        ),
        (
            "this is the share that is right; the task asks for the error",
            stump(("float(errors[best])", "1 - errors[best]")),
        ),
        (
            "equal values can't be parted: a threshold lies between two different values",
            stump(("ranked[:-1] < ranked[1:]", "ranked[:-1] <= ranked[1:]")),
        ),
        (
            "of equal errors, polarity 1 counts",
            stump(("above[best] <= 1 - above[best]", "above[best] < 1 - above[best]")),
        ),
        (
            "minus infinity is a threshold, too: with it every window is decided in the same way",
            stump(("np.append(True, ranked", "np.append(ranked[0] == ranked[-1], ranked")),
        ),
        (
            "of equal errors the lowest threshold counts, and only then polarity 1",
            stump(
                (
                    "    errors = np.where(possible, np.minimum(above, 1 - above), np.inf)\n",
                    "    ways = (np.where(possible, e, np.inf) for e in (above, 1 - above))\n"
                    "    errors = min(ways, key=np.min)\n",
                )
            ),
        ),
        (
            "a smaller error counts however little smaller it is",
            stump(
                (
                    "    best = int(np.argmin(errors))\n",
                    "    best = 0\n"
                    "    for i, error in enumerate(errors):\n"
                    "        best = i if error < errors[best] - 0.001 else best\n",
                )
            ),
        ),
    ],
    "04-weights": [
        ("alpha is half the logarithm", weights(("0.5 * np.log", "np.log"))),
        ("the new weights don't add up to 1: divide by their sum", weights(("new / new.sum()", "new"))),
        ("it is the wrong windows whose weight rises", weights(("(wrong, alpha, -alpha)", "(wrong, -alpha, alpha)"))),
        (
            "every window counted the same in the error: add up the weights of the wrong ones",
            weights(("weights[wrong].sum()", "wrong.mean()")),
        ),
        (
            "the fraction is upside down: (1 - e) / e, so that a small error gives a large alpha",
            weights(("(1 - error) / error", "error / (1 - error)")),
        ),
        (
            "exp(alpha) is Euler's number to the power alpha, not the error to that power",
            weights(("np.exp(np.where(wrong, alpha, -alpha))", "error ** np.where(wrong, alpha, -alpha)")),
        ),
        (
            "votes are 1 and -1 and is_face True and False: compare votes == 1 with is_face",
            weights(("(votes == 1) != is_face", "votes != is_face")),
        ),
        (
            "the right windows' weights are to be multiplied by exp(-alpha), not left as they are",
            weights(("(wrong, alpha, -alpha)", "(wrong, alpha, 0)")),
        ),
    ],
    "04-bound": [
        (
            "this is each stump alone; entry t - 1 belongs to the first t stumps together",
            bound(("np.cumsum(alphas[:, None] * votes, axis=0)", "alphas[:, None] * votes")),
        ),
        ("every stump voted the same: multiply its vote by its alpha", bound(("alphas[:, None] * votes", "votes"))),
        (
            "every window counted the same: add up the weights of the wrong ones",
            bound((" @ weights", " @ np.full(len(weights), 1 / len(weights))")),
        ),
        ("this is the share that is right; the task asks for the error", bound(("!= is_face", "== is_face"))),
        (
            "this is the last entry alone; the task asks for one after each round",
            bound(("return training,", "return training[-1],")),
        ),
        (
            "these are the factors of each round; the bound is their product so far",
            bound(("np.cumprod(2 * np.sqrt(errors * (1 - errors)))", "2 * np.sqrt(errors * (1 - errors))")),
        ),
        ("the factor 2 is missing", bound(("2 * np.sqrt", "np.sqrt"))),
        ("the root is missing", bound(("np.sqrt", ""))),
        ("the factors were added up; the bound is their product", bound(("np.cumprod", "np.cumsum"))),
        ("a score of exactly 0 says face", bound((">= 0", "> 0"))),
    ],
}
