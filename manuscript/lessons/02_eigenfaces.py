# %% [markdown]
# # 02 · Eigenfaces
#
# **How few numbers describe a face?** A pixel says nearly the same as its neighbours, so far fewer than there are
# pixels.
#
# ![An equation of pictures. The portrait of a man with glasses, 10,304 pixels, is roughly the blurred mean face, less
# some of the first eigenface, plus some of the second, and so on; at the right stands what 80 such numbers give: the
# same man, a little softer.](pictures/02_eigenfaces.png)
#
# Lesson 01 left us with 10,304 numbers a picture. This lesson finds the directions in which faces really differ, and
# keeps a few dozen of them. The result is called a **template**: what a face database stores and compares in place of
# portraits.
#
# After this lesson you can
#
# - compute the principal components of faces, by a matrix that is small enough and by the SVD,
# - say what an eigenface is, and what each one does to a face,
# - rebuild a face from k numbers, and measure what is lost, on faces learned from and on faces never seen,
# - tell a face from other pictures by its distance from face space, and show a picture that fools this.
#
# Give it 45 to 60 minutes. You need means, dot products, and that a symmetric matrix has eigenvectors at right angles.

# %% [markdown]
# ## The idea in a picture
#
# Every face below is the same picture of the same person, redrawn from fewer and fewer numbers. It was not among the
# pictures that we learn from.

# %%
import numpy as np

from facelab import eigenfaces, images, plots, results
from facelab.datasets import load_orl
from facelab.notebook import interactive, say, show, show_source, show_table

orl = load_orl()
learned = images.as_vectors(orl.images[orl.shot < 5])
unseen = images.as_vectors(orl.images[orl.shot >= 5])

# %%
kept, one = [0, 5, 20, 80, 199], unseen[18:19]
redrawn = [learned.mean(axis=0)[None]]
for k in kept[1:]:
    space = eigenfaces.Eigenfaces(k).fit(learned)
    redrawn.append(space.inverse_transform(space.transform(one)))

strip = np.concatenate([*redrawn, one]).clip(0, 255).reshape(-1, 112, 92).astype(np.uint8)
show(plots.faces(strip, [f"{k} numbers" for k in kept] + ["10,304 pixels"], columns=6),
     alt="Six pictures. With no numbers the blurred mean face; with 5 a vague head; with 20 a head with dark hair and "
     "a hint of glasses; with 80 and with 199 a grainy likeness with glasses; last the sharp photograph itself.",
     caption="One unseen face drawn from k numbers and the mean face, and the photograph.")

# %% [markdown]
# Somewhere between 20 and 80 numbers a person appears. Where do these numbers come from?

# %% [markdown]
# ## Away from the mean
#
# Subtract the mean face from every picture. What is left says how each differs from everybody. We learn from shots 0 to
# 4 of each of the 40 people, and keep shots 5 to 9 aside.

# %%
mean = learned.mean(axis=0)
A = learned - mean
say(f"`A` has shape {A.shape}: {A.shape[0]} differences of {A.shape[1]:,} pixels. "
    f"Each column now has mean {abs(A.mean(axis=0)).max():.0f}.")

# %% [markdown]
# ## A covariance that is too large
#
# Which direction $u$ (a picture of length 1) do faces spread along most? The spread along $u$ is the variance of the
# numbers $A u$:
#
# $$\frac{1}{N-1}\,\|A u\|^2 = u^\top C\,u \qquad\text{with}\qquad C = \frac{1}{N-1}\,A^\top A$$
#
# $C$ is the covariance matrix of the pixels. Write $u$ as a mixture of the eigenvectors of $C$: then $u^\top C\,u$ is a
# weighted mean of the eigenvalues, and no mean is larger than the largest. So the best $u$ is the eigenvector with the
# largest eigenvalue; the best direction at right angles to it is the next one, and so on. We need the eigenvectors of
# $C$.

# %%
N, D = A.shape
say(f"But $C$ has {D:,} rows and columns: **{D * D * 8 / 1e6:,.0f} MB**, and finding its eigenvectors takes about $D^3$ = "
    f"{D**3:.1e} multiplications. For a portrait 500 pixels wide it would be tens of thousands of times worse.")

# %% [markdown]
# ## The trick
#
# There are only 200 pictures, and since the mean was subtracted their differences add up to zero: one of them follows
# from the other 199. So they spread in 199 directions at most, and all other eigenvalues of $C$ are zero. Turk and Pentland (1991) look at the other product, $A A^\top$, which has one row and
# column for each *picture*. If $v$ is an eigenvector of that small matrix,
#
# $$A A^\top v = q\,v \quad\Rightarrow\quad A^\top A\,(A^\top v) = A^\top (A A^\top v) = q\,(A^\top v)$$
#
# so $A^\top v$ is an eigenvector of the large one, to the same eigenvalue $q$ (and of $C$, to $q / (N - 1)$). It is a
# mixture of the pictures themselves, with the entries of $v$ as weights.

# %%
small = A @ A.T
q, V = np.linalg.eigh(small)
q, V = q[::-1], V[:, ::-1]  # eigh sorts upwards; we want the largest first
first = A.T @ V[:, 0]

residual = A.T @ (A @ first) - q[0] * first
say(f"`small` is {small.shape[0]} x {small.shape[1]}. Is the first one really an eigenvector of the large matrix? "
    f"$A^\\top A u$ and $q u$ differ by less than a billionth of their length: "
    f"{np.linalg.norm(residual) < 1e-9 * np.linalg.norm(q[0] * first)}.")

# %% [markdown]
# One thing is left: $A^\top v$ does not have length 1. Its squared length is $v^\top A A^\top v = q$, so we divide by
# $\sqrt q$. The last of the 200 eigenvalues is zero, since the differences add up to zero, and is left out.

# %%
components = (V[:, :199] / np.sqrt(q[:199])).T @ A
variance = q[:199] / (N - 1)

right_angles = components @ components.T
say(f"`components` has shape {components.shape}. All its rows have length 1 and stand at right angles, up to rounding: "
    f"{np.allclose(right_angles, np.eye(199), atol=1e-10)}.")

# %% [markdown]
# ## The other way: SVD
#
# Every matrix can be written $A = U S V^\top$, with $U^\top U = 1$, $S$ diagonal, and the rows of $V^\top$ of length 1 at
# right angles. Then $A^\top A = V S^2 V^\top$: the
# rows of $V^\top$ are our components and $S^2/(N-1)$ the variances. numpy has it built in. It works on $A$ itself and
# squares nothing, so that it stays exact for directions of very little variance; it takes longer.

# %%
_, S, Vt = np.linalg.svd(A, full_matrices=False)

sign = np.sign((Vt[:199] * components).sum(axis=1, keepdims=True))
say(f"Both ways agree to ten digits, once signs are matched: components "
    f"{np.allclose(sign * Vt[:199], components, atol=1e-10)}, variances "
    f"{np.allclose(S[:199] ** 2 / (N - 1), variance, rtol=1e-10)}.")

# %% [markdown]
# An eigenvector times -1 is an eigenvector too; which one comes out is chance. That is why "up to sign" stands wherever
# eigenvectors are compared. The library makes the largest entry positive:

# %%
show_source(eigenfaces.small_matrix_trick)

# %% [markdown]
# ## Eigenfaces
#
# A component has as many entries as a picture has pixels. So look at it as a picture.

# %%
chosen = [0, 1, 2, 3, 4, 5, 10, 20, 40, 80, 120, 198]
pictures = components[chosen].reshape(-1, 112, 92)
pictures = pictures / abs(pictures).max(axis=(1, 2), keepdims=True)

show(plots.faces(pictures, [f"no. {i + 1}" for i in chosen], columns=6),
     alt="Twelve eigenfaces. The first six are smooth ghosts of a head: dark against light hair, light against dark "
     "skin, eye sockets, one lit edge, a forehead; the later ones show finer and finer outlines of eyes and mouths; the "
     "last, grainy, still shows the outline of a mouth and an ear.",
     caption="Eigenfaces number 1 to 199 by falling variance; grey is zero, black and white are opposite signs.")

# %% [markdown]
# They are ghosts of faces, and nobody's face. What does one *do*? Add it to the mean face, little or much, plus or
# minus. How much is natural is said by its standard deviation over the pictures.

# %%
def altered(number, amount):
    """The mean face plus an eigenface (counted from 1) times `amount` standard deviations."""
    return mean + amount * np.sqrt(variance[number - 1]) * components[number - 1]

rows = np.stack([altered(n, amount) for n in (1, 2, 4) for amount in (-2, -1, 0, 1, 2)])
titles = [f"no. {n}, {amount:+d} sd" if amount else f"no. {n}, mean" for n in (1, 2, 4) for amount in (-2, -1, 0, 1, 2)]
show(plots.faces(rows.reshape(-1, 112, 92).clip(0, 255).astype(np.uint8), titles, columns=5, width=6.5),
     alt="Three rows of five faces, each row going from minus two to plus two standard deviations of one eigenface "
     "around the mean face. Number 1 goes from light or no hair to dark hair; number 2 from a light to a dark face "
     "with a beard; number 4 from a face lit from the right to one lit from the left.",
     caption="The mean face with eigenface 1, 2 or 4 taken away (left) and added (right).")

# %% [markdown]
# Run this cell for a slider, and find one that puts on glasses:

# %%
def mix(number=3, amount=1.5):
    face = altered(number, amount).reshape(1, 112, 92).clip(0, 255).astype(np.uint8)
    show(plots.faces(face, columns=1, width=2.2), alt=f"The mean face plus {amount} sd of eigenface {number}",
         caption=f"eigenface {number}, {amount:+.1f} standard deviations")

interactive(mix, number=(1, 60), amount=(-3.0, 3.0),
            positions=[{"number": n, "amount": a} for n in (1, 2, 3, 4, 6, 12, 30, 60) for a in (-3.0, -1.5, 1.5, 3.0)])

# %% [markdown]
# Look at what the first ones are about: **large areas of light and dark**, hair against background, skin, the side that
# the light comes from. Variance counts what changes most over all pixels, and that need not be what tells two people
# apart. Lesson 03 pays for that.

# %% [markdown]
# ## A template
#
# Project a face on the first k eigenfaces: k dot products, k numbers. That is its template.

# %%
k = 80
template = components[:k] @ (one[0] - mean)
size = 4 * k
say(f"A template of {k} numbers, 4 bytes each, takes **{size} bytes**. The plan's 1.3 billion portraits take "
    f"{1.3e9 * 10_000 / 1e12:.0f} TB; their templates would take **{1.3e9 * size / 1e12:.2f} TB**, and fit on one disk in "
    f"one pocket. The eigenfaces themselves are needed once: {k * D * 4 / 1e6:.1f} MB.")

# %% [markdown]
# Nothing in the numbers looks like a face. It is tempting to call them safe. But the way back is one line, and you have
# seen its result at the top of this page: the mean plus the eigenfaces times the numbers. Who holds the eigenfaces and a
# template holds the face. Lesson 15 comes back to it.

# %%
show_source(eigenfaces.Eigenfaces.inverse_transform)

# %% [markdown]
# ## How many numbers are enough?
#
# Two ways to ask. First: what share of all the variance do the first k directions hold?

# %%
share = np.cumsum(variance) / variance.sum()
enough = {level: int(np.argmax(share >= level)) + 1 for level in (0.5, 0.8, 0.9, 0.95)}
say("Components for a share of the variance: "
    + ", ".join(f"{level:.0%} → **{n}**" for level, n in enough.items()) + f". All of it needs {len(share)}.")

# %% [markdown]
# Second, and more honest: how far is a rebuilt picture from the original, in grey levels a pixel, and is that also true
# for pictures that we did not learn from?

# %%
def rebuilding_error(faces, k):
    """Root mean square error of every face rebuilt from k numbers, in grey levels: one number a face."""
    rebuilt = mean + (faces - mean) @ components[:k].T @ components[:k]
    return np.sqrt(((faces - rebuilt) ** 2).mean(axis=1))

counts = [1, 2, 5, 10, 20, 40, 80, 120, 160, 199]
on_learned = [rebuilding_error(learned, k).mean() for k in counts]
on_unseen = [rebuilding_error(unseen, k).mean() for k in counts]

# %%
fig, (ax,) = plots.figure(height=3.3)
ax.plot(counts, on_learned, label="pictures learned from")
ax.plot(counts, on_unseen, label="other pictures of the same people")
ax.set(title="What was learned is rebuilt; what is new only in part", xlabel="eigenfaces kept (k)",
       ylabel="error (grey levels, RMS)", ylim=(0, None))
ax.legend()
show(fig, alt=f"Two lines from {on_learned[0]:.0f} grey levels at k = 1. For learned pictures the error falls to "
     f"{on_learned[-1]:.0f} at k = 199; for other pictures it flattens out near {on_unseen[-1]:.0f}.",
     caption="Mean error of rebuilt faces against the number of eigenfaces.")

# %%
say(f"With all 199, the learned pictures come back without any error, and unseen ones miss by "
    f"**{on_unseen[-1]:.0f} grey levels**. The eigenfaces know these 200 pictures, not faces in general. Beyond k = 80, unseen "
    f"pictures gain only {on_unseen[counts.index(80)] - on_unseen[-1]:.1f} grey levels more.")

# %% [markdown]
# Measured on the pictures that it was made from, any method looks perfect if it is only large enough. You will meet this
# in every lesson that learns something.

# %% [markdown]
# ## Is it a face at all?
#
# Turk and Pentland had a second use for the same numbers. A picture that no mixture of eigenfaces can draw lies far from
# **face space**, and is probably no face. Its distance from face space is the length of what is left over, the picture
# less what is rebuilt from its k numbers: the error of above (in grey levels a pixel) times $\sqrt D$. Let us take windows of face size out of photographs without people.

# %%
import skimage

rng = np.random.default_rng(2)

def windows(picture, count=25):
    """Windows of face size from random places of a grey or colour picture, as (count, 10304) vectors."""
    grey = picture if picture.ndim == 2 else (255 * skimage.color.rgb2gray(picture)).astype(np.uint8)
    tops = rng.integers(0, grey.shape[0] - 112, count)
    lefts = rng.integers(0, grey.shape[1] - 92, count)
    return images.as_vectors(np.stack([grey[t : t + 112, x : x + 92] for t, x in zip(tops, lefts, strict=True)]))

names = ["coffee", "chelsea", "coins", "page", "text", "brick", "grass", "gravel"]
others = np.concatenate([windows(getattr(skimage.data, name)()) for name in names])

# %%
space = eigenfaces.Eigenfaces(80).fit(learned)
of_faces = space.distance_from_face_space(unseen)
of_others = space.distance_from_face_space(others)

fig, (ax,) = plots.figure(height=3.2)
bins = np.linspace(0, of_others.max(), 50)
ax.hist(of_others, bins, color=plots.COLOURS[3], label="windows without faces")
ax.hist(of_faces, bins, histtype="step", lw=2, color=plots.COLOURS[0], label="unseen faces")
ax.set(title="Faces are near to face space; so are many other pictures", xlabel="distance from face space (grey levels)", ylabel="pictures")
ax.legend()
show(fig, alt=f"A narrow hill over the lower part of a wide, uneven one. Unseen faces lie between {of_faces.min():,.0f} and {of_faces.max():,.0f}, "
     f"other pictures between {of_others.min():,.0f} and {of_others.max():,.0f}: many windows without a face are as near to face space as the faces.",
     caption="Distance from face space of unseen faces and of windows of coffee, a cat, coins, print, brick, grass "
     "and gravel (k = 80).")

# %%
limit = np.quantile(of_faces, 0.95)
say(f"A limit that lets 95 % of the unseen faces pass also lets **{(of_others < limit).mean():.0%}** of these other "
    f"pictures pass.")

# %% [markdown]
# ## Where it breaks
#
# Not bad, for one subtraction. Now take the moon, the rocket's sky, and a sheet of grey paper.

# %%
paper = np.repeat([[0.0], [128], [255]], 10304, axis=1)
tries = {"the moon": windows(skimage.data.moon()), "a rocket and its sky": windows(skimage.data.rocket()),
         "black paper": paper[:1], "grey paper": paper[1:2], "white paper": paper[2:], "unseen faces": unseen,
         "the same, upside down": images.as_vectors(orl.images[orl.shot >= 5][:, ::-1])}
say("Median distance from face space: " + ", ".join(
    f"{name} **{np.median(space.distance_from_face_space(x)):,.0f}**" for name, x in tries.items()) + ".")

# %% [markdown]
# By this measure a sheet of grey paper is more of a face than any face, and so is the moon. The distance counts what is
# *left over*, and a picture with little in it, as bright as the mean face, leaves little over. "Near to face space" only
# means: made of smooth stuff that the eigenfaces can draw. Faces are told from other things by what they have (eyes darker than cheeks, a bridge of the nose lighter than
# both), and lesson 04 looks for exactly that.
#
# The second break is the one of lesson 01, since each number of a template still depends on where every pixel is:

# %%
def right_names(pixels):
    moved = images.as_vectors(images.shift(orl.images[orl.shot >= 5], pixels))
    found = images.nearest(space.transform(learned), space.transform(moved))
    return (orl.person[orl.shot < 5][found] == orl.person[orl.shot >= 5]).mean()

say("Right names by the nearest template of 80 numbers, probes shifted by "
    + ", ".join(f"{s} px: **{right_names(s):.0%}**" for s in (0, 4, 8)) + ".")

# %% [markdown]
# ## What it means for the nation
#
# The plan speaks of 13 terabytes of portraits. This lesson shows why storage is no obstacle at all: what is searched is
# templates, and templates are small. It shows two more things that such a plan seldom mentions. A template is a face in
# another form, so a stolen template is a stolen face. And a template says most about what varied most in the pictures
# it was learned from: if those were forty people of one laboratory, it describes everybody else by how they differ from
# these forty.

# %% [markdown]
# ## The ladder
#
# Every lesson that adds a method adds a line. The figures are explained in lesson 03; EER is an error rate (lower is
# better), measured on people whom the method has never seen.

# %%
ladder = results("ladder")
show_table(ladder[:2], {"method": "method", "year": "year", "orl_eer": "EER, ORL (.3f)",
                        "orl_eer_se": "standard error (.3f)"})

# %% [markdown]
# ## Further reading
#
# - L. Sirovich and M. Kirby, *Low-dimensional procedure for the characterization of human faces*, Journal of the
#   Optical Society of America A 4 (1987), 519-524: faces from few numbers.
# - M. Turk and A. Pentland, *Eigenfaces for recognition*, Journal of Cognitive Neuroscience 3 (1991), 71-86: the trick,
#   recognition and face space in one paper; read it, it is clear.
# - I. T. Jolliffe and J. Cadima, *Principal component analysis: a review and recent developments*, Philosophical
#   Transactions of the Royal Society A 374 (2016): what the method is outside of faces.

# %% [markdown]
# ## Now you
#
# Exercise 02 asks you for the trick from scratch, equal to scikit-learn's result up to sign; for projecting and
# rebuilding; for the error of rebuilt faces; and for the best limit between faces and other pictures. It lies in your
# folder `work`, as `02_eigenfaces.ipynb`.
