"""Wrong answers to exercise 15, each with the hint that it must earn: task id → [(hint, code)]."""


def variant(source):
    """A function that changes one passage of a right answer."""

    def changed(old, new):
        assert source.count(old) == 1, old
        return source.replace(old, new)

    return changed


rebuilt = variant("""
def rebuild(templates, pictures, stolen, penalty):
    x, y = templates.mean(axis=0), pictures.mean(axis=0)
    X, Y = templates - x, pictures - y
    W = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ Y)
    return y + (stolen - x) @ W
""")

rated = variant("""
def attack_rate(scores, stolen, person, threshold):
    successes, strangers, trials = 0, [], 0
    for row, column in zip(scores, stolen):
        same = person == person[column]
        strangers.append(row[~same])
        others = [i for i in np.flatnonzero(same) if i != column]
        trials += 1
        successes += int(row[others[0]] >= threshold)
    chance = float((np.concatenate(strangers) >= threshold).mean())
    low, high = wilson_interval(successes, trials)
    return trials, successes, low, high, chance
""")

keyed = variant("""
def protect(templates, key, bits):
    rng, d = np.random.default_rng(key), templates.shape[1]
    bases = []
    while sum(base.shape[1] for base in bases) < bits:
        q, r = np.linalg.qr(rng.normal(size=(d, d)))
        bases.append(q * np.where(np.diag(r) < 0, -1, 1))
    return templates @ np.hstack(bases)[:, :bits] >= 0


def agreement(a, b):
    return (a[:, None] == b[None]).mean(axis=2)
""")

linked = variant("""
def linking(first, second, person_first, person_second, edges):
    scores = (first[:, None] == second[None]).mean(axis=2)
    same = person_first[:, None] == person_second
    p, q = (np.histogram(scores[part], edges)[0] / part.sum() for part in (same, ~same))
    more = p > q
    d_sys = (p[more] * (p[more] - q[more]) / (p[more] + q[more])).sum()
    return float(scores[same].mean()), float(scores[~same].mean()), float(d_sys)
""")

reported = variant("""
def liveness_report(tuning, attacks, bona_fide, allowed):
    threshold = threshold_at_fmr(tuning, allowed)
    passed = {kind: float((cues >= threshold).mean()) for kind, cues in attacks.items()}
    return passed, max(passed, key=passed.get), float((bona_fide < threshold).mean())
""")

mixed = variant("""
def k_same(faces, k):
    left, answer = list(range(len(faces))), faces.copy()
    while left:
        nearest = sorted(left, key=lambda i: ((faces[i] - faces[left[0]]) ** 2).sum())
        group = nearest[:k] if len(left) >= 2 * k else list(left)
        answer[group] = faces[group].mean(axis=0)
        left = [i for i in left if i not in group]
    return answer
""")

WRONG = {
    "15-rebuild": [
        ("the mean picture is not added back", rebuilt("y + (stolen - x) @ W", "(stolen - x) @ W")),
        (
            "the stolen templates are not centred: subtract the mean of the templates learned from",
            rebuilt("(stolen - x) @ W", "stolen @ W"),
        ),
        (
            "the stolen templates were centred with their own mean; the thief's own templates set the origin",
            rebuilt("(stolen - x) @ W", "(stolen - stolen.mean(axis=0)) @ W"),
        ),
        (
            "this is plain least squares: the penalty is missing",
            rebuilt(
                "np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ Y)",
                "np.linalg.lstsq(X, Y, rcond=None)[0]",
            ),
        ),
        (
            "the penalty is multiplied by N; the task adds it once",
            rebuilt("penalty * np.eye", "len(X) * penalty * np.eye"),
        ),
        (
            "nothing was centred: the regression has no offset",
            rebuilt("templates.mean(axis=0), pictures.mean(axis=0)", "0, 0"),
        ),
        (
            "the offset is penalised, too: centre both sides instead of adding a column of ones",
            """
def rebuild(templates, pictures, stolen, penalty):
    X = np.hstack([templates, np.ones((len(templates), 1))])
    W = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ pictures)
    return np.hstack([stolen, np.ones((len(stolen), 1))]) @ W
""",
        ),
        (
            "the stolen templates are compared with the wrong side: this is the nearest picture, not a rebuilt one",
            """
def rebuild(templates, pictures, stolen, penalty):
    return pictures[[np.linalg.norm(templates - row, axis=1).argmin() for row in stolen]]
""",
        ),
        (
            "no clipping here: return the numbers as they come",
            rebuilt("return y + (stolen - x) @ W", "return np.clip(y + (stolen - x) @ W, 0, 255)"),
        ),
        ("the penalty is squared; the task adds it as it is", rebuilt("penalty * np.eye", "penalty**2 * np.eye")),
        (
            "the penalty belongs on the diagonal only: penalty · I",
            rebuilt("penalty * np.eye(X.shape[1])", "penalty"),
        ),
        (
            "each column has a mean of its own, over the N rows: mean(axis=0)",
            rebuilt("templates.mean(axis=0), pictures.mean(axis=0)", "templates.mean(), pictures.mean()"),
        ),
    ],
    "15-success": [
        (
            "the same photograph was counted that the template was stolen from; another one of the person counts",
            rated("row[others[0]]", "row[column]"),
        ),
        (
            "any of the victim's other photographs was enough; only the first of them counts",
            rated("int(row[others[0]] >= threshold)", "int((row[others] >= threshold).any())"),
        ),
        (
            "the last of the victim's other photographs was taken; the task asks for the first",
            rated("row[others[0]]", "row[others[-1]]"),
        ),
        (
            "the mean score with the other photographs was taken; the task asks for the first of them",
            rated("row[others[0]]", "row[others].mean()"),
        ),
        (
            "row i is not person i: the victim of row i is person[stolen[i]]",
            rated(
                "for row, column in zip(scores, stolen):", "for i, (row, column) in enumerate(zip(scores, stolen)):"
            ).replace("person == person[column]", "person == i"),
        ),
        (
            "stolen says which photograph: the victim of row i is person[stolen[i]], not person[i]",
            rated(
                "for row, column in zip(scores, stolen):", "for i, (row, column) in enumerate(zip(scores, stolen)):"
            ).replace("person == person[column]", "person == person[i]"),
        ),
        (
            "every other photograph was a trial; a picture is one trial",
            rated(
                "trials += 1\n        successes += int(row[others[0]] >= threshold)",
                "trials += len(others)\n        successes += int((row[others] >= threshold).sum())",
            ),
        ),
        (
            "a score at the threshold is a success: at or above",
            rated("row[others[0]] >= threshold", "row[others[0]] > threshold").replace(
                "(strangers) >= threshold", "(strangers) > threshold"
            ),
        ),
        (
            "chance holds the victim's own photographs: only other people's count",
            rated("strangers.append(row[~same])", "strangers.append(row)"),
        ),
        (
            "chance is a share of comparisons, not of pictures",
            rated(
                "float((np.concatenate(strangers) >= threshold).mean())",
                "float(np.mean([(row >= threshold).any() for row in strangers]))",
            ),
        ),
        (
            "chance is one share of all comparisons, not the mean of a share for each picture",
            rated(
                "float((np.concatenate(strangers) >= threshold).mean())",
                "float(np.mean([(row >= threshold).mean() for row in strangers]))",
            ),
        ),
        (
            "this is the normal approximation's interval, not Wilson's",
            rated(
                "low, high = wilson_interval(successes, trials)",
                "p = successes / trials\n"
                "    half = 1.959963984540054 * np.sqrt(p * (1 - p) / trials)\n"
                "    low, high = p - half, p + half",
            ),
        ),
    ],
    "15-protect": [
        (
            "the key is ignored: another key must give other directions",
            keyed("np.random.default_rng(key)", "np.random.default_rng(0)"),
        ),
        (
            "the rows of q were taken; its columns are the directions",
            keyed("q * np.where(np.diag(r) < 0, -1, 1)", "(q * np.where(np.diag(r) < 0, -1, 1)).T"),
        ),
        (
            "the columns' signs were not set by r's diagonal",
            keyed("q * np.where(np.diag(r) < 0, -1, 1)", "q"),
        ),
        (
            "the second table must come from the same generator; starting it again gives the same directions twice",
            keyed("q, r = np.linalg.qr(rng.normal", "q, r = np.linalg.qr(np.random.default_rng(key).normal"),
        ),
        (
            "the directions are not at right angles: QR is missing",
            keyed(
                "q, r = np.linalg.qr(rng.normal(size=(d, d)))\n"
                "        bases.append(q * np.where(np.diag(r) < 0, -1, 1))",
                "bases.append(rng.normal(size=(d, d)))",
            ),
        ),
        ("a dot product of 0 counts as True", keyed(":bits] >= 0", ":bits] > 0")),
        ("these are the other sides: True is for 0 or more", keyed(":bits] >= 0", ":bits] < 0")),
        (
            "this is the share that differs; the task asks for the share that agrees",
            keyed("a[:, None] == b[None]", "a[:, None] != b[None]"),
        ),
        (
            "only bits that are True on both sides were counted; two that are False agree as well",
            keyed("a[:, None] == b[None]", "a[:, None] & b[None]"),
        ),
        (
            "this is the number of bits that agree; the task asks for their share",
            keyed("(a[:, None] == b[None]).mean(axis=2)", "(a[:, None] == b[None]).sum(axis=2).astype(float)"),
        ),
        (
            "rows and columns are swapped: entry (i, j) belongs to row i of a",
            keyed("(a[:, None] == b[None])", "(b[:, None] == a[None])"),
        ),
    ],
    "15-linking": [
        (
            "these are scores within the first database: an entry with itself scores 1 and links nothing",
            linked(
                "(first[:, None] == second[None]).mean(axis=2)", "(first[:, None] == first[None]).mean(axis=2)"
            ).replace("== person_second", "== person_first"),
        ),
        (
            "row i was compared with row i; the two databases are in different orders",
            linked(
                "same = person_first[:, None] == person_second",
                "n = min(scores.shape)\n    scores, same = scores[:n, :n], np.eye(n, dtype=bool)",
            ),
        ),
        (
            "mated and non-mated are exchanged",
            linked("== person_second", "!= person_second"),
        ),
        (
            "bins where p is below q count as nothing, not as negative",
            linked("more = p > q", "more = p + q > 0"),
        ),
        (
            "bins where p is below q count as nothing: no absolute value",
            linked("more = p > q", "more = p + q > 0").replace("(p[more] - q[more])", "np.abs(p[more] - q[more])"),
        ),
        (
            "p and q are shares of their own scores, not counts",
            linked("[0] / part.sum() for", "[0] for"),
        ),
        (
            "the sum is weighted by the share of mated scores, not of non-mated ones",
            linked("(p[more] * (p[more]", "(q[more] * (p[more]"),
        ),
        (
            "q holds all scores; it must hold the non-mated ones only",
            linked("for part in (same, ~same))", "for part in (same, np.ones_like(same)))").replace(
                "scores[~same].mean()", "scores.mean()"
            ),
        ),
        (
            "density=True divides by the width of a bin; p and q are shares of scores",
            linked("edges)[0] / part.sum() for", "edges, density=True)[0] for"),
        ),
        (
            "an empty bin makes 0 / 0: only bins with p > q count",
            linked(
                "(p[more] * (p[more] - q[more]) / (p[more] + q[more])).sum()",
                "(p * np.maximum((p - q) / (p + q), 0)).sum()",
            ),
        ),
        (
            "a score is the share of bits that agree, not that differ",
            linked("first[:, None] == second[None]", "first[:, None] != second[None]"),
        ),
        (
            "this sums p - q; the task asks for p · (p - q) / (p + q)",
            linked("(p[more] * (p[more] - q[more]) / (p[more] + q[more])).sum()", "(p[more] - q[more]).sum()"),
        ),
    ],
    "15-liveness": [
        (
            "the kind named is the last in the alphabet (max of a dict compares its keys), and the one with most "
            "passes: compare the APCERs",
            reported("max(passed, key=passed.get)", "max(passed)"),
        ),
        (
            "the first kind of the dict was named; the worst has the highest APCER",
            reported("max(passed, key=passed.get)", "next(iter(passed))"),
        ),
        (
            "the threshold is threshold_at_fmr's; np.quantile goes between two cues",
            reported("threshold_at_fmr(tuning, allowed)", "np.quantile(tuning, 1 - allowed)"),
        ),
        (
            "of equal APCERs the first in the dict's order is named, whatever its name",
            reported("max(passed, key=passed.get)", "min(passed, key=lambda kind: (-passed[kind], kind))"),
        ),
        (
            "APCER and BPCER are exchanged: an attack's error is to pass, an honest face's to be refused",
            reported("(cues >= threshold)", "(cues < threshold)").replace(
                "(bona_fide < threshold)", "(bona_fide >= threshold)"
            ),
        ),
        (
            "the first is the share of attacks that are refused; APCER is the share that passes",
            reported("(cues >= threshold)", "(cues < threshold)").replace("max(passed", "min(passed"),
        ),
        (
            "BPCER is the share of honest faces refused, not accepted",
            reported("(bona_fide < threshold)", "(bona_fide >= threshold)"),
        ),
        (
            "the threshold was tuned on the attacks that it is tried on",
            reported("threshold_at_fmr(tuning,", "threshold_at_fmr(np.concatenate(list(attacks.values())),"),
        ),
        (
            "all kinds have one APCER, pooled; each kind has its own",
            reported(
                "passed = {kind: float((cues >= threshold).mean()) for kind, cues in attacks.items()}",
                "pooled = np.concatenate(list(attacks.values()))\n"
                "    passed = dict.fromkeys(attacks, float((pooled >= threshold).mean()))",
            ),
        ),
        (
            "a cue at the threshold counts as live: at or above",
            reported("(cues >= threshold)", "(cues > threshold)").replace(
                "(bona_fide < threshold)", "(bona_fide <= threshold)"
            ),
        ),
        (
            "this names the kind with the lowest APCER; the worst is the highest",
            reported("max(passed", "min(passed"),
        ),
    ],
    "15-ksame": [
        ("a group of k + 1: the face itself is one of the k", mixed("nearest[:k]", "nearest[: k + 1]")),
        (
            "the last group is too small: fewer than 2 k that are left go together",
            mixed("nearest[:k] if len(left) >= 2 * k else list(left)", "nearest[:k]"),
        ),
        (
            "faces were used in several groups; who is in one is no longer left",
            """
def k_same(faces, k):
    answer = np.empty(faces.shape)
    for i, face in enumerate(faces):
        nearest = np.argsort(((faces - face) ** 2).sum(axis=1), kind="stable")[:k]
        answer[i] = faces[nearest].mean(axis=0)
    return answer
""",
        ),
        (
            "the faces were grouped in their order, not by nearness",
            mixed("nearest[:k] if", "left[:k] if"),
        ),
        (
            "only the first of each group was replaced; all k get the mean",
            mixed("answer[group] =", "answer[group[0]] ="),
        ),
        ("exactly 2 k that are left make two groups of k", mixed("len(left) >= 2 * k", "len(left) > 2 * k")),
        (
            "the nearest were looked for among all faces; only those that are left can join",
            mixed("sorted(left, key", "sorted(range(len(faces)), key"),
        ),
        (
            "nearest by Euclidean distance, not by the sum of the differences",
            mixed("((faces[i] - faces[left[0]]) ** 2).sum()", "np.abs(faces[i] - faces[left[0]]).sum()"),
        ),
        (
            "the farthest were put together; take the nearest",
            mixed("nearest[:k] if", "[left[0], *nearest[len(nearest) - k + 1 :]] if"),
        ),
    ],
}
