"""Wrong answers to exercise 01, each with the hint that it must earn: task id → [(hint, code)]."""

WRONG = {
    "01-standardise": [
        (
            "columns were standardised; the task asks for each row (each picture) by itself",
            """
def standardise(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)
""",
        ),
        (
            "one mean and one deviation were used for all pictures; each row has its own",
            """
def standardise(X):
    return (X - X.mean()) / X.std()
""",
        ),
        (
            "the mean was subtracted, but the rows were not divided by their standard deviation",
            """
def standardise(X):
    return X - X.mean(axis=1, keepdims=True)
""",
        ),
        (
            "the rows were divided, but their mean was not subtracted",
            """
def standardise(X):
    return X / X.std(axis=1, keepdims=True)
""",
        ),
        (
            "divided by the variance; the task asks for the standard deviation, its root",
            """
def standardise(X):
    return (X - X.mean(axis=1, keepdims=True)) / X.var(axis=1, keepdims=True)
""",
        ),
        (
            "the standard deviation divides by d - 1 here; numpy's default divides by d",
            """
def standardise(X):
    return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, ddof=1, keepdims=True)
""",
        ),
        (
            "a row without contrast gave NaN or infinity; it must become zeros",
            """
def standardise(X):
    return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
""",
        ),
        (
            "This task asks you to do without `sklearn.preprocessing.scale`.",
            """
from sklearn import preprocessing as p

def standardise(X):
    return p.scale(X, axis=1)
""",
        ),
    ],
    "01-distances": [
        (
            "a root was taken; the task asks for squared distances",
            """
def squared_distances(A, B):
    D = (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
    return np.sqrt(np.maximum(D, 0))
""",
        ),
        (
            "rows and columns are swapped: entry (i, j) belongs to row i of A and row j of B",
            """
def squared_distances(A, B):
    D = (B * B).sum(1)[:, None] - 2 * B @ A.T + (A * A).sum(1)
    return np.maximum(D, 0)
""",
        ),
        (
            "the term 2a·b is added, not subtracted",
            """
def squared_distances(A, B):
    return (A * A).sum(1)[:, None] + 2 * A @ B.T + (B * B).sum(1)
""",
        ),
        (
            "a·b is subtracted once; the formula has it twice",
            """
def squared_distances(A, B):
    return (A * A).sum(1)[:, None] - A @ B.T + (B * B).sum(1)
""",
        ),
        (
            "a tiny negative number was left: clip at 0",
            """
def squared_distances(A, B):
    return (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
""",
        ),
        (
            "`squared_distances` raised ValueError. "
            "Shapes don't fit: for every one of x with every one of y, x needs an axis more, x[:, None].",
            """
def squared_distances(A, B):
    return ((A - B) ** 2).sum(1)
""",
        ),
        (
            "This task asks you to do without `scipy.spatial.distance.cdist`.",
            """
from scipy.spatial.distance import cdist

def squared_distances(A, B):
    return cdist(A, B) ** 2
""",
        ),
    ],
    "01-leave-one-out": [
        (
            "every picture found itself: leave it out of its own gallery, by its place and not by its value",
            """
def leave_one_out(D, person):
    D = np.where(D == 0, np.inf, D)
    return float((person[D.argmin(axis=1)] == person).mean())
""",
        ),
        (
            "this is the share of mistakes; the task asks for the share that is right",
            """
def leave_one_out(D, person):
    others = np.where(np.eye(len(D), dtype=bool), np.inf, D)
    return float((person[others.argmin(axis=1)] != person).mean())
""",
        ),
        (
            "this is a count; the task asks for a share from 0 to 1",
            """
def leave_one_out(D, person):
    others = np.where(np.eye(len(D), dtype=bool), np.inf, D)
    return float((person[others.argmin(axis=1)] == person).sum())
""",
        ),
        (
            "this is in percent; the task asks for a share from 0 to 1",
            """
def leave_one_out(D, person):
    others = np.where(np.eye(len(D), dtype=bool), np.inf, D)
    return 100 * float((person[others.argmin(axis=1)] == person).mean())
""",
        ),
        (
            "the farthest picture was taken, not the nearest",
            """
def leave_one_out(D, person):
    return float((person[D.argmax(axis=1)] == person).mean())
""",
        ),
        (
            "Nothing came back (None). Is a `return` missing?",
            """
def leave_one_out(D, person):
    others = np.where(np.eye(len(D), dtype=bool), np.inf, D)
    (person[others.argmin(axis=1)] == person).mean()
""",
        ),
    ],
    "01-shift": [
        (
            "the columns wrapped round; those that come in must repeat the probe's first column",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    moved = np.roll(probes, right, axis=2)
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "the probes moved to the left",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    w = probes.shape[2]
    moved = probes[:, :, np.minimum(np.arange(w) + right, w - 1)]
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "the columns that come in are black; they must repeat the probe's first column",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    moved = np.zeros_like(probes)
    moved[:, :, right:] = probes[:, :, : probes.shape[2] - right]
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "the first columns were left as they were; they must repeat the probe's first column",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    moved = probes.copy()
    moved[:, :, right:] = probes[:, :, : probes.shape[2] - right]
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "the pictures moved down, not to the right",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    moved = probes[:, np.maximum(np.arange(probes.shape[1]) - right, 0)]
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "gallery and probes were both moved; only the probes move",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    columns = np.maximum(np.arange(probes.shape[2]) - right, 0)
    probes, gallery = probes[:, :, columns], gallery[:, :, columns]
    P, G = probes.reshape(len(probes), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float)
    D = squared_distances(P, G)
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "the gallery was searched among the probes; each probe is to be named after a gallery picture",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab.images import squared_distances
    moved = probes[:, :, np.maximum(np.arange(probes.shape[2]) - right, 0)]
    D = squared_distances(moved.reshape(len(moved), -1).astype(float), gallery.reshape(len(gallery), -1).astype(float))
    return float((probe_person[D.argmin(0)] == gallery_person).mean())
""",
        ),
        (
            "a product of uint8 numbers went round at 255: convert the pictures to float first",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    P, G = probes[:, :, np.maximum(np.arange(probes.shape[2]) - right, 0)].reshape(len(probes), -1), \\
        gallery.reshape(len(gallery), -1)
    D = (P * P).sum(1)[:, None] - 2 * (P @ G.T) + (G * G).sum(1)
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
        (
            "This task asks you to do without `facelab.images.shift`.",
            """
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    from facelab import images as im
    D = im.squared_distances(im.as_vectors(im.shift(probes, right)), im.as_vectors(gallery))
    return float((gallery_person[D.argmin(1)] == probe_person).mean())
""",
        ),
    ],
}
