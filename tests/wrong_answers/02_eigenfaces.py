"""Wrong answers to exercise 02, each with the hint that it must earn: task id → [(hint, code)]."""

TRICK = """
def eigenfaces(X, k):
    mean = X.mean(axis=0)
    A = X - mean
    q, V = np.linalg.eigh(A @ A.T)
    q, V = q[::-1][:k], V[:, ::-1][:, :k]
    components = (V / np.sqrt(q)).T @ A
    return mean, components, q / (len(X) - 1)
"""


def changed(old, new):
    assert TRICK.count(old) == 1
    return TRICK.replace(old, new)


def limit(line):
    return f"""
def best_limit(of_faces, of_others):
    limits = np.unique(np.concatenate([of_faces, of_others]))
    missed = (of_faces[:, None] > limits).sum(axis=0)
    let_in = (of_others[:, None] <= limits).sum(axis=0)
    {line}
"""


def error(line):
    return f"""
def rebuilding_error(X, mean, components):
    rebuilt = mean + (X - mean) @ components.T @ components
    return {line}
"""


def project(line, back="mean + Z @ components"):
    return f"""
def project(X, mean, components):
    return {line}

def rebuild(Z, mean, components):
    return {back}
"""


WRONG = {
    "02-trick": [
        (
            "the components are not the directions of most variance. Was the mean subtracted? "
            "Is the largest eigenvalue first?",
            changed("A = X - mean", "A = X"),
        ),
        (
            "these are eigenvectors of the small matrix; map them back with A' v",
            changed("(V / np.sqrt(q)).T @ A", "V.T"),
        ),
        (
            "these are eigenvectors of the small matrix, as columns; map them back with A' v",
            changed("(V / np.sqrt(q)).T @ A", "V"),
        ),
        (
            "the components are columns; the task asks for rows",
            changed("(V / np.sqrt(q)).T @ A", "A.T @ (V / np.sqrt(q))"),
        ),
        (
            "the components don't have length 1: A' v has length sqrt(q), so divide by it",
            changed("(V / np.sqrt(q)).T @ A", "V.T @ A"),
        ),
        ("divided by q; the length of A' v is the root of q", changed("V / np.sqrt(q)", "V / q")),
        ("divided by n; the task asks for n - 1 in the denominator", changed("q / (len(X) - 1)", "q / len(X)")),
        ("the eigenvalues were not divided by n - 1", changed("q / (len(X) - 1)", "q")),
        (
            "these are standard deviations; the task asks for variances",
            changed("q / (len(X) - 1)", "np.sqrt(q / (len(X) - 1))"),
        ),
        (
            "this is one number a picture; the mean face has one number a pixel",
            changed("return mean,", "return X.mean(axis=1),"),
        ),
        (
            "This task asks you to do without `sklearn.decomposition.PCA`.",
            """
from sklearn.decomposition import PCA

def eigenfaces(X, k):
    pca = PCA(k).fit(X)
    return pca.mean_, pca.components_, pca.explained_variance_
""",
        ),
    ],
    "02-project": [
        ("the mean was not subtracted before projecting", project("X @ components.T")),
        ("rows and columns are swapped: a row a picture, a column a component", project("components @ (X - mean).T")),
        ("the mean was not added back", project("(X - mean) @ components.T", "Z @ components")),
        (
            "the mean was subtracted; it has to be added back",
            project("(X - mean) @ components.T", "Z @ components - mean"),
        ),
    ],
    "02-error": [
        ("the root is missing", error("((X - rebuilt) ** 2).mean(axis=1)")),
        ("summed over the pixels; the task asks for their mean", error("np.sqrt(((X - rebuilt) ** 2).sum(axis=1))")),
        ("one number for all pictures; the task asks for one a picture", error("np.sqrt(((X - rebuilt) ** 2).mean())")),
        (
            "averaged over the pictures; the task asks for the mean over each picture's pixels",
            error("np.sqrt(((X - rebuilt) ** 2).mean(axis=0))"),
        ),
        ("this is the mean absolute difference", error("abs(X - rebuilt).mean(axis=1)")),
        (
            "this is the error without any component: rebuild the picture from its coordinates first",
            error("np.sqrt(((X - mean) ** 2).mean(axis=1))"),
        ),
        (
            "the mean was not subtracted before projecting",
            error("np.sqrt(((X - mean - X @ components.T @ components) ** 2).mean(axis=1))"),
        ),
    ],
    "02-limit": [
        (
            "the limit may be any of the given distances, also that of another picture",
            limit("return float(limits[np.argmin(missed + let_in)])").replace(
                "np.concatenate([of_faces, of_others])", "of_faces"
            ),
        ),
        (
            "of equally good limits the largest was taken; the task asks for the smallest",
            limit("return float(limits[::-1][np.argmin((missed + let_in)[::-1])])"),
        ),
        (
            "the wrong end: faces are near to face space, and the fewest mistakes are wanted",
            limit(
                "wrong = (of_faces[:, None] <= limits).sum(0) + (of_others[:, None] > limits).sum(0)\n"
                "    return float(limits[np.argmin(wrong)])"
            ),
        ),
        (
            "only missed faces were counted: another picture let in is a mistake too",
            limit("return float(limits[np.argmin(missed)])"),
        ),
        (
            "only pictures let in were counted: a missed face is a mistake too",
            limit("return float(limits[np.argmin(let_in)])"),
        ),
    ],
}
