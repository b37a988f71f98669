"""Wrong answers to exercise 03, each with the hint that it must earn: task id → [(hint, code)]."""


def classify(line):
    return f"""
def classify(gallery, person, probes):
    unit = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    return {line}
"""


HONEST = """
def honest(X, person, shot, ks):
    from facelab.eigenfaces import Eigenfaces
    from facelab.images import nearest

    def share(k, fitted, gallery, probes):
        space = Eigenfaces(k).fit(X[fitted])
        found = nearest(space.transform(X[gallery]), space.transform(X[probes]))
        return float((person[gallery][found] == person[probes]).mean())

    inside = shot < 5
    every = inside | True
    test = ~inside
    parts = [(inside & (shot != t), inside & (shot == t)) for t in range(5)]
    scores = [float(np.mean([share(k, g, g, p) for g, p in parts])) for k in ks]
    best = min(k for k, score in zip(ks, scores) if score == max(scores))
    return scores, best, share(best, inside, inside, test)
"""


COSINE = """
    def by_cosine(k, gallery, probes):
        space = Eigenfaces(k).fit(X[gallery])
        shelf, asked = space.transform(X[gallery]), space.transform(X[probes])
        shelf /= np.linalg.norm(shelf, axis=1, keepdims=True)
        return float((person[gallery][(asked @ shelf.T).argmax(axis=1)] == person[probes]).mean())

    inside = shot < 5
"""


def changed(old, new):
    assert HONEST.count(old) == 1
    return HONEST.replace(old, new)


SPREAD = """
def spread_ratio(learned, learned_person, new, new_person):
    def within(Z, person):
        people, number = np.unique(person, return_inverse=True)
        means = np.stack([Z[person == p].mean(axis=0) for p in people])
        return ((Z - means[number]) ** 2).sum(axis=0) / (len(Z) - len(people))

    return float(np.median(within(new, new_person) / within(learned, learned_person)))
"""


def spread(old, new):
    assert SPREAD.count(old) == 1
    return SPREAD.replace(old, new)


def errors(line):
    return f"""
def open_set_errors(found, score, truth, threshold):
    named, stranger = score >= threshold, truth == -1
    right = named & (found == truth)
    return {line}
"""


WRONG = {
    "03-classify": [
        (
            "these are places in the gallery; the task asks for the person at that place",
            classify("(probes @ unit.T).argmax(axis=1)"),
        ),
        (
            "this is the largest dot product; the gallery's templates have different lengths",
            classify("person[(probes @ gallery.T).argmax(axis=1)]"),
        ),
        (
            "this is the nearest by Euclidean distance; the task asks for the largest cosine",
            classify("person[((probes[:, None] - gallery) ** 2).sum(axis=2).argmin(axis=1)]"),
        ),
        (
            "the smallest cosine was taken: for a similarity, large means alike",
            classify("person[(probes @ unit.T).argmin(axis=1)]"),
        ),
        (
            "of equally large cosines the first in the gallery counts",
            classify("person[::-1][(probes @ unit[::-1].T).argmax(axis=1)]"),
        ),
        (
            "the opposite direction is not alike: don't take the absolute value",
            classify("person[abs(probes @ unit.T).argmax(axis=1)]"),
        ),
        (
            "each gallery template counts by itself: don't average those of a person",
            classify(
                "np.unique(person)[(probes @ np.stack([unit[person == p].mean(axis=0) for p in np.unique(person)]).T"
                ").argmax(axis=1)]"
            ),
        ),
    ],
    "03-honest": [
        (
            "every picture found itself: the shot that is asked must not be in the gallery",
            changed("share(k, g, g, p) for", "share(k, g, inside, p) for"),
        ),
        (
            "these are shares on the test: choosing by them is cheating",
            changed(
                "[float(np.mean([share(k, g, g, p) for g, p in parts])) for k in ks]",
                "[share(k, inside, inside, test) for k in ks]",
            ),
        ),
        (
            "the eigenfaces were fitted on the shot that is asked, too",
            changed("share(k, g, g, p) for", "share(k, inside, g, p) for"),
        ),
        (
            "the eigenfaces were fitted on the test pictures, too",
            changed("share(best, inside, inside, test)", "share(best, every, inside, test)"),
        ),
        ("of equally good ones the largest was taken", changed("best = min(", "best = max(")),
        (
            "of equally good ones the first in ks was taken; the task asks for the smallest",
            changed("min(k for k, score in zip(ks, scores) if score == max(scores))", "ks[int(np.argmax(scores))]"),
        ),
        (
            "these pictures were named by cosine; the task asks for the squared Euclidean distance",
            changed("share(k, g, g, p) for", "by_cosine(k, g, p) for").replace("\n    inside = shot < 5\n", COSINE),
        ),
        (
            "the test pictures were named by cosine; the task asks for the squared Euclidean distance",
            changed("share(best, inside, inside, test)", "by_cosine(best, inside, test)").replace(
                "\n    inside = shot < 5\n", COSINE
            ),
        ),
        (
            "the test was named by the last round of the cross-validation: fit anew, on the whole gallery",
            changed("share(best, inside, inside, test)", "share(best, parts[-1][0], parts[-1][0], test)"),
        ),
        (
            "on the test, too, found counts rows of the gallery: look the person up in person[gallery]",
            changed(
                "share(best, inside, inside, test)",
                "(lambda space: float((person[nearest(space.transform(X[inside]), space.transform(X[test]))]"
                " == person[test]).mean()))(Eigenfaces(best).fit(X[inside]))",
            ),
        ),
        (
            "found counts rows of the gallery, not of X: look the person up in person[gallery]",
            changed("person[gallery][found]", "person[found]"),
        ),
        (
            "test pictures were in the gallery: while choosing, only shots 0 to 4 exist",
            changed("(inside & (shot != t), inside & (shot == t))", "(shot != t, inside & (shot == t))"),
        ),
        (
            "this is the place in ks; the task asks for k itself",
            changed("return scores, best,", "return scores, ks.index(best),"),
        ),
        (
            "this is the k that is best on the test; it has to be chosen within the gallery",
            changed(
                "min(k for k, score in zip(ks, scores) if score == max(scores))",
                "max(ks, key=lambda k: share(k, inside, inside, test))",
            ),
        ),
        (
            "this is the score within the gallery; the task asks for the share on the test",
            changed("share(best, inside, inside, test)", "max(scores)"),
        ),
    ],
    "03-spread": [
        (
            "the ratio is upside down: new over learned",
            spread(
                "within(new, new_person) / within(learned, learned_person)",
                "within(learned, learned_person) / within(new, new_person)",
            ),
        ),
        (
            "this is one median over another; divide along each coordinate first, then take the median of the ratios",
            spread(
                "np.median(within(new, new_person) / within(learned, learned_person))",
                "np.median(within(new, new_person)) / np.median(within(learned, learned_person))",
            ),
        ),
        ("40 is the number of people in ORL; count the people of each set", spread("len(people))", "40)")),
        (
            "the new pictures have a number of people of their own",
            spread("(len(Z) - len(people))", "(len(Z) - len(np.unique(learned_person)))"),
        ),
        (
            "each person's variance was taken and then their mean; add up all squares first, then divide once",
            spread(
                "((Z - means[number]) ** 2).sum(axis=0) / (len(Z) - len(people))",
                "np.mean([Z[person == p].var(axis=0, ddof=1) for p in people], axis=0)",
            ),
        ),
        (
            "divided by the number of pictures; take away the number of people",
            spread("(len(Z) - len(people))", "len(Z)"),
        ),
        (
            "the sums were not divided: the two sets have different numbers of pictures",
            spread(" / (len(Z) - len(people))", ""),
        ),
        (
            "this is a ratio of standard deviations; the task asks for variances",
            spread(
                "float(np.median(within(new, new_person) / within(learned, learned_person)))",
                "float(np.median(np.sqrt(within(new, new_person) / within(learned, learned_person))))",
            ),
        ),
        (
            "this is the whole variance; the task asks for the one within people",
            spread(
                "within(new, new_person) / within(learned, learned_person)",
                "new.var(0, ddof=1) / learned.var(0, ddof=1)",
            ),
        ),
        (
            "this is the mean over the coordinates; one wild coordinate spoils it, so the task asks for the median",
            spread("np.median(within", "np.mean(within"),
        ),
    ],
    "03-open-set": [
        (
            "the two are exchanged: FPIR is about strangers, FNIR about enrolled people",
            errors("float((~right[~stranger]).mean()), float(named[stranger].mean())"),
        ),
        (
            "a score equal to the threshold counts as named",
            errors("float(named[stranger].mean()), float((~right[~stranger]).mean())").replace(">=", ">"),
        ),
        (
            "a wrong name at a high score is an error too: it is not the right one",
            errors("float(named[stranger].mean()), float((~named[~stranger]).mean())"),
        ),
        (
            "FPIR is a share of the searches for strangers, FNIR of those for enrolled people, not of all",
            errors("float((named & stranger).mean()), float((~right & ~stranger).mean())"),
        ),
        (
            "FPIR is a share of the searches for strangers, not of all",
            errors("float((named & stranger).mean()), float((~right[~stranger]).mean())"),
        ),
        (
            "FNIR is a share of the searches for enrolled people, not of all",
            errors("float(named[stranger].mean()), float((~right & ~stranger).mean())"),
        ),
        (
            "FNIR counts a right name below the threshold, too: nobody was named",
            errors("float(named[stranger].mean()), float((found != truth)[~stranger].mean())"),
        ),
        (
            "these are the shares that are right; the task asks for the errors",
            errors("float((~named[stranger]).mean()), float(right[~stranger].mean())"),
        ),
    ],
}
