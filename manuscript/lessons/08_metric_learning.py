# %% [markdown]
# # 08 · Metric learning
#
# **How does one network serve people it has never seen?** It names nobody; it learns *when two pictures show one
# person*.
#
# ![Left, a small plane in which the pictures of five people, each with a marker of their own, crowd together: before,
# all are alike. An arrow, "learn from 30 other people", to three faces: the two of one person are pulled together, the
# face of another is pushed away. An arrow, "works for these, too", to the same plane after learning: the five people's
# points have come apart into clouds, two of which still touch.](pictures/08_metric_learning.png)
#
# A network that was trained to tell forty people apart has forty outputs. For the forty-first it has none. A national
# system would need a new output, and new training, for every child that is born. This lesson trains the other kind of
# network.
#
# After this lesson you can
#
# - align a face by five points, and show what that alone is worth,
# - write three losses (contrastive and triplet on distances, CosFace on angles), and check a gradient by differences,
# - train a small embedding on 30 people and measure it on 10 it has never seen, beside eigenfaces and Fisherfaces,
# - say what limits it, and what a system that is used on millions must have been trained on.
#
# Give it 110 minutes, in two sittings; before the ten draws is a good place for a break. One cell trains a network; it takes most of a minute.

# %%
import cv2
import numpy as np

from facelab import cnn, embedding, images, metric, plots, results, verification
from facelab.datasets import load_orl, load_orl_landmarks, split_by_person
from facelab.eigenfaces import Eigenfaces, Fisherfaces
from facelab.notebook import say, show, show_source, show_table

orl, landmarks = load_orl(), load_orl_landmarks()
person = orl.person
learn, unseen = split_by_person(person, 30, random_state=0)
say(f"We learn from {len(learn)} pictures of 30 people. The {len(unseen)} pictures of the other 10 are not looked at until the end.")

# %% [markdown]
# ## The idea in a picture
#
# Three pictures: an **anchor**, a **positive** of the same person, a **negative** of somebody else. By pixels, the wrong
# two are alike. What we want is a space in which the anchor lies nearer to the positive than to the negative, whoever
# they are.

# %%
pixels = images.as_vectors(orl.images[learn])
distance = np.sqrt(images.squared_distances(pixels, pixels))
same = person[learn][:, None] == person[learn]
anchor = int((np.where(same, distance, 0).max(axis=1) - np.where(same, np.inf, distance).min(axis=1)).argmax())
positive, negative = np.where(same, distance, 0)[anchor].argmax(), np.where(same, np.inf, distance)[anchor].argmin()
trio = [positive, anchor, negative]
fig = plots.faces(orl.images[learn][trio], ["positive", "anchor", "negative"], columns=3, width=4.6)
far, near = distance[anchor, positive], distance[anchor, negative]
show(fig, alt=f"Three faces. The one in the middle and the left one are the same person in different poses, {far:,.0f} grey levels apart; the right one is "
     f"another person in a similar pose, {near:,.0f} apart.",
     caption="The pictures that lesson 01's distance gets most wrong. Learning shall pull the left one nearer and push the right one away.")

# %%
say(f"In pixels the anchor is {far:,.0f} grey levels from another picture of the same person, and {near:,.0f} from a stranger. "
    f"No threshold on this distance can be right about both.")

# %% [markdown]
# ## First, take away what can be computed
#
# Part of that distance is no question of who it is: the head is turned in the plane, nearer, or a little to the left. Five
# points (eyes, nose, corners of the mouth) tell how much. YuNet found them; lesson 07 showed how. We look for the turn, the
# scale and the shift that bring them to fixed places: a **similarity transform**.
#
# $$\begin{pmatrix}x'\\y'\end{pmatrix} = c\,R\begin{pmatrix}x\\y\end{pmatrix} + t$$
#
# $R$ is a rotation by one angle, $c$ the scale, $t$ the shift: four numbers. The least-squares solution (Umeyama, 1991) comes
# in three steps. Take the means away; the points are then $a_i$, their places $b_i$. Find the rotation for which
# $\sum b_i\cdot R a_i$ is largest: all products together are the matrix `b.T @ a`; written as $U S V^T$, it is largest if $R$ undoes
# both turns, $R = U V^T$, and is then the sum of the entries of $S$. The best scale is that sum over $\sum |a_i|^2$, and the
# shift brings mean to mean.

# %%
points, places = landmarks[0], embedding.PLACES
a, b = points - points.mean(axis=0), places - places.mean(axis=0)
U, s, Vt = np.linalg.svd(b.T @ a)
rotation = U @ Vt
scale = s.sum() / (a**2).sum()
moved = scale * a @ rotation.T + places.mean(axis=0)
say(f"The first picture: turned by {np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0])):.1f} degrees, enlarged {scale:.2f} times; afterwards the "
    f"five points lie {np.linalg.norm(moved - places, axis=1).mean():.1f} pixels from their places on average. No two faces have the same shape.")

# %% [markdown]
# If a mirror image would fit better, the decomposition gives one; the library forbids that, which matters for bad landmarks:

# %%
show_source(embedding.similarity_transform)

# %%
faces = embedding.orl_aligned()  # all 400, at 56 x 56 pixels
loose = np.stack([cv2.resize(image, (46, 56), interpolation=cv2.INTER_AREA) for image in orl.images])

fig, axes = plots.figure(1, 4, width=7.5, height=2.5)
for ax, picture, title in zip(axes, (orl.images[7], faces[7], loose.mean(0), faces.mean(0)),
                              ("a picture", "aligned", "mean of all, as they are", "mean of all, aligned"), strict=True):
    plots.picture(ax, picture, title)
show(fig, alt="A portrait that fills its frame; the same face aligned: upright, smaller in its square, the edges filled with stripes; the mean of 400 unaligned "
     "portraits, a blur with dark places for eyes; the mean of the aligned ones, in which eyes, nose and mouth can be told apart.",
     caption="What alignment does to one face, and to the mean of all. Beyond the photograph its edge pixels are drawn on: the stripes.")

# %%
def measured(templates, metric_name="cosine"):
    """EER and TMR at FMR 1 % among the pictures of people not learned from."""
    genuine, impostor = verification.all_pairs(verification.similarity(templates, templates, metric_name), person[unseen])
    return verification.eer(genuine, impostor), verification.tmr_at_fmr(genuine, impostor, 0.01)

def standardised(pictures):
    return cnn.standardise_windows(pictures).reshape(len(pictures), -1)

loose_eer, aligned_eer = (measured(standardised(pictures[unseen]))[0] for pictures in (loose, faces))
say(f"Comparing pixels (each picture with its mean and contrast taken out) on the ten people: EER {loose_eer:.1%} as they are, "
    f"**{aligned_eer:.1%}** aligned. That may surprise: alignment makes *pixels* worse here.")

# %% [markdown]
# Nothing is broken. ORL's volunteers kept their place before the dark wall, their hair and often their pullover, and pixels
# recognise those too. Alignment takes away where a head is and how large. That is what we want
# to measure: a street camera won't find anybody before the same wall. From here on the networks get aligned faces only.

# %% [markdown]
# ## An embedding
#
# Take a network like lesson 06's and leave out its last layer, the one with an output for each class. What is left turns a
# face into a list of numbers, here 64. Bring the list to length 1, so that only its direction counts, and two faces are
# compared by the angle between them. For vectors of length 1, squared distance and cosine say the same:
# $|a-b|^2 = 2 - 2\,a \cdot b$.

# %%
show_source(metric.UnitLength)

# %% [markdown]
# Its backward pass removes from the gradient what points along the vector itself: making a vector longer changes nothing
# once it is brought back to length 1. The network:

# %%
show_source(metric.embedding_network)

# %%
x = cnn.standardise_windows(faces)
network = metric.embedding_network(x.shape[2:], rng=0)
untrained = measured(metric.embed(network, x[unseen]))
say(f"{network.n_parameters:,} numbers to learn. With random ones, the EER on the ten people is {untrained[0]:.1%}. That an untrained "
    "network beats pixels is no magic: random filters and pooling blur small shifts away, and the EER asks only for the *order* of the scores, however close they lie.")

# %% [markdown]
# ## Three ways to say "alike"
#
# **Contrastive** (Hadsell, Chopra and LeCun, 2006). Take pairs. Pull together two pictures of one person; push two people
# apart until their distance reaches a margin $m$, and then let them be:
#
# $$\ell = d^2 \ \text{ if same}, \qquad \ell = \max(0,\ m - d)^2 \ \text{ if not}$$

# %%
d = np.linspace(0, 2, 101)
fig, (ax,) = plots.figure(width=5, height=3)
ax.plot(d, d**2, color=plots.COLOURS[1], linestyle="--", marker="", label="same person")
ax.plot(d, np.maximum(1 - d, 0) ** 2, color=plots.COLOURS[0], marker="", label="two people, margin 1")
ax.set(title="Pull, and push up to a margin", xlabel="distance of two templates (2 is opposite)", ylabel="loss of the pair", ylim=(0, 2))
ax.legend()
show(fig, alt="Two curves: the loss of a genuine pair rises as the square of the distance; that of an impostor pair falls from 1 to 0 at distance 1 and stays 0.",
     caption="The contrastive loss of one pair.")

# %% [markdown]
# The contrastive loss asks that *all* pictures of a person fall on one point, even if nobody else is near. **Triplet** (Schroff, Kalenichenko
# and Philbin, 2015) asks for less, just what the picture above shows: nearer to the positive than to the negative, by a margin:
#
# $$\ell = \max(0,\ |a-p|^2 - |a-n|^2 + m)$$

# %%
e = metric.UnitLength().forward(np.random.default_rng(1).normal(size=(6, 3)))
who = np.array([0, 0, 1, 1, 2, 2])
terms = [((e[i] - e[j]) ** 2).sum() - ((e[i] - e[k]) ** 2).sum() + 0.3
         for i in range(6) for j in range(6) for k in range(6) if i != j and who[i] == who[j] != who[k]]
violated = [t for t in terms if t > 0]
say(f"Six random templates of three people make {len(terms)} triplets, and {len(violated)} of them break a margin of 0.3; their mean is {np.mean(violated):.4f}. "
    f"The library: {metric.triplet_loss(e, who, 0.3)[0]:.4f}. As training goes on, most triplets keep the margin and teach nothing more; so the mean is "
    f"taken over those that don't.")

# %% [markdown]
# Its gradient is short. $|a-p|^2 - |a-n|^2$ changes by $2(n-p)$ with $a$, by $2(p-a)$ with $p$ and by $2(a-n)$ with $n$; a triplet
# that keeps the margin gives nothing; and all is divided by the number of those that break it. Checked by differences:

# %%
by_rule = metric.triplet_loss(e, who, 0.3)[1]
by_trying = cnn.numerical_gradient(lambda: metric.triplet_loss(e, who, 0.3)[0], e)
agree = np.abs(by_rule - by_trying).max() / np.abs(by_trying).max() < 1e-6
say(f"Derived and tried gradients of the triplet loss agree to a millionth of the largest: {agree}.")

# %% [markdown]
# **CosFace** (Wang and others, 2018) goes back to names, for training only. Each of the 30 people gets a direction, its
# *centre*, which is learned too. The scores are the cosines to all centres, and softmax must pick the right one, as in lesson
# 06. Cosines lie between -1 and 1, too close for softmax ever to be sure, so they are multiplied by a scale, here 8. But the right cosine is first made smaller by a margin: the network has to win *by a distance*.

# %%
cosines = np.array([0.71, 0.5, 0.1])  # to three centres; the first is right
for margin in (0, 0.1, 0.2):
    scores = 8 * (cosines - margin * np.array([1, 0, 0]))
    p = np.exp(scores - scores.max())
    print(f"margin {margin}: probability of the right person {p[0] / p.sum():.2f}, loss {-np.log(p[0] / p.sum()):.2f}")

# %% [markdown]
# Without a margin this picture is nearly done. With one, the loss stays large until the right cosine leads clearly. At the end the
# centres are thrown away, and the embedding is kept. The library's version, with its gradient:

# %%
show_source(metric.cosface_loss)

# %% [markdown]
# Lesson 06's rule stands: no gradient is believed before it was checked by differences, in float64.

# %%
rng = np.random.default_rng(2)
v, centres = rng.normal(size=(6, 5)), cnn.Parameter.of(rng.normal(size=(3, 5)))

def loss_of(v):
    return metric.cosface_loss(metric.UnitLength().forward(v), centres, who)[0]

unit = metric.UnitLength()
_, grad = metric.cosface_loss(unit.forward(v), centres, who)
by_rule, by_trying = unit.backward(grad), cnn.numerical_gradient(lambda: loss_of(v), v)
agree = np.abs(by_rule - by_trying).max() / np.abs(by_trying).max() < 1e-6
say(f"Through loss and unit length, derived and tried gradients agree to a millionth of the largest: {agree}.")

# %% [markdown]
# ## Learn
#
# 300 pictures are few for that many numbers. So each is shown a little differently every time: mirrored or not, moved, turned
# and resized a little, with more or less contrast.

# %%
some = metric.varied(np.repeat(x[learn[:3]], 5, axis=0), np.random.default_rng(0))[:, 0]
show(plots.faces(some[:5] - some[:5].min(), columns=5, width=5.5), alt="One face five times: mirrored, moved, turned and resized a little each time.",
     caption="One picture as the network sees it in five epochs.")

# %% [markdown]
# One run, CosFace:

# %%
EPOCHS, RATE = 60, 0.05
losses = metric.train_embedding(network, x[learn], person[learn], loss="cosface", epochs=EPOCHS, rng=0, rate=RATE)

fig, (ax,) = plots.figure(height=2.8)
ax.plot(np.arange(1, EPOCHS + 1), losses, marker="")
ax.set(title="Thirty people are learned by heart", xlabel="epoch (every picture seen once)", ylabel="mean loss (nats)", ylim=(0, None))
show(fig, alt=f"A curve falling from {losses[0]:.1f} to {losses[-1]:.1f}, steeply in the first half.", caption="CosFace's loss during training.")

# %% [markdown]
# ## People it has never seen
#
# That the loss falls says little: these are the people it learned. Now the ten others. No centre belongs to them, and none
# is needed; their pictures are embedded and compared with each other. One trick on the way: a face and its mirror image show
# one person, so a template is made from the mean of both.

# %%
templates = metric.embed(network, x[unseen])
trained = measured(templates)
vectors = faces.reshape(400, -1).astype(float)
space, fisher = Eigenfaces(80).fit(vectors[learn]), Fisherfaces(80).fit(vectors[learn], person[learn])
for name, rates in (("pixels", measured(standardised(faces[unseen]))), ("eigenfaces, k = 80", measured(space.transform(vectors[unseen]))),
                    ("Fisherfaces", measured(fisher.transform(vectors[unseen]))), ("network, untrained", untrained), ("network, CosFace", trained)):
    print(f"{name:20} EER {rates[0]:6.1%}   TMR at FMR 1 % {rates[1]:6.1%}")

# %%
before = metric.embed(metric.embedding_network(x.shape[2:], rng=0), x[unseen])
fig, axes = plots.figure(1, 2, width=8, height=3)
for ax, t, title in zip(axes, (before, templates), ("Before: all scores near 1", "After: two heaps"), strict=True):
    genuine, impostor = verification.all_pairs(t @ t.T, person[unseen])
    for scores, label, number in ((impostor, "impostor", 0), (genuine, "genuine", 1)):
        ax.hist(scores, np.linspace(-0.6, 1, 49), density=True, histtype="step", lw=1.8, color=plots.COLOURS[number],
                linestyle=plots.DASHES[number], label=label)
    ax.set(title=title, xlabel="comparison score (cosine)")
axes[0].set_ylabel("share of pairs per unit")
axes[0].legend(loc="upper left")
show(fig, alt=f"Left, before training: both kinds of scores crowd together near 1. Right, after: impostor scores in a broad heap about {np.median(impostor):.1f}, genuine "
     f"scores in a heap about {np.median(genuine):.1f}, with a long overlap.", caption="Scores of pairs of the ten unseen people.")

# %%
say(f"EER {untrained[0]:.1%} before, **{trained[0]:.1%}** after: on people that the network has never seen. It learned from thirty people what two pictures "
    f"of *any* one have in common. Not all of it: the two heaps overlap.")

# %% [markdown]
# ## Ten draws, three losses
#
# One draw of ten people says little, as lesson 03 showed. The stored table repeats it ten times, with all three losses
# (`course measure metric_learning`).

# %%
table = results("metric_learning")
names = ["eigenfaces", "Fisherfaces", "untrained", "contrastive", "triplet", "CosFace"]
means = {name: table[table["method"] == name] for name in np.unique(table["method"])}

def mean_and_error(name, column="eer"):
    return means[name][column].mean(), verification.standard_error(means[name][column])

fig, (ax,) = plots.figure(width=6.4, height=3)
for row, name in enumerate(names):
    middle, error = mean_and_error(name)
    ax.plot(100 * means[name]["eer"], np.full(10, row), "o", color=plots.COLOURS[2], markersize=4, alpha=0.7)
    ax.errorbar(100 * middle, row, xerr=100 * error, fmt="D", color=plots.COLOURS[0], capsize=4)
ax.set(title=f"CosFace errs least: {100 * mean_and_error('CosFace')[0]:.1f} %", xlabel="EER on ten people never seen (%)", yticks=range(len(names)), yticklabels=names, xlim=(0, None))
ax.invert_yaxis()
show(fig, alt="For each method ten dots and their mean: " + "; ".join(f"{name} {100 * mean_and_error(name)[0]:.1f} %" for name in names) + ".",
     caption="EER on ten draws of ten unseen people (dots), mean and standard error (diamonds).")

# %%
(cos, cos_se), (fish, fish_se) = mean_and_error("CosFace"), mean_and_error("Fisherfaces")
gap = means["Fisherfaces"]["eer"] - means["CosFace"]["eer"]
say(f"CosFace: EER **{cos:.3f} ± {cos_se:.3f}**; Fisherfaces, the best of the classical methods: {fish:.3f} ± {fish_se:.3f}. On the same draws the difference is "
    f"{gap.mean():.3f} ± {verification.standard_error(gap):.3f}. At FMR 1 % CosFace accepts {mean_and_error('CosFace', 'tmr_at_1e-2')[0]:.0%} of genuine pairs, "
    f"Fisherfaces {mean_and_error('Fisherfaces', 'tmr_at_1e-2')[0]:.0%}.")

# %% [markdown]
# Triplet and contrastive fare worse here, with the same network and as many pictures seen. A likely reason, which we didn't
# test: they compare the few pictures of one batch; CosFace compares each picture with *all* people in every step, by their centres. With much more data and
# carefully chosen triplets the gap closes (FaceNet was trained by triplets).

# %% [markdown]
# ## Where it breaks: too few people
#
# Do more people help? Here are 10 and 20 people to learn from in place of 30, each with ten pictures, tested on the same ten
# others. (People and pictures grow together here; which of the two does more, this can't say.)

# %%
counts = [10, 20, 30]
curve = [mean_and_error(name) for name in ("CosFace, 10 people", "CosFace, 20 people", "CosFace")]
fig, (ax,) = plots.figure(width=5, height=3)
ax.errorbar(counts, [100 * m for m, _ in curve], [100 * e for _, e in curve], marker="o", capsize=4, label="CosFace")
ax.axhline(100 * fish, color=plots.COLOURS[4], linestyle=":", label="Fisherfaces, 30 people")
ax.set(title="More people to learn from, fewer errors on others", xlabel="people learned from", ylabel="EER on ten others (%)", xticks=counts, ylim=(0, None))
ax.legend(loc="lower left")
show(fig, alt="A falling line: EER " + ", ".join(f"{100 * m:.1f} % with {n} people" for n, (m, _) in zip(counts, curve, strict=True)) + f"; a dotted line for Fisherfaces at {100 * fish:.1f} %.",
     caption="EER on unseen people against the number of people learned from; ten draws, one standard error.")

# %%
say(f"From 10 people to 30 the EER falls from {curve[0][0]:.1%} to {curve[-1][0]:.1%}. What a network calls *one person* it has learned from the people it was shown. "
    f"Thirty volunteers of a laboratory in Cambridge are thirty examples of what a person is.")

# %% [markdown]
# ## Where it breaks: poses
#
# The pairs that the network gets most wrong:

# %%
scores, who = templates @ templates.T, person[unseen]
alike = who[:, None] == who
low = np.unravel_index(np.where(alike, scores, 2).argmin(), scores.shape)
high = np.unravel_index(np.where(alike, -2, scores).argmax(), scores.shape)
fig = plots.faces(orl.images[unseen[[*low, *high]]], ["one person:", f"{scores[low]:.2f}", "two people:", f"{scores[high]:.2f}"], columns=4, width=5.6)
show(fig, alt=f"Four faces: two pictures of one person, the head turned to one side and to the other, score {scores[low]:.2f}; and two different people in the same pose, score {scores[high]:.2f}: higher.",
     caption="The lowest genuine and the highest impostor score among the ten people.")

# %% [markdown]
# ## What it means for the nation
#
# From "which of these forty" to "anyone": that is the step which makes a national system thinkable at all. Nobody is trained
# for; a new citizen is one more template. The system of lesson 01's case study would have needed it, and so does every phone.
#
# And it moves a question. The thirty people who taught our network signed up in a laboratory. Networks in use learned from
# millions of photographs of people who were not asked: MS-Celeb-1M, a set of that kind, was withdrawn in 2019, after many
# systems had learned from it. What such a network calls *one person*, and for whom it does so badly, was decided by who was
# in that set. Lesson 14 measures it.

# %% [markdown]
# ## The ladder

# %% [markdown]
# The ladder compares the methods on the pictures as they are, not aligned, except for the network; hence other figures for
# eigenfaces and Fisherfaces than above.

# %%
ladder = results("ladder")
rows = ladder[np.isin(ladder["method"], ["raw pixels", "eigenfaces", "Fisherfaces", "LBPH", "small CNN, CosFace"])]
show_table(rows, {"method": "method", "year": "year", "parameters": "parameters", "orl_eer": "EER, ORL (.3f)", "orl_eer_se": "± (.3f)",
                  "orl_tmr_at_1e-2": "TMR at FMR 1 % (.2f)"})

# %% [markdown]
# ## Further reading
#
# - S. Umeyama, *Least-squares estimation of transformation parameters between two point patterns*, IEEE Transactions on
#   Pattern Analysis and Machine Intelligence 13 (1991), 376-380.
# - R. Hadsell, S. Chopra and Y. LeCun, *Dimensionality reduction by learning an invariant mapping*, CVPR (2006).
# - F. Schroff, D. Kalenichenko and J. Philbin, *FaceNet: a unified embedding for face recognition and clustering*, CVPR (2015).
# - H. Wang and others, *CosFace: large margin cosine loss for deep face recognition*, CVPR (2018); J. Deng, J. Guo, N. Xue and
#   S. Zafeiriou, *ArcFace*, CVPR (2019): the margin as an angle.
# - I. D. Raji and G. Fried, *About face: a survey of facial recognition evaluation* (2021): where training sets came from.

# %% [markdown]
# ## Now you
#
# Exercise 08 asks for the alignment, the triplet loss with its gradient, CosFace's scores, and an embedding of your own that
# beats eigenfaces on people it has never seen. It lies in your folder `work`, as `08_metric_learning.ipynb`.
