"""Wrong answers to exercise 09, each with the hint that it must earn: task id → [(hint, code)]."""


def rates(fmr="(impostor[None] >= thresholds[:, None]).mean(1)", fnmr="(genuine[None] < thresholds[:, None]).mean(1)"):
    return f"""
def error_rates(genuine, impostor, thresholds):
    return {fmr}, {fnmr}
"""


EQUAL = """
def equal_error(genuine, impostor):
    thresholds = np.unique(np.concatenate([genuine, impostor]))[::-1]
    fmr = (impostor[None] >= thresholds[:, None]).mean(axis=1)
    fnmr = (genuine[None] < thresholds[:, None]).mean(axis=1)
    best = np.argmin(np.round(np.abs(fmr - fnmr), 12))
    return float((fmr[best] + fnmr[best]) / 2), float(thresholds[best])
"""

HELD_OUT = """
def held_out(templates, person, tuning, wanted):
    left, right = np.triu_indices(len(person), k=1)
    scores, same = (templates @ templates.T)[left, right], person[left] == person[right]
    inside = np.isin(person, tuning)
    mine = inside[left] & inside[right]
    theirs = ~inside[left] & ~inside[right]
    impostor = scores[mine & ~same]
    allowed = max(m for m in range(len(impostor)) if m / len(impostor) <= wanted)
    threshold = float(np.nextafter(np.sort(impostor)[::-1][allowed], np.inf))
    fmr, fnmr = np.mean(scores[theirs & ~same] >= threshold), np.mean(scores[theirs & same] < threshold)
    return threshold, float(fmr), float(fnmr)
"""

FOLDS = """
def ten_folds(score, same, fold):
    accuracies = []
    for held in np.unique(fold):
        inside = fold == held
        s, y = score[~inside], same[~inside]
        tried = np.unique(s)[::-1]
        right = [np.sum((s >= t) == y) for t in tried]
        threshold = tried[int(np.argmax(right))]
        accuracies.append(np.mean((score[inside] >= threshold) == same[inside]))
    return float(np.mean(accuracies)), float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies)))
"""


def changed(code, old, new):
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times"
    return code.replace(old, new)


WRONG = {
    "09-rates": [
        (
            "the two are exchanged: FMR is about impostors, FNMR about genuine pairs",
            rates("(genuine[None] < thresholds[:, None]).mean(1)", "(impostor[None] >= thresholds[:, None]).mean(1)"),
        ),
        (
            "a score equal to the threshold is accepted",
            rates("(impostor[None] > thresholds[:, None]).mean(1)", "(genuine[None] <= thresholds[:, None]).mean(1)"),
        ),
        (
            "the second is the share of genuine pairs accepted (TMR); FNMR is the share that is not",
            rates(fnmr="(genuine[None] >= thresholds[:, None]).mean(1)"),
        ),
        (
            "the first is the share of impostor pairs refused; FMR is the share accepted",
            rates(fmr="(impostor[None] < thresholds[:, None]).mean(1)"),
        ),
        (
            "these are counts; the task asks for shares",
            rates("(impostor[None] >= thresholds[:, None]).sum(1)", "(genuine[None] < thresholds[:, None]).sum(1)"),
        ),
        (
            "each is a share of its own kind of pairs, not of all pairs",
            rates(
                "(impostor[None] >= thresholds[:, None]).sum(1) / (len(genuine) + len(impostor))",
                "(genuine[None] < thresholds[:, None]).sum(1) / (len(genuine) + len(impostor))",
            ),
        ),
        (
            "the thresholds were sorted: keep their order",
            rates(
                "(impostor[None] >= np.sort(thresholds)[:, None]).mean(1)",
                "(genuine[None] < np.sort(thresholds)[:, None]).mean(1)",
            ),
        ),
    ],
    "09-eer": [
        (
            "the genuine scores alone were tried; an impostor's score may be the best threshold",
            changed(EQUAL, "np.unique(np.concatenate([genuine, impostor]))", "np.unique(genuine)"),
        ),
        (
            "the impostor scores alone were tried; a genuine score may be the best threshold",
            changed(EQUAL, "np.unique(np.concatenate([genuine, impostor]))", "np.unique(impostor)"),
        ),
        (
            "this is FMR there; the task asks for the mean of FMR and FNMR",
            changed(EQUAL, "(fmr[best] + fnmr[best]) / 2", "fmr[best]"),
        ),
        (
            "this is FNMR there; the task asks for the mean of FMR and FNMR",
            changed(EQUAL, "(fmr[best] + fnmr[best]) / 2", "fnmr[best]"),
        ),
        (
            "the first is the difference of FMR and FNMR; the task asks for their mean",
            changed(EQUAL, "(fmr[best] + fnmr[best]) / 2", "abs(fmr[best] - fnmr[best])"),
        ),
        (
            "the smallest sum of FMR and FNMR was looked for; the task asks for the smallest difference",
            changed(EQUAL, "np.abs(fmr - fnmr)", "fmr + fnmr"),
        ),
        (
            "of several thresholds with the same difference the lowest was taken",
            changed(EQUAL, "impostor]))[::-1]", "impostor]))"),
        ),
        (
            "a score equal to the threshold is accepted",
            changed(changed(EQUAL, ">= thresholds", "> thresholds"), "< thresholds", "<= thresholds"),
        ),
    ],
    "09-held-out": [
        (
            "the threshold was set on the people it is then tried on",
            changed(HELD_OUT, "scores[mine & ~same]", "scores[theirs & ~same]"),
        ),
        ("the threshold was set on everybody", changed(HELD_OUT, "scores[mine & ~same]", "scores[~same]")),
        (
            "pairs of a tuning person with another were used to set the threshold; both must be in tuning",
            changed(HELD_OUT, "inside[left] & inside[right]\n    theirs", "inside[left] | inside[right]\n    theirs"),
        ),
        (
            "the rates were taken on the tuning people themselves",
            changed(HELD_OUT, "~inside[left] & ~inside[right]", "mine"),
        ),
        (
            "pairs of a tuning person with another were counted in step 2; neither may be in tuning",
            changed(HELD_OUT, "~inside[left] & ~inside[right]", "~mine"),
        ),
        (
            "the threshold is too low: one pair too many passes",
            changed(HELD_OUT, "[::-1][allowed]", "[::-1][allowed + 1]"),
        ),
        (
            "the threshold is too high: one more pair may pass",
            changed(HELD_OUT, "[::-1][allowed]", "[::-1][max(allowed - 1, 0)]"),
        ),
        (
            "the last two are exchanged: first FMR, then FNMR",
            changed(HELD_OUT, "float(fmr), float(fnmr)", "float(fnmr), float(fmr)"),
        ),
    ],
    "09-folds": [
        (
            "the threshold was chosen on the fold itself: it must come from the others",
            changed(FOLDS, "score[~inside], same[~inside]", "score[inside], same[inside]"),
        ),
        (
            "the threshold was chosen on all pairs, those of the fold too",
            changed(FOLDS, "score[~inside], same[~inside]", "score, same"),
        ),
        (
            "the standard deviation needs n - 1 in the denominator (ddof=1)",
            changed(FOLDS, "ddof=1", "ddof=0"),
        ),
        (
            "this is the standard deviation; divide it by the root of the number of folds",
            changed(FOLDS, " / np.sqrt(len(accuracies))", ""),
        ),
        (
            "the standard deviation was divided by the number of folds; it takes the root",
            changed(FOLDS, "np.sqrt(len(accuracies))", "len(accuracies)"),
        ),
        (
            "of several thresholds that do equally well the lowest was taken",
            changed(FOLDS, "np.unique(s)[::-1]", "np.unique(s)"),
        ),
        (
            "a score equal to the threshold is accepted",
            changed(changed(FOLDS, "(s >= t)", "(s > t)"), "score[inside] >= threshold", "score[inside] > threshold"),
        ),
    ],
}
