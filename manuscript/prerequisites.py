# %% [markdown]
# # Before lesson 01
#
# **Which tools do the lessons take for granted?** Four: arrays in NumPy, pictures as arrays, a little probability, and
# vectors. This page shows what you need of each, and asks you nine small questions that you can check yourself.
#
# After this page you can
#
# - say the shape of a result before you run it, and along which axis something is computed,
# - take rows, boxes and chosen entries out of an array without changing what you took them from,
# - say how far a rate that was counted can be off, and how many of the alarms about something rare are right,
# - find the length of a vector, the angle between two, the shadow of one on another, and say what an eigenvector is.
#
# Give it 30 to 45 minutes. Start a section with its questions if you know the subject, and read it if one goes wrong. You
# should know Python: functions, loops, lists and dicts. Run each cell with Shift+Enter. There are no points here, and
# nothing is sent anywhere.

# %%
import numpy as np

import facelab.notebook
from facelab import plots
from facelab.checks import NotDone
from facelab.notebook import say, show

facelab.notebook.begin_exercise()

# %% [markdown]
# ## 1 · Arrays
#
# A NumPy array is a table of numbers of one kind. Its `shape` says how long it is along each **axis**, its `dtype` what
# kind of numbers it holds. Axis 0 goes down the rows, axis 1 along the columns.

# %%
X = np.array([[40, 80, 120, 200], [20, 40, 60, 80], [0, 60, 90, 230]])
say(f"`X.shape` is {X.shape}: {X.shape[0]} rows, {X.shape[1]} columns. `X.dtype` is {X.dtype}. `X[1]` is a row, "
    f"{X[1]}; `X[:, 1]` is a column, {X[:, 1]}; `X[2, 1]` is the number {X[2, 1]}; `X[-1]` is the last row.")

# %% [markdown]
# To compute *along* an axis makes that axis disappear. So `X.mean(axis=0)` has one number for each column, and
# `X.mean(axis=1)` one for each row.

# %%
fig, axes = plots.figure(1, 3, width=7.5, height=1.9)
for ax, table, title in ((axes[0], X, "X: (3, 4)"), (axes[1], X.mean(axis=0)[None], "X.mean(axis=0): (4,)"),
                         (axes[2], X.mean(axis=1)[:, None], "X.mean(axis=1): (3,)")):
    plots.numbers(ax, table.astype(int))
    ax.set_title(title, fontsize=10, loc="center")
show(fig, alt=f"Three tables. X, with 3 rows of 4 numbers. Its mean along axis 0, a row of 4 numbers: "
     f"{', '.join(f'{m:g}' for m in X.mean(axis=0))}. Its mean along axis 1, a column of 3 numbers: "
     f"{', '.join(f'{m:g}' for m in X.mean(axis=1))}.",
     caption="A table, the means of its columns, and the means of its rows (drawn as a column); darker is less.")

# %% [markdown]
# ### Broadcasting
#
# Two arrays of different shapes can be added or multiplied if their shapes fit **from the right**: each pair of lengths is
# equal, or one of them is 1 or missing, and that array is repeated. `X` is (3, 4). A row of shape (4,) fits; three row
# means of shape (3,) don't. Keep the axis that would disappear, and they do: (3, 1) fits (3, 4).

# %%
columns_centred = X - X.mean(axis=0)
rows_divided = X / X.max(axis=1, keepdims=True)
say(f"`X - X.mean(axis=0)` has shape {columns_centred.shape}; each column of it adds up to {columns_centred.sum(axis=0)}.")
say(f"`X.max(axis=1, keepdims=True)` has shape {X.max(axis=1, keepdims=True).shape}, and each row of `rows_divided` "
    f"ends at {rows_divided.max(axis=1)}.")

# %% [markdown]
# ### Question 1
#
# Write `away_from_row_means(X)`: X is (n, d), float; the result is (n, d): each row less that row's own mean.

# %% answer="00-rows"
def away_from_row_means(X):
    ### BEGIN SOLUTION
    return X - X.mean(axis=1, keepdims=True)
    ### END SOLUTION

# %% check="00-rows" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
X = np.array([[1.0, 2, 6], [0, 0, 3], [5, 1, 3]])
with self_test():
    expect(away_from_row_means(X.copy()), np.array([[-2.0, -1, 3], [-1, -1, 2], [2, -2, 0]]), {
        "each column lost its mean; axis 0 goes down a column, axis 1 along a row": X - X.mean(axis=0),
        "the means have shape (n,) and were laid along the rows: this runs only because X is square here. Keep the axis "
        "with keepdims=True": X - X.mean(axis=1),
        "one mean was taken over all numbers; each row has its own": X - X.mean(),
        "these are the means, not what is left without them": X.mean(axis=1),
    })
    expect(away_from_row_means(np.array([[1.0, 3], [2, 2], [0, 4]])), np.array([[-1.0, 1], [0, 0], [-2, 2]]))

# %% [markdown]
# ### Views and copies
#
# A slice is a **view**: another name for a part of the same numbers. Change it, and the array changes. So is
# `b = a`: the same array under two names. `a.copy()` is a copy, and so is what a list of indices or a mask picks out.

# %%
a = np.arange(6)
part = a[:3]
part[0] = 100
picked = a[[3, 4]]
picked[0] = 999
say(f"`part[0] = 100` changed `a`, `picked[0] = 999` didn't: `a` is now {a}.")

# %% [markdown]
# ### Question 2
#
# Write `before_and_after(picture, rows)`: picture is (h, w), rows a whole number. Return two arrays: the picture as it
# came, and the picture with its first `rows` rows set to 0.

# %% answer="00-copy"
def before_and_after(picture, rows):
    ### BEGIN SOLUTION
    after = picture.copy()
    after[:rows] = 0
    return picture, after
    ### END SOLUTION

# %% check="00-copy" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
picture = np.array([[7, 8], [5, 6], [3, 4]])
want = np.array([[0, 0], [5, 6], [3, 4]])
columns = np.array([[0, 8], [0, 6], [0, 4]])
with self_test():
    expect(before_and_after(picture.copy(), 1), (picture, want), {
        "the first array changed as well: `b = a` and a slice are the same numbers under two names. Take a.copy()":
            (want, want),
        "columns were set to 0; the first index counts rows": (picture, columns),
        "one row was set to 0, the one of that number; the first `rows` rows are the slice [:rows]":
            (picture, np.array([[7, 8], [0, 0], [3, 4]])),
        "the two arrays are in the wrong order: first as it came, then the changed one": (want, picture),
    })

# %% [markdown]
# ### Masks
#
# A comparison gives an array of True and False of the same shape, a **mask**. It picks out entries, it counts as 1 and 0,
# and masks join with `&`, `|` and `~`, with brackets around each comparison.

# %%
scores = np.array([0.9, 0.2, 0.7, 0.4, 0.1])
genuine = np.array([True, False, True, True, False])  # one person's two pictures, or two people's?
high = scores >= 0.5
say(f"`high` is {high}; `scores[high]` is {scores[high]}; `high.sum()` counts {high.sum()} and `high.mean()` is their "
    f"share, {high.mean():g}. `scores[genuine & ~high]` is {scores[genuine & ~high]}.")

# %% [markdown]
# ### Question 3
#
# Write `share_accepted(scores, genuine, threshold)`: scores is (n,), genuine (n,) bool, threshold a number. Return the
# share of the genuine scores that are at or above the threshold.

# %% answer="00-share"
def share_accepted(scores, genuine, threshold):
    ### BEGIN SOLUTION
    return (scores[genuine] >= threshold).mean()
    ### END SOLUTION

# %% check="00-share" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
scores = np.array([0.9, 0.8, 0.5, 0.3, 0.2, 0.6, 0.5, 0.7, 0.8, 0.4])
genuine = np.array([True, True, True, True, False, False, False, False, False, False])
with self_test():
    expect(share_accepted(scores.copy(), genuine.copy(), 0.5), 3 / 4, {
        "divided by the number of all scores; the share is of the genuine ones": 3 / 10,
        "the score that equals the threshold was left out; `at or above` is >=": 2 / 4,
        "the share is of all scores, genuine or not; pick the genuine ones first": 7 / 10,
        "the mask was turned round: this is the share of the scores that aren't genuine": 4 / 6,
        "this is how many, not which share of them": 3,
    })

# %% [markdown]
# ### All products at once, and sorting
#
# For A of shape (n, d) and B of shape (m, d), the matrix product `A @ B.T` has shape (n, m): entry (i, j) is the sum of
# the products of row i of A and row j of B. No loop is needed to compare everything with everything. `np.argsort` gives
# the *places* of the numbers, from the smallest to the largest.

# %%
A, B = np.array([[1, 0, 2], [0, 1, 1]]), np.array([[1, 1, 1], [2, 0, 0], [0, 3, 1], [1, 0, 1]])
products = A @ B.T
order = np.argsort(-products, axis=1)
say(f"`A @ B.T` has shape {products.shape} and is {products.tolist()}. `np.argsort(-products, axis=1)` begins each row "
    f"with the column of the largest: {order.tolist()}.")

# %% [markdown]
# ### Question 4
#
# Write `best_two(scores)`: scores is (n, m), no two numbers of a row are equal. Return (n, 2) whole numbers: for each row
# the columns of its two largest scores, the best first.

# %% answer="00-best"
def best_two(scores):
    ### BEGIN SOLUTION
    return np.argsort(-scores, axis=1)[:, :2]
    ### END SOLUTION

# %% check="00-best" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
scores = np.array([[0.3, 0.9, 0.1, 0.7], [0.8, 0.2, 0.6, 0.4]])
with self_test():
    expect(best_two(scores.copy()), np.array([[1, 3], [0, 2]]), {
        "these are the two smallest; np.argsort begins with the smallest": np.array([[2, 0], [1, 3]]),
        "the right two, but the best comes last": np.array([[3, 1], [2, 0]]),
        "these are the scores; the task asks for their columns": np.array([[0.9, 0.7], [0.8, 0.6]]),
        "columns were sorted, not rows: axis=1 sorts along a row": np.array([[1, 0], [0, 1]]),
    })

# %% [markdown]
# ## 2 · Pictures
#
# A grey picture is an array (height, width), a colour picture (height, width, 3) with red, green and blue. The numbers are
# mostly `uint8`: whole numbers from 0, black, to 255, white. **Rows come first, and row 0 is at the top.** Geometry says
# x, y; arrays say row, column: the pixel at x, y is `picture[y, x]`. A box is given as x, y of its top left corner, width
# and height.

# %%
import skimage.data

astronaut = skimage.data.astronaut()  # a portrait by NASA, free to use
grey = astronaut[:, :, 1]  # the green third alone makes a fair grey picture
x, y, width, height = 150, 60, 150, 180
face = grey[y : y + height, x : x + width]

fig, axes = plots.figure(1, 3, width=8.5, height=3)
plots.picture(axes[0], grey, f"{grey.shape[0]} rows, {grey.shape[1]} columns", low=0, high=255)
axes[0].add_patch(plots.box(x, y, width, height))
plots.picture(axes[1], face, f"the box: {face.shape}", low=0, high=255)
axes[2].hist(face.ravel(), np.arange(0, 257, 8), color=plots.COLOURS[2])
axes[2].set(title="Its grey levels", xlabel="grey level (0 to 255)", ylabel="pixels")
show(fig, alt=f"Left, an astronaut's portrait with a box around the face, {x} pixels from the left and {y} from the top. "
     f"Middle, the face in the box alone, {height} rows and {width} columns. Right, a histogram of its grey levels, "
     f"from {face.min()} to {face.max()}, most of them above {int(np.quantile(face, 0.25))}.",
     caption="A portrait by NASA, a box of it, and how often each grey level occurs in the box.")

# %% [markdown]
# ### Question 5
#
# Write `crop(picture, x, y, width, height)`: picture is (h, w), x and y the top left corner. Return the part inside the
# box, (height, width).

# %% answer="00-crop"
def crop(picture, x, y, width, height):
    ### BEGIN SOLUTION
    return picture[y : y + height, x : x + width]
    ### END SOLUTION

# %% check="00-crop" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
picture = np.arange(48).reshape(6, 8)
with self_test():
    expect(crop(picture.copy(), 1, 2, 5, 3), picture[2:5, 1:6], {
        "x and y are exchanged: rows, which y counts, come first": picture[1:6, 2:5],
        "width and height were taken for the far corner; a slice ends at x + width": picture[2:3, 1:5],
        "rows and columns are right, width and height are exchanged": picture[2:7, 1:4],
        "the corner is right, but one row and one column too many came: a slice ends before its end": picture[2:6, 1:7],
    })

# %% [markdown]
# ### The trap in uint8
#
# Whole numbers of 8 bits end at 255 and begin again at 0, without a word. Go to a wider kind of number before you
# calculate, and come back at the end.

# %%
light = np.array([100, 200, 250], dtype=np.uint8)
say(f"`light + light` is {light + light}. `light.astype(int) + light` is {light.astype(int) + light}. The mean of the two "
    f"as floats is safe: {light.mean():.1f}.")

# %% [markdown]
# ### Question 6
#
# Write `brighter(picture, amount)`: picture is uint8 of any shape, amount a whole number from 0 to 255. Return the picture
# with `amount` added to each pixel, and 255 where that would be more.

# %% answer="00-brighter"
def brighter(picture, amount):
    ### BEGIN SOLUTION
    return np.clip(picture.astype(int) + amount, 0, 255).astype(np.uint8)
    ### END SOLUTION

# %% check="00-brighter" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
picture = np.array([[0, 100], [200, 250]], dtype=np.uint8)
with self_test():
    expect(brighter(picture.copy(), 60), np.array([[60, 160], [255, 255]]), {
        "a sum above 255 began again at 0; calculate with picture.astype(int), and cut off before you go back":
            np.array([[60, 160], [4, 54]]),
        "nothing was cut off: 255 is white, and there is nothing lighter": np.array([[60, 160], [260, 310]]),
        "the picture was stretched to end at 255; add the same amount to every pixel": np.array([[0, 102], [204, 255]]),
    })

# %% [markdown]
# ## 3 · Chances
#
# A **rate** is a count divided by the number of trials: 20 wrong of 1,000 is a rate. Count again with other trials, and
# another rate comes out. How far apart are they? Let a computer make the same experiment many times: 1,000 trials, each
# wrong with a chance of one in fifty.

# %%
rng = np.random.default_rng(0)
chance, trials = 1 / 50, 1000
rates = rng.binomial(trials, chance, size=5000) / trials
spread = np.sqrt(chance * (1 - chance) / trials)
say(f"The rates of 5,000 repetitions go from {rates.min():.1%} to {rates.max():.1%}; their mean is {rates.mean():.2%}, "
    f"their standard deviation {rates.std():.2%}.")

# %% [markdown]
# The **variance** is the mean of the squared differences from the mean, the **standard deviation** its root. For a rate
# nobody has to repeat anything: with chance $p$ and $n$ trials its standard deviation is $\sqrt{p\,(1-p)/n}$. It is called
# the **standard error**, and shrinks with the root of $n$: four times the trials, half the error. And the heap of rates has
# a shape that returns wherever many small chances add up: the **normal distribution**.

# %%
import scipy.stats

fig, (ax,) = plots.figure(height=3)
ax.hist(100 * rates, np.arange(0.05, 4.1, 0.1), density=True, color=plots.COLOURS[3], label="rates counted")
at = np.linspace(0.4, 3.8, 200)
ax.plot(at, scipy.stats.norm.pdf(at, 100 * chance, 100 * spread), marker="", label="normal distribution")
ax.set(title="The same experiment gives many rates", xlabel="rate (% wrong of 1,000 trials)", yticks=[])
ax.legend()
within = [(abs(rates - chance) <= k * spread).mean() for k in (1, 2)]
show(fig, alt=f"A hill of bars around a rate of {chance:.0%}, from {rates.min():.1%} to {rates.max():.1%}, and a bell-shaped "
     "curve that follows the bars closely.",
     caption="5,000 rates, each counted in 1,000 trials, and the normal distribution of the same mean and spread.")
say(f"**{within[0]:.0%}** of the rates lie within one standard error of the true chance, **{within[1]:.0%}** within two.")

# %% [markdown]
# ### Question 7
#
# Write `standard_error(wrong, trials)`: `wrong` of `trials` were wrong. Take the rate that was counted for the chance, and
# return the standard error.

# %% answer="00-spread"
def standard_error(wrong, trials):
    ### BEGIN SOLUTION
    rate = wrong / trials
    return np.sqrt(rate * (1 - rate) / trials)
    ### END SOLUTION

# %% check="00-spread" points=1
from facelab.checks import expect
from facelab.notebook import self_test
with self_test():
    expect(standard_error(20, 100), 0.04, {
        "this is the variance; its root is the standard error": 0.0016,
        "the spread of one trial; divide by their number under the root": 0.4,
        "the spread of the count, in trials; the task asks for that of the rate": 4.0,
        "this is the rate itself, not how far it can be off": 0.2,
        "divided by the number of trials, not by its root: it belongs under the root": 0.004,
    })

# %% [markdown]
# ### If this, how likely is that?
#
# "The camera names nine of ten people whom it looks for" and "nine of ten whom it names are wanted" are two statements.
# The first is a chance **given** that somebody is wanted, the second given that somebody was named. Between them stands
# the **base rate**: how many are wanted at all. Count people, and there is no mystery.

# %%
people, wanted = 10_000, 10
hit_rate, false_alarm_rate = 9 / 10, 1 / 100
hits = wanted * hit_rate
false_alarms = (people - wanted) * false_alarm_rate
say(f"Of {people:,} people {wanted} are wanted. {hits:.0f} of them are named, and {false_alarms:.0f} of the others: of "
    f"{hits + false_alarms:.0f} alarms **{hits / (hits + false_alarms):.0%}** are right, though the camera is wrong about an "
    f"innocent person only {false_alarm_rate:.0%} of the time.")

# %%
rng = np.random.default_rng(1)
fig, (ax,) = plots.figure(width=7.5, height=2.4)
named = np.concatenate([np.full(round(hits), 1), np.zeros(round(false_alarms))])
rng.shuffle(named)
place = np.arange(len(named))
for right, colour, marker, label in ((0, plots.COLOURS[2], "o", "not wanted"), (1, plots.COLOURS[0], "s", "wanted")):
    at = place[named == right]
    ax.scatter(at % 28, at // 28, s=42, color=colour, marker=marker, label=label)
ax.set(title=f"{round(hits)} of {len(named)} alarms are right", xticks=[], yticks=[], ylim=(3.6, -0.6))
ax.grid(False)
ax.set_frame_on(False)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
show(fig, alt=f"{len(named)} dots in four rows, one for each person named: {round(hits)} dark squares, scattered among "
     f"{round(false_alarms)} light circles.",
     caption="Everybody whom the camera names: wanted or not.")

# %% [markdown]
# ### Question 8
#
# Write `share_right(people, wanted, hit_rate, false_alarm_rate)`: so many people pass, so many of them are wanted; a wanted
# person is named with chance `hit_rate`, another with `false_alarm_rate`. Return the share of alarms that are right.

# %% answer="00-alarms"
def share_right(people, wanted, hit_rate, false_alarm_rate):
    ### BEGIN SOLUTION
    hits = wanted * hit_rate
    return hits / (hits + (people - wanted) * false_alarm_rate)
    ### END SOLUTION

# %% check="00-alarms" points=1
from facelab.checks import expect
from facelab.notebook import self_test
hits, false = 40 * 0.5, 200 * 0.25
with self_test():
    expect(share_right(240, 40, 0.5, 0.25), hits / (hits + false), {
        "this is the hit rate: the chance of an alarm given a wanted person. The task asks for the other direction": 0.5,
        "the two rates were compared as if half of the people were wanted; count people first": 0.5 / 0.75,
        "this is the share of alarms that are wrong": false / (hits + false),
        "the wanted were counted among those who are named by mistake; only people - wanted can be": hits / (hits + 60),
        "divided by everybody who passes; the share is of the alarms": hits / 240,
    })

# %% [markdown]
# ## 4 · Vectors
#
# A list of numbers is a **vector**: a point, or the arrow that leads to it. Its **length** is the root of the sum of its
# squares. The **dot product** of two vectors is the sum of the products of their entries. Divided by both lengths it is the
# cosine of the angle between them: 1 if they point the same way, 0 at a right angle.
#
# The **projection** of a on b is a's shadow on the line along b: the point of that line that is nearest to a. It is
# $\frac{a\cdot b}{b\cdot b}\,b$, and what is left, a less its shadow, stands at a right angle to b.

# %%
a, b = np.array([2.0, 3.0]), np.array([4.0, 1.0])
cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
shadow = (a @ b) / (b @ b) * b
say(f"a · b is {a @ b:g}, the lengths are {np.linalg.norm(a):.2f} and {np.linalg.norm(b):.2f}, so the cosine is {cosine:.2f} "
    f"and the angle {np.degrees(np.arccos(cosine)):.0f} degrees. The shadow of a on b is ({shadow[0]:.2f}, {shadow[1]:.2f}); what "
    f"is left times b is {abs((a - shadow) @ b):.0f}.")

# %%
def arrow(ax, tip, text, colour):
    ax.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "lw": 2.2, "color": colour})
    ax.annotate(text, tip, (4, 4), textcoords="offset points", color=colour, fontsize=11,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8})

fig, (ax,) = plots.figure(width=4.6, height=3.4)
arrow(ax, a, "a", plots.COLOURS[0])
arrow(ax, b, "b", plots.COLOURS[1])
ax.plot(*np.stack([a, shadow]).T, "--", marker="", color="black")
ax.plot(*shadow, "o", color="black")
ax.annotate("shadow of a", shadow, (-24, -17), textcoords="offset points")
ax.set(title="A projection is a shadow", xlim=(-0.3, 5), ylim=(-0.6, 3.6), aspect="equal", xlabel="x", ylabel="y")
show(fig, alt="Two arrows from zero, a and b, and a dashed line from the tip of a that meets the line of b at a right angle, "
     "in a dot: the shadow of a.", caption="The projection of a on b.")

# %% [markdown]
# A matrix turns vectors into other vectors. Most of them change direction. A vector that only gets longer or shorter,
# $C v = \lambda v$, is an **eigenvector**, and $\lambda$ its **eigenvalue**. Take a cloud of points around zero, and for C the
# matrix of their variances and covariances. Its eigenvectors point along the cloud and across it, at right angles, and each
# eigenvalue is the variance of the points' shadows on that line.

# %%
rng = np.random.default_rng(3)
cloud = rng.normal(size=(300, 2)) @ np.array([[2.0, 1.0], [0.0, 0.7]])
cloud -= cloud.mean(axis=0)
C = cloud.T @ cloud / (len(cloud) - 1)
values, vectors = np.linalg.eigh(C)  # eigenvalues from small to large; eigenvectors are the columns
along = cloud @ vectors[:, 1]
say(f"The eigenvalues are {values[0]:.2f} and {values[1]:.2f}. The variance of the shadows on the second eigenvector is "
    f"{along.var(ddof=1):.2f}.")

# %%
fig, (ax,) = plots.figure(width=4.6, height=3.6)
ax.plot(*cloud.T, ".", color=plots.COLOURS[2], markersize=4)
for k, name in ((1, "along"), (0, "across")):
    v = vectors[:, k] * np.sign(vectors[1, k])  # an eigenvector times -1 is one, too; draw the one that points up
    arrow(ax, 2 * np.sqrt(values[k]) * v, name, plots.COLOURS[1 - k])
ax.set(title="Eigenvectors point along and across", aspect="equal", xlabel="x", ylabel="y")
show(fig, alt="A long slanting cloud of points with a long arrow along it and a short one across, at a right angle.",
     caption="A cloud and the eigenvectors of its covariance matrix, each two standard deviations long.")

# %% [markdown]
# ### Question 9
#
# Write `projection(a, b)`: a and b are (d,), b isn't zero. Return the projection of a on b, (d,).

# %% answer="00-projection"
def projection(a, b):
    ### BEGIN SOLUTION
    return (a @ b) / (b @ b) * b
    ### END SOLUTION

# %% check="00-projection" points=1
import numpy as np
from facelab.checks import expect
from facelab.notebook import self_test
a, b = np.array([3.0, 1.0]), np.array([0.0, 2.0])
with self_test():
    expect(projection(a.copy(), b.copy()), np.array([0.0, 1.0]), {
        "b has length 2 here, not 1: divide by b · b": 2 * b,
        "divided by b's length once; b comes in twice, so divide by its square": b,
        "this is the shadow of b on a; the task asks for a's on b": (a @ b) / (a @ a) * a,
        "this is what is left of a without its shadow": np.array([3.0, 0.0]),
        "this is how long the shadow is; the task asks for the vector": 1.0,
    })

# %% [markdown]
# ## Where you will need it
#
# | question | if it gave you trouble, look again before |
# | --- | --- |
# | 1 axes and broadcasting | [01 Faces as vectors](../lessons/01_faces_as_vectors.ipynb), and everywhere after |
# | 2 views and copies | exercise 01's shift, [05 A cascade that finds faces](../lessons/05_cascade_detector.ipynb) |
# | 3 masks and shares | [03 Recognising in face space](../lessons/03_recognising_in_face_space.ipynb), [09 Embeddings and verification](../lessons/09_embeddings_and_verification.ipynb) |
# | 4 products and sorting | [01](../lessons/01_faces_as_vectors.ipynb), [10 Identification and watchlists](../lessons/10_identification_and_watchlists.ipynb) |
# | 5 rows, columns and boxes | [04 Haar features and boosting](../lessons/04_haar_features_and_boosting.ipynb), [05](../lessons/05_cascade_detector.ipynb), [07 A CNN that scans](../lessons/07_cnn_detector.ipynb), [08 Metric learning](../lessons/08_metric_learning.ipynb) |
# | 6 uint8 | [01](../lessons/01_faces_as_vectors.ipynb), [04](../lessons/04_haar_features_and_boosting.ipynb) |
# | 7 the error of a rate | [09](../lessons/09_embeddings_and_verification.ipynb), [13 Measuring accuracy](../lessons/13_measuring_accuracy.ipynb), [14 Bias](../lessons/14_bias.ipynb) |
# | 8 base rates | [10](../lessons/10_identification_and_watchlists.ipynb), [12 Cameras](../lessons/12_cameras.ipynb), [13](../lessons/13_measuring_accuracy.ipynb), [16 Ethics and law](../lessons/16_ethics_and_law.ipynb) |
# | 9 projections, eigenvectors | [02 Eigenfaces](../lessons/02_eigenfaces.ipynb), [15 Privacy and security](../lessons/15_privacy_and_security.ipynb) |
#
# Two things come later and are explained there: derivatives and the chain rule (lesson 06), and a least-squares fit
# (lesson 08). Our answers stand in the file `manuscript/prerequisites.py`.

# %% [markdown]
# ## Further reading
#
# - C. R. Harris and others, *Array programming with NumPy*, Nature 585 (2020), 357-362: shapes, views and broadcasting in
#   one figure.
# - J. VanderPlas, *Python Data Science Handbook* (2016), chapter 2: NumPy from the beginning.
# - D. Spiegelhalter, *The Art of Statistics* (2019): rates, their spread, and base rates told with counts of people.
# - G. Strang, *Introduction to Linear Algebra*: projections and eigenvectors, with pictures.

# %% [markdown]
# ## Now lesson 01
#
# [Can we recognise a face by comparing pixels?](../lessons/01_faces_as_vectors.ipynb)
