"""Wrong answers to exercise 10, each with the hint that it must earn: task id → [(hint, code)]."""

SEARCH = """
def search(gallery, person, probes, k):
    gallery = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    probes = probes / np.linalg.norm(probes, axis=1, keepdims=True)
    scores = probes @ gallery.T
    people = np.unique(person)
    best = np.stack([scores[:, person == p].max(axis=1) for p in people], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")[:, :k]
    return people[order], np.take_along_axis(best, order, axis=1)
"""


def searched(old, new):
    assert SEARCH.count(old) == 1
    return SEARCH.replace(old, new)


def curve(line):
    return f"""
def cmc(found, truth):
    hits = found == truth[:, None]
    return {line}
"""


OPEN_SET = """
def open_set(scores, person, truth, thresholds):
    best, found = scores.max(axis=1), person[scores.argmax(axis=1)]
    limits = thresholds[:, None]
    named, stranger = best >= limits, truth == -1
    right = named & (found == truth)
    fpir = named[:, stranger].mean(axis=1)
    fnir = 1 - right[:, ~stranger].mean(axis=1)
    return fpir, fnir
"""


def errors(old, new):
    assert OPEN_SET.count(old) == 1
    return OPEN_SET.replace(old, new)


MERGE = """
def merge(people, scores, k):
    answer = []
    for i in range(len(people[0])):
        best = {}
        for names, values in zip(people, scores):
            for name, value in zip(names[i].tolist(), values[i].tolist()):
                best[name] = max(value, best.get(name, value))
        first = sorted(best, key=lambda name: (-best[name], name))[:k]
        answer.append((first, [best[name] for name in first]))
    return tuple(np.array(part) for part in zip(*answer))
"""


def merged(old, new):
    assert MERGE.count(old) == 1
    return MERGE.replace(old, new)


WRONG = {
    "10-search": [
        (
            "the templates have different lengths: divide the dot product by both of them",
            searched("scores = probes @ gallery.T", "scores = probes0 @ gallery0.T").replace(
                "    gallery =", "    gallery0, probes0 = gallery, probes\n    gallery ="
            ),
        ),
        (
            "the probes have lengths, too: the score is the cosine",
            searched("probes = probes / np.linalg.norm(probes, axis=1, keepdims=True)", "pass"),
        ),
        (
            "a person's score is that of the most similar template, not the mean",
            searched(".max(axis=1)", ".mean(axis=1)"),
        ),
        (
            "k counts people: a person's several templates must not fill several places",
            searched("np.argsort(-best,", "np.argsort(-scores,")
            .replace("people[order]", "person[order]")
            .replace("(best, order", "(scores, order"),
        ),
        (
            "these are places in a list of people; the task asks for the people",
            searched("return people[order],", "return order,"),
        ),
        ("the least alike came first: a high cosine means alike", searched("argsort(-best", "argsort(best")),
        (
            "equal scores: the lower integer comes first, not the one enrolled first",
            searched("np.unique(person)", "np.array(list(dict.fromkeys(person.tolist())))"),
        ),
        (
            "equal scores: the lower integer comes first, not the higher",
            searched("np.unique(person)", "np.unique(person)[::-1]"),
        ),
        (
            'equal scores came in any order: np.argsort keeps ties as they were only with kind="stable"',
            searched(', kind="stable"', ""),
        ),
    ],
    "10-cmc": [
        ("these are the shares *at* each rank; add up: among the best r", curve("hits.mean(axis=0)")),
        (
            "rank is off by one: the first entry is the rank-1 rate, not 0",
            curve("np.append(0, np.cumsum(hits, axis=1).mean(axis=0)[:-1])"),
        ),
        (
            "rank is off by one: an entry for the rank after is there",
            curve(
                "np.array([np.mean(np.where(hits.any(axis=1), hits.argmax(axis=1), np.inf) <= r) "
                "for r in range(1, found.shape[1] + 1)])"
            ),
        ),
        (
            "a search whose list misses the right person counts, too: divide by all searches",
            curve("np.cumsum(hits.sum(axis=0)) / hits.any(axis=1).sum()"),
        ),
        (
            "argmax of a row without a hit is 0: a search that misses the right person was counted at rank 1",
            curve("np.array([np.mean(hits.argmax(axis=1) < r) for r in range(1, found.shape[1] + 1)])"),
        ),
        ("these are counts; the task asks for shares", curve("np.cumsum(hits.sum(axis=0))")),
        (
            "added up from the wrong end: among the best r, not from r on",
            curve("np.cumsum(hits.mean(axis=0)[::-1])[::-1]"),
        ),
        ("these are the shares that are *not* found", curve("1 - np.cumsum(hits, axis=1).mean(axis=0)")),
    ],
    "10-open-set": [
        (
            "the two are exchanged: FPIR is about strangers, FNIR about enrolled people",
            errors("return fpir, fnir", "return fnir, fpir"),
        ),
        (
            "FPIR counts searches: one search that names somebody is one, however many candidates reach the threshold",
            errors("named[:, stranger].mean(axis=1)", "(scores[stranger] >= limits[:, :, None]).mean(axis=(1, 2))"),
        ),
        ("a score equal to the threshold counts as named", errors("best >= limits", "best > limits")),
        (
            "a wrong name at a high score is an error too: FNIR counts whoever is misnamed",
            errors("named & (found == truth)", "named"),
        ),
        (
            "the right person must come first: that the own score reaches the threshold is not enough",
            errors("named & (found == truth)", "(scores * (person == truth[:, None])).max(axis=1) >= limits"),
        ),
        (
            "FPIR is a share of the searches for strangers, FNIR of those for enrolled people, not of all",
            errors("named[:, stranger].mean(axis=1)", "(named & stranger).mean(axis=1)").replace(
                "1 - right[:, ~stranger].mean(axis=1)", "(~right & ~stranger).mean(axis=1)"
            ),
        ),
        (
            "these are the shares that are right; the task asks for the errors",
            errors("return fpir, fnir", "return 1 - fpir, 1 - fnir"),
        ),
        (
            "the thresholds come in any order and the answer keeps it: entry i belongs to thresholds[i]",
            errors("limits = thresholds[:, None]", "limits = np.sort(thresholds)[:, None]"),
        ),
    ],
    "10-merge": [
        (
            "equal scores: the lower integer comes first, whichever pool answered first",
            merged("key=lambda name: (-best[name], name)", "key=lambda name: -best[name]"),
        ),
        (
            "equal scores: the lower integer comes first, not the higher",
            merged("(-best[name], name)", "(-best[name], -name)"),
        ),
        (
            "somebody comes twice: a person in two pools counts once",
            """
def merge(people, scores, k):
    people, scores = np.concatenate(people, axis=1), np.concatenate(scores, axis=1)
    order = np.lexsort((people, -scores))[:, :k]
    return np.take_along_axis(people, order, axis=1), np.take_along_axis(scores, order, axis=1)
""",
        ),
        (
            "ranks were merged, each pool's first in turn: compare the scores",
            """
def merge(people, scores, k):
    answer = []
    for i in range(len(people[0])):
        turns = [(p[i, r], s[i, r]) for r in range(k) for p, s in zip(people, scores) if r < p.shape[1]]
        first = list(dict.fromkeys(int(name) for name, _ in turns))[:k]
        best = {int(name): float(score) for name, score in reversed(turns)}
        answer.append((first, [best[name] for name in first]))
    return tuple(np.array(part) for part in zip(*answer))
""",
        ),
        (
            "the pools were put one after another: all of them compete for the k places",
            merged("sorted(best, key=lambda name: (-best[name], name))[:k]", "list(best)[:k]"),
        ),
        (
            "a person in two pools counts with the highest score, not that of the first pool",
            merged("max(value, best.get(name, value))", "best.get(name, value)"),
        ),
        (
            "a person in two pools counts with the highest score, not that of the last pool",
            merged("max(value, best.get(name, value))", "value"),
        ),
        (
            "a person's scores were added; the task asks for the highest",
            merged("max(value, best.get(name, value))", "value + best.get(name, 0)"),
        ),
        ("the least alike came first", merged("(-best[name], name)", "(best[name], name)")),
    ],
}
