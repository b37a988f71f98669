"""Wrong answers to exercise 08, each with the hint that it must earn: task id → [(hint, code)]."""

SIMILARITY = """
def similarity(source, target):
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    a, b = source - middle, target - aim
    U, s, Vt = np.linalg.svd(b.T @ a)
    d = np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    rotation = U @ np.diag([1, d]) @ Vt
    scale = (s[0] + d * s[1]) / (a ** 2).sum()
    linear = scale * rotation
    return np.column_stack([linear, aim - linear @ middle])
"""

TRIPLETS = """
def triplets(anchor, positive, negative, margin):
    to_p, to_n = anchor - positive, anchor - negative
    excess = (to_p ** 2).sum(axis=1) - (to_n ** 2).sum(axis=1) + margin
    share = ((excess > 0) / len(anchor))[:, None]
    loss = float(np.maximum(excess, 0).mean())
    return loss, 2 * share * (to_p - to_n), -2 * share * to_p, 2 * share * to_n
"""

MARGIN = """
def margin_scores(embeddings, centres, person, scale, margin):
    e = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    w = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    own = np.arange(len(centres)) == person[:, None]
    return scale * (e @ w.T - margin * own)
"""

UNSEEN = """
def embed_others(pictures, person, others, seed):
    from facelab import cnn, metric

    network = metric.embedding_network(pictures.shape[1:], seed)
    x = cnn.standardise_windows(pictures)
    how = dict(loss="cosface", epochs=40, rng=seed, rate=0.05, shift=1.5)
    metric.train_embedding(network, x, person, **how)
    return metric.embed(network, cnn.standardise_windows(others))
"""


def changed(code, old, new):
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times"
    return code.replace(old, new)


WRONG = {
    "08-similarity": [
        (
            "the transform goes the wrong way: it must take source to target",
            changed(SIMILARITY, "def similarity(source, target):", "def similarity(target, source):"),
        ),
        (
            "the rotation goes the wrong way round (transposed)",
            changed(SIMILARITY, "U @ np.diag([1, d]) @ Vt", "(U @ Vt).T"),
        ),
        ("the scale is missing", changed(SIMILARITY, "(s[0] + d * s[1]) / (a ** 2).sum()", "1")),
        (
            "the shift is the difference of the means; the mean of the source is turned and scaled first",
            changed(SIMILARITY, "aim - linear @ middle", "aim - middle"),
        ),
        (
            "the scale was divided by the sum of squares of the target, not of the source",
            changed(SIMILARITY, "(a ** 2).sum()", "(b ** 2).sum()"),
        ),
        (
            "this is a mirror image; only turning and scaling are allowed (use d)",
            changed(SIMILARITY, "d = np.sign(np.linalg.det(U) * np.linalg.det(Vt))", "d = 1"),
        ),
        ("d belongs into the scale, too: s[0] + d s[1]", changed(SIMILARITY, "s[0] + d * s[1]", "s.sum()")),
    ],
    "08-triplets": [
        (
            "the margin has the wrong sign: it makes the task harder, so it is added",
            changed(TRIPLETS, "+ margin", "- margin"),
        ),
        (
            "positive and negative are exchanged",
            changed(TRIPLETS, "def triplets(anchor, positive, negative,", "def triplets(anchor, negative, positive,"),
        ),
        (
            "these are distances; the task asks for squared ones",
            changed(
                TRIPLETS,
                "(to_p ** 2).sum(axis=1) - (to_n ** 2).sum(axis=1)",
                "np.sqrt((to_p ** 2).sum(axis=1)) - np.sqrt((to_n ** 2).sum(axis=1))",
            ),
        ),
        (
            "a row that keeps its margin counts 0, not less: take max(0, ...)",
            changed(TRIPLETS, "np.maximum(excess, 0).mean()", "excess.mean()"),
        ),
        (
            "the mean is over all rows, not only over those above 0",
            changed(TRIPLETS, "np.maximum(excess, 0).mean()", "excess[excess > 0].mean()"),
        ),
        (
            "this is the sum over the rows; the task asks for the mean",
            changed(TRIPLETS, "np.maximum(excess, 0).mean()", "np.maximum(excess, 0).sum()"),
        ),
        (
            "the gradients were not divided by the number of rows; the loss is a mean",
            changed(TRIPLETS, "(excess > 0) / len(anchor)", "excess > 0"),
        ),
        (
            "rows that keep their margin have a gradient, too; theirs is 0",
            changed(TRIPLETS, "(excess > 0) / len(anchor)", "np.ones(len(anchor)) / len(anchor)"),
        ),
        (
            "the signs by positive and negative are exchanged",
            changed(TRIPLETS, "-2 * share * to_p, 2 * share * to_n", "2 * share * to_p, -2 * share * to_n"),
        ),
        (
            "the factor 2 of the square is missing",
            changed(TRIPLETS, "(excess > 0) / len(anchor)", "(excess > 0) / len(anchor) / 2"),
        ),
        (
            "by anchor, the two terms add up with one minus: 2 (a - p) - 2 (a - n)",
            changed(TRIPLETS, "(to_p - to_n)", "(to_p + to_n)"),
        ),
    ],
    "08-margin": [
        (
            "the embeddings were not brought to unit length",
            changed(MARGIN, "embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)", "embeddings"),
        ),
        (
            "the centres were not brought to unit length",
            changed(MARGIN, "centres / np.linalg.norm(centres, axis=1, keepdims=True)", "centres"),
        ),
        ("these are dot products; divide both by their lengths", changed(MARGIN, "e @ w.T", "embeddings @ centres.T")),
        (
            "the margin was added: it makes the right answer harder, so it is taken away",
            changed(MARGIN, "- margin", "+ margin"),
        ),
        (
            "the margin was taken from every person; only the right one is made harder",
            changed(MARGIN, "margin * own", "margin"),
        ),
        ("the margin was taken from the wrong people", changed(MARGIN, "margin * own", "margin * ~own")),
        (
            "the margin is taken from the cosine, before the scale",
            changed(MARGIN, "scale * (e @ w.T - margin * own)", "scale * (e @ w.T) - margin * own"),
        ),
        ("the scale is missing", changed(MARGIN, "scale * (", "(")),
    ],
    "08-unseen": [
        (
            "these are templates of the pictures learned from; those of the others were asked for",
            changed(UNSEEN, "metric.embed(network, cnn.standardise_windows(others))", "metric.embed(network, x)"),
        ),
        (
            "the same seed gave other templates: pass the seed to the network and to the training",
            changed(UNSEEN, "pictures.shape[1:], seed", "pictures.shape[1:], None"),
        ),
        (
            "a template changes with the pictures beside it; it may depend on its own picture only",
            changed(UNSEEN, "standardise_windows(others)", "standardise_windows(others - others.mean(axis=0))"),
        ),
        (
            "on people never seen the EER is not a tenth below that of eigenfaces: was the network trained, on "
            "standardised faces, long enough?",
            changed(UNSEEN, "    metric.train_embedding(network, x, person, **how)\n", ""),
        ),
    ],
}
