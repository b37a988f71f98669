"""Wrong answers to the self-test of docs/prerequisites.ipynb, each with the hint that it must earn."""

WRONG = {
    "00-rows": [
        (
            "each column lost its mean; axis 0 goes down a column, axis 1 along a row",
            """
def away_from_row_means(X):
    return X - X.mean(axis=0)
""",
        ),
        (
            "the means have shape (n,) and were laid along the rows: this runs only because X is square here. Keep the "
            "axis with keepdims=True",
            """
def away_from_row_means(X):
    return X - X.mean(axis=1)
""",
        ),
        (
            "one mean was taken over all numbers; each row has its own",
            """
def away_from_row_means(X):
    return X - X.mean()
""",
        ),
        (
            "these are the means, not what is left without them",
            """
def away_from_row_means(X):
    return X.mean(axis=1)
""",
        ),
    ],
    "00-copy": [
        (
            "the first array changed as well: `b = a` and a slice are the same numbers under two names. Take a.copy()",
            """
def before_and_after(picture, rows):
    after = picture
    after[:rows] = 0
    return picture, after
""",
        ),
        (
            "columns were set to 0; the first index counts rows",
            """
def before_and_after(picture, rows):
    after = picture.copy()
    after[:, :rows] = 0
    return picture, after
""",
        ),
        (
            "one row was set to 0, the one of that number; the first `rows` rows are the slice [:rows]",
            """
def before_and_after(picture, rows):
    after = picture.copy()
    after[rows] = 0
    return picture, after
""",
        ),
        (
            "the two arrays are in the wrong order: first as it came, then the changed one",
            """
def before_and_after(picture, rows):
    after = picture.copy()
    after[:rows] = 0
    return after, picture
""",
        ),
    ],
    "00-share": [
        (
            "divided by the number of all scores; the share is of the genuine ones",
            """
def share_accepted(scores, genuine, threshold):
    return ((scores >= threshold) & genuine).mean()
""",
        ),
        (
            "the score that equals the threshold was left out; `at or above` is >=",
            """
def share_accepted(scores, genuine, threshold):
    return (scores[genuine] > threshold).mean()
""",
        ),
        (
            "the share is of all scores, genuine or not; pick the genuine ones first",
            """
def share_accepted(scores, genuine, threshold):
    return (scores >= threshold).mean()
""",
        ),
        (
            "the mask was turned round: this is the share of the scores that aren't genuine",
            """
def share_accepted(scores, genuine, threshold):
    return (scores[~genuine] >= threshold).mean()
""",
        ),
        (
            "this is how many, not which share of them",
            """
def share_accepted(scores, genuine, threshold):
    return (scores[genuine] >= threshold).sum()
""",
        ),
    ],
    "00-best": [
        (
            "these are the two smallest; np.argsort begins with the smallest",
            """
def best_two(scores):
    return scores.argsort(axis=1)[:, :2]
""",
        ),
        (
            "the right two, but the best comes last",
            """
def best_two(scores):
    return scores.argsort(axis=1)[:, -2:]
""",
        ),
        (
            "these are the scores; the task asks for their columns",
            """
import numpy as np

def best_two(scores):
    return -np.sort(-scores, axis=1)[:, :2]
""",
        ),
        (
            "columns were sorted, not rows: axis=1 sorts along a row",
            """
import numpy as np

def best_two(scores):
    return np.argsort(-scores, axis=0)[:, :2]
""",
        ),
    ],
    "00-crop": [
        (
            "x and y are exchanged: rows, which y counts, come first",
            """
def crop(picture, x, y, width, height):
    return picture[x : x + width, y : y + height]
""",
        ),
        (
            "width and height were taken for the far corner; a slice ends at x + width",
            """
def crop(picture, x, y, width, height):
    return picture[y:height, x:width]
""",
        ),
        (
            "rows and columns are right, width and height are exchanged",
            """
def crop(picture, x, y, width, height):
    return picture[y : y + width, x : x + height]
""",
        ),
        (
            "the corner is right, but one row and one column too many came: a slice ends before its end",
            """
def crop(picture, x, y, width, height):
    return picture[y : y + height + 1, x : x + width + 1]
""",
        ),
    ],
    "00-brighter": [
        (
            "a sum above 255 began again at 0; calculate with picture.astype(int), and cut off before you go back",
            """
import numpy as np

def brighter(picture, amount):
    return np.clip(picture + np.uint8(amount), 0, 255)
""",
        ),
        (
            "nothing was cut off: 255 is white, and there is nothing lighter",
            """
def brighter(picture, amount):
    return picture.astype(float) + amount
""",
        ),
        (
            "the picture was stretched to end at 255; add the same amount to every pixel",
            """
import numpy as np

def brighter(picture, amount):
    return (picture * (255 / picture.max())).round().astype(np.uint8)
""",
        ),
    ],
    "00-spread": [
        (
            "this is the variance; its root is the standard error",
            """
def standard_error(wrong, trials):
    rate = wrong / trials
    return rate * (1 - rate) / trials
""",
        ),
        (
            "the spread of one trial; divide by their number under the root",
            """
def standard_error(wrong, trials):
    rate = wrong / trials
    return (rate * (1 - rate)) ** 0.5
""",
        ),
        (
            "the spread of the count, in trials; the task asks for that of the rate",
            """
def standard_error(wrong, trials):
    rate = wrong / trials
    return (trials * rate * (1 - rate)) ** 0.5
""",
        ),
        (
            "this is the rate itself, not how far it can be off",
            """
def standard_error(wrong, trials):
    return wrong / trials
""",
        ),
        (
            "divided by the number of trials, not by its root: it belongs under the root",
            """
def standard_error(wrong, trials):
    rate = wrong / trials
    return (rate * (1 - rate)) ** 0.5 / trials
""",
        ),
    ],
    "00-alarms": [
        (
            "this is the hit rate: the chance of an alarm given a wanted person. The task asks for the other direction",
            """
def share_right(people, wanted, hit_rate, false_alarm_rate):
    return hit_rate
""",
        ),
        (
            "the two rates were compared as if half of the people were wanted; count people first",
            """
def share_right(people, wanted, hit_rate, false_alarm_rate):
    return hit_rate / (hit_rate + false_alarm_rate)
""",
        ),
        (
            "this is the share of alarms that are wrong",
            """
def share_right(people, wanted, hit_rate, false_alarm_rate):
    false = (people - wanted) * false_alarm_rate
    return false / (wanted * hit_rate + false)
""",
        ),
        (
            "the wanted were counted among those who are named by mistake; only people - wanted can be",
            """
def share_right(people, wanted, hit_rate, false_alarm_rate):
    return wanted * hit_rate / (wanted * hit_rate + people * false_alarm_rate)
""",
        ),
        (
            "divided by everybody who passes; the share is of the alarms",
            """
def share_right(people, wanted, hit_rate, false_alarm_rate):
    return wanted * hit_rate / people
""",
        ),
    ],
    "00-projection": [
        (
            "b has length 2 here, not 1: divide by b · b",
            """
def projection(a, b):
    return (a @ b) * b
""",
        ),
        (
            "divided by b's length once; b comes in twice, so divide by its square",
            """
import numpy as np

def projection(a, b):
    return (a @ b) / np.linalg.norm(b) * b
""",
        ),
        (
            "this is the shadow of b on a; the task asks for a's on b",
            """
def projection(a, b):
    return (a @ b) / (a @ a) * a
""",
        ),
        (
            "this is what is left of a without its shadow",
            """
def projection(a, b):
    return a - (a @ b) / (b @ b) * b
""",
        ),
        (
            "this is how long the shadow is; the task asks for the vector",
            """
import numpy as np

def projection(a, b):
    return (a @ b) / np.linalg.norm(b)
""",
        ),
    ],
}
