"""Wrong answers to exercise 12, each with the hint that it must earn: task id → [(hint, code)]."""

ASSOCIATE = """
def associate(before, now, least):
    overlap = iou(before, now)
    overlap[overlap < least] = 0
    i, j = linear_sum_assignment(overlap, maximize=True)
    pairs = np.column_stack([i, j])
    return pairs[overlap[i, j] > 0]
"""

GREEDY = """
def associate(before, now, least):
    overlap = iou(before, now)
    pairs = []
    while overlap.size and overlap.max() >= least:
        i, j = np.unravel_index(overlap.argmax(), overlap.shape)
        pairs.append([i, j])
        overlap[i], overlap[:, j] = 0, 0
    return np.array(sorted(pairs), int).reshape(-1, 2)
"""

BEST_OF_EACH = """
def associate(before, now, least):
    overlap = iou(before, now)
    i = overlap.argmax(axis=0)
    pairs = [(a, b) for b, a in enumerate(i) if overlap[a, b] >= least]
    return np.array(sorted(pairs), int).reshape(-1, 2)
"""

FOLLOW = """
def follow(boxes, least, patience):
    from facelab.video import associate

    tracks, begun, numbers = [], 0, []
    for here in boxes:
        last = np.array([box for _, box, _ in tracks]).reshape(-1, 4)
        given = [-1] * len(here)
        for track in tracks:
            track[2] += 1
        for i, j in zip(*associate(last, here, least)):
            tracks[i][1:] = here[j], 0
            given[j] = tracks[i][0]
        tracks = [track for track in tracks if track[2] <= patience]
        for j, number in enumerate(given):
            if number == -1:
                given[j] = begun
                tracks.append([begun, here[j], 0])
                begun += 1
        numbers.append(given)
    return numbers
"""

DECIDE = """
def decide(templates, weights, gallery, person, threshold):
    pooled = weights @ templates
    pooled = pooled / np.linalg.norm(pooled)
    scores = gallery @ pooled
    best = scores.argmax()
    return (int(person[best]) if scores[best] >= threshold else -1), float(scores[best])
"""

VOTES = """
def decide(templates, weights, gallery, person, threshold):
    each = templates @ gallery.T
    votes = [row.argmax() for row in each if row.max() >= threshold]
    if not votes:
        return -1, float(each.max())
    best = max(sorted(set(votes)), key=votes.count)
    return int(person[best]), float(np.mean([row[best] for row in each if row.argmax() == best]))
"""

ALARMS = """
def alarms(people, listed, size, fmr, fnir, looks):
    fpir = 1 - (1 - fmr) ** (size * looks)
    false, right = (people - listed) * fpir, listed * (1 - fnir)
    return float(false), float(right), float(right / (false + right)) if false + right > 0 else 0.0
"""


def changed(source, *pairs):
    for old, new in pairs:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def associated(*pairs):
    return changed(ASSOCIATE, *pairs)


def followed(*pairs):
    return changed(FOLLOW, *pairs)


def decided(*pairs):
    return changed(DECIDE, *pairs)


def alarmed(*pairs):
    return changed(ALARMS, *pairs)


WRONG = {
    "12-associate": [
        (
            "the pair with the largest IoU was taken first, then the next: look for the largest sum over all choices",
            GREEDY,
        ),
        (
            "least is ignored: two boxes that hardly overlap are a pair here",
            associated(("    overlap[overlap < least] = 0\n", "")),
        ),
        (
            "the smallest sum was looked for: linear_sum_assignment minimises unless it is told maximize=True",
            associated((", maximize=True", "")),
        ),
        (
            "the columns are exchanged: i, the row of before, comes first",
            associated(("np.column_stack([i, j])", "np.column_stack([j, i])")),
        ),
        ("each box of now took the best of before, whether that was taken or not", BEST_OF_EACH),
        (
            "a pair below least took part in the choice and pushed a better one aside: set it to 0 before choosing",
            associated(
                ("    overlap[overlap < least] = 0\n", ""),
                ("pairs[overlap[i, j] > 0]", "pairs[overlap[i, j] >= least]"),
            ),
        ),
        ("an IoU equal to least is allowed", associated(("overlap < least", "overlap <= least"))),
    ],
    "12-follow": [
        (
            "a lost track was revived: after more than patience frames without a box it is closed",
            followed(("        tracks = [track for track in tracks if track[2] <= patience]\n", "")),
        ),
        (
            "a track was closed one frame too early: it may miss as many in a row as patience says",
            followed(("track[2] <= patience", "track[2] < max(patience, 1)")),
        ),
        (
            "misses are counted in a row: a box that is found again sets the count back to 0",
            followed(
                ("            track[2] += 1\n", "            track[2] += 2\n"),
                ("tracks[i][1:] = here[j], 0", "tracks[i][1:] = here[j], tracks[i][2] - 2"),
                ("track[2] <= patience", "track[2] <= 2 * patience"),
            ),
        ),
        (
            "a box was compared with the first one of each track; compare with the last",
            followed(("tracks[i][1:] = here[j], 0", "tracks[i][2] = 0")),
        ),
        (
            "a closed track's number was given again: count the tracks that were ever begun",
            followed(
                (
                    "                given[j] = begun\n",
                    "                begun = len(tracks)\n                given[j] = begun\n",
                )
            ),
        ),
        (
            "these are the places of the boxes in their frame; the same face must keep its number",
            "def follow(boxes, least, patience):\n    return [list(range(len(here))) for here in boxes]\n",
        ),
    ],
    "12-decide": [
        ("all templates weigh the same: use the weights", decided(("weights @ templates", "templates.mean(axis=0)"))),
        (
            "the pooled template is shorter than 1: divide it by its length",
            decided(("pooled / np.linalg.norm(pooled)", "pooled / weights.sum()")),
        ),
        (
            "the sum was not brought back to length 1",
            decided(("    pooled = pooled / np.linalg.norm(pooled)\n", "")),
        ),
        (
            "this is the best score of any single picture; pool the templates first",
            decided(("gallery @ pooled", "(templates @ gallery.T).max(axis=0)")),
        ),
        ("each picture was decided alone and the votes counted; pool the templates first", VOTES),
        (
            "the scores of the pictures were averaged; pool the templates first",
            decided(("gallery @ pooled", "(templates @ gallery.T).mean(axis=0)")),
        ),
        (
            "the weights say how good a picture is; its template was multiplied by the weight's square",
            decided(("weights @ templates", "weights**2 @ templates")),
        ),
        (
            "this is the row of the gallery; the task asks for the person",
            decided(("int(person[best])", "int(best)")),
        ),
        ("a score equal to the threshold names the person", decided((">=", ">"))),
        (
            "below the threshold the answer is nobody, -1",
            decided(("(int(person[best]) if scores[best] >= threshold else -1)", "int(person[best])")),
        ),
    ],
    "12-alarms": [
        (
            "size times fmr is larger than the probability: a stranger can't be named more than once",
            alarmed(("1 - (1 - fmr) ** (size * looks)", "size * looks * fmr")),
        ),
        (
            "every picture was counted as a person: people are named, not pictures",
            alarmed(("(size * looks)", "size"), ("(people - listed) * fpir", "(people - listed) * looks * fpir")),
        ),
        (
            "a stranger is looked at `looks` times, and each look is a search of its own",
            alarmed(("(size * looks)", "size")),
        ),
        (
            "fmr belongs to one comparison; a search compares with everybody on the list",
            alarmed(("(size * looks)", "looks")),
        ),
        ("listed people were counted as strangers, too", alarmed(("(people - listed) * fpir", "people * fpir"))),
        (
            "the share leaves out how many pass of each kind: weigh the two rates with the numbers of people",
            alarmed(("float(right / (false + right))", "(1 - fnir) / (1 - fnir + fpir)")),
        ),
        ("fnir is the share that is missed", alarmed(("listed * (1 - fnir)", "listed * fnir"))),
        (
            "this is the share of alarms that is wrong; the task asks for the share that is right",
            alarmed(("float(right / (false + right))", "float(false / (false + right))")),
        ),
        (
            "this is the share of listed people who are named; the task asks for the share of those named",
            alarmed(("float(right / (false + right))", "1 - fnir")),
        ),
    ],
}
