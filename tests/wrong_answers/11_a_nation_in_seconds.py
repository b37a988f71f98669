"""Wrong answers to exercise 11, each with the hint that it must earn: task id → [(hint, code)]."""


def sizing(portrait="terabytes * 1e12 / people", templates="people * dimensions * 4 / 1e9", index=None):
    index = index or "(people * (parts + 8) + 256 * dimensions * 4) / 1e9"
    return f"""
def sizing(people, terabytes, dimensions, parts):
    return {portrait}, {templates}, {index}
"""


CODES = """
def code_scores(codes, centres, probe):
    parts, _, width = centres.shape
    pieces = probe.reshape(parts, width)
    table = np.einsum("pcw,pw->pc", centres, pieces)
    return sum(table[j, codes[:, j]] for j in range(parts))
"""


def codes(old, new):
    assert CODES.count(old) == 1
    return CODES.replace(old, new)


def losses(recall="(found[:, 0] == exact[:, 0]).mean()", lost="(found[right, 0] != own[right]).mean()"):
    return f"""
def index_losses(found, exact, own):
    right = exact[:, 0] == own
    return float({recall}), float({lost})
"""


FPIR = """
def fpir(fmr, n):
    return float(-np.expm1(n * np.log1p(-fmr)))


def decades_beyond(n, rate, count):
    fmr = -np.expm1(np.log1p(-rate) / n)
    return float(np.log10(1 / count / fmr))
"""


def rates(old, new):
    assert FPIR.count(old) == 1
    return FPIR.replace(old, new)


CARRY = """
def carry_on(genuine, impostor, n, rate):
    fmr = -np.expm1(np.log1p(-rate) / n)
    threshold = scipy.stats.norm.isf(fmr, impostor.mean(), impostor.std())
    return float(threshold), float(1 - (genuine >= threshold).mean())
"""


def carry(old, new):
    assert CARRY.count(old) == 1
    return CARRY.replace(old, new)


WRONG = {
    "11-size": [
        ("a terabyte is 10^12 bytes here, not 2^40", sizing(portrait="terabytes * 2**40 / people")),
        (
            "a gigabyte is 10^9 bytes here, not 2^30",
            sizing(
                templates="people * dimensions * 4 / 2**30",
                index="(people * (parts + 8) + 256 * dimensions * 4) / 2**30",
            ),
        ),
        (
            "a float32 has 4 bytes, not 8",
            sizing(
                templates="people * dimensions * 8 / 1e9", index="(people * (parts + 8) + 256 * dimensions * 8) / 1e9"
            ),
        ),
        ("the codebooks are missing from the index", sizing(index="people * (parts + 8) / 1e9")),
        (
            "the row numbers are missing from the index",
            sizing(index="(people * parts + 256 * dimensions * 4) / 1e9"),
        ),
        (
            "the codebooks are kept once, not for each person",
            sizing(index="people * (parts + 8 + 256 * dimensions * 4) / 1e9"),
        ),
        (
            "each codebook's centres have dimensions / parts numbers, not all dimensions",
            sizing(index="(people * (parts + 8) + parts * 256 * dimensions * 4) / 1e9"),
        ),
        (
            "each part has a codebook of its own",
            sizing(index="(people * (parts + 8) + 256 * dimensions / parts * 4) / 1e9"),
        ),
    ],
    "11-codes": [
        (
            "these are squared distances; the task asks for the dot product",
            codes('np.einsum("pcw,pw->pc", centres, pieces)', "((centres - pieces[:, None]) ** 2).sum(axis=2)"),
        ),
        (
            "these are minus the squared distances; the task asks for the dot product",
            codes('np.einsum("pcw,pw->pc", centres, pieces)', "-((centres - pieces[:, None]) ** 2).sum(axis=2)"),
        ),
        (
            "the probe was coded, too; it stays as it is",
            codes(
                "    table =",
                "    near = ((centres - pieces[:, None]) ** 2).sum(axis=2).argmin(axis=1)\n"
                "    pieces = centres[np.arange(parts), near]\n"
                "    table =",
            ),
        ),
        (
            "this is the mean over the parts; a dot product is their sum",
            codes("for j in range(parts))", "for j in range(parts)) / parts"),
        ),
        ("only the first part was counted", codes("for j in range(parts))", "for j in range(1))")),
        (
            "all parts were looked up in the first part's codebook",
            codes('np.einsum("pcw,pw->pc", centres, pieces)', 'np.einsum("cw,pw->pc", centres[0], pieces)'),
        ),
        (
            "every part was multiplied with the first piece of the probe",
            codes('np.einsum("pcw,pw->pc", centres, pieces)', "centres @ pieces[0]"),
        ),
        (
            "the scores were divided by the decoded templates' lengths; the task asks for the dot product as it is",
            codes(
                "for j in range(parts))",
                "for j in range(parts)) / np.sqrt("
                "sum((centres[j, codes[:, j]] ** 2).sum(axis=1) for j in range(parts)))",
            ),
        ),
    ],
    "11-recall": [
        (
            "this counts the exact best anywhere among the k found; recall@1 asks for the first place",
            losses(
                "(found == exact[:, :1]).any(axis=1).mean()", "(~(found[right] == own[right, None]).any(axis=1)).mean()"
            ),
        ),
        (
            "this compares with the probe's own row; recall@1 compares with the exact search",
            losses("(found[:, 0] == own).mean()", "(found[:, 0] != own).mean()"),
        ),
        (
            "recall is about the exact search's first row, whoever it is, not about the own row",
            losses("(found[right, 0] == own[right]).mean()"),
        ),
        (
            "lost is a share of the probes that the exact search gets right, not of all",
            losses(lost="(right & (found[:, 0] != own)).mean()"),
        ),
        (
            "the second is the share that is kept; the task asks for the share lost",
            losses(lost="(found[right, 0] == own[right]).mean()"),
        ),
        (
            "the first is the share that differs; recall is the share that agrees",
            losses("(found[:, 0] != exact[:, 0]).mean()"),
        ),
        (
            "this counts rows in the same place, in every column; only the first place counts",
            losses("(found == exact).mean()"),
        ),
    ],
    "11-fpir": [
        (
            "this is N times FMR, which here is more than 1: no probability",
            rates("float(-np.expm1(n * np.log1p(-fmr)))", "float(n * fmr)"),
        ),
        (
            "this is N times FMR cut off at 1; nearness to 1 is not certainty",
            rates("float(-np.expm1(n * np.log1p(-fmr)))", "min(1.0, n * fmr)"),
        ),
        (
            "this is the probability that nobody is named",
            rates("float(-np.expm1(n * np.log1p(-fmr)))", "float((1 - fmr) ** n)"),
        ),
        (
            "the exponent is n, the size of the gallery, not n - 1",
            rates("n * np.log1p(-fmr)", "(n - 1) * np.log1p(-fmr)"),
        ),
        (
            "plain arithmetic loses digits here: 1 - 1e-12 is rounded. Use numpy.log1p and numpy.expm1",
            rates("float(-np.expm1(n * np.log1p(-fmr)))", "1 - (1 - fmr) ** n"),
        ),
        (
            "this is N times FMR: nearly right here, but not to six digits",
            rates(
                "float(-np.expm1(n * np.log1p(-fmr)))",
                "n * fmr if n * fmr < 0.01 else float(-np.expm1(n * np.log1p(-fmr)))",
            ),
        ),
        ("decades are powers of ten: log10, not the natural logarithm", rates("np.log10", "np.log")),
        (
            "the sign is turned: a needed FMR below 1 / count counts as positive",
            rates("1 / count / fmr", "fmr * count"),
        ),
        (
            "this compares 1 / n with 1 / count; the FPIR wanted matters too",
            rates("1 / count / fmr", "n / count"),
        ),
        ("this is the number of decades below 1, not below 1 / count", rates("1 / count / fmr", "1 / fmr")),
    ],
    "11-carry": [
        (
            "this is the threshold for FMR = 1 / n; the FPIR wanted is not in it",
            carry("-np.expm1(np.log1p(-rate) / n)", "1 / n"),
        ),
        (
            "this is the threshold for FMR = rate: it forgets that there are n comparisons",
            carry("-np.expm1(np.log1p(-rate) / n)", "rate"),
        ),
        (
            "the normal distribution was fitted to the genuine scores; it is impostors that reach the threshold",
            carry("impostor.mean(), impostor.std()", "np.nanmean(genuine), np.nanstd(genuine)"),
        ),
        (
            "the second is the share found (1 - FNIR); the task asks for the share missed",
            carry("float(1 - (genuine >= threshold).mean())", "float((genuine >= threshold).mean())"),
        ),
        (
            "faces that were not found were left out; they are missed as well",
            carry(
                "float(1 - (genuine >= threshold).mean())",
                "float((genuine[~np.isnan(genuine)] < threshold).mean())",
            ),
        ),
        (
            "NaN is not below anything, so `genuine < threshold` forgets the faces that were not found",
            carry("float(1 - (genuine >= threshold).mean())", "float((genuine < threshold).mean())"),
        ),
        (
            "the two are exchanged: threshold first, then FNIR",
            carry(
                "float(threshold), float(1 - (genuine >= threshold).mean())",
                "float(1 - (genuine >= threshold).mean()), float(threshold)",
            ),
        ),
        ("the standard deviation is divided by i, not by i - 1", carry("impostor.std()", "impostor.std(ddof=1)")),
        ("the threshold lies in the lower tail: isf, not ppf", carry("norm.isf", "norm.ppf")),
        (
            "this is the highest impostor score: 50 scores show nothing as rare as that",
            carry("scipy.stats.norm.isf(fmr, impostor.mean(), impostor.std())", "impostor.max()"),
        ),
    ],
}
