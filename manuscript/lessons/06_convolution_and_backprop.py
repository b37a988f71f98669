# %% [markdown]
# # 06 · Convolution and backpropagation
#
# **Can features be learned?** Yes: small filters begin as noise, and each error says how to bend them.
#
# ![Left, a tiny picture of a smiling face, on which a small square lies. An arrow, "filters slide over it", to four
# learned filters and under each a picture of where it answers. An arrow, "more layers of filters", to a score: surely
# a face. A dashed arrow leads back from the score to the filters: in learning, the error says how to bend every
# filter.](pictures/06_convolution_and_backprop.png)
#
# In lesson 04 people thought up the features, five kinds of light and dark rectangles, and the machine chose among
# them. Here the machine makes its own, until they tell faces from everything else. All it needs is to know which way
# to bend.
#
# After this lesson you can
#
# - compute a convolution by hand, and say why networks' convolution is really a correlation,
# - say what ReLU, pooling and softmax do and why each is there,
# - derive the gradient of every operation of a small network, and *check* it so that a wrong one is caught,
# - train a convolutional network in numpy and read its curves,
# - say where it breaks, and compare it honestly with other methods.
#
# Give it 60 minutes.

# %%
import inspect
import textwrap

import cv2
import numpy as np
import scipy.signal

from facelab import cnn, plots, results
from facelab.datasets import load_cbcl, load_orl, split_by_block
from facelab.montages import backgrounds
from facelab.notebook import interactive, say, show, show_source, show_table
from facelab.verification import eer

cbcl = load_cbcl()
learn, test = split_by_block(cbcl.is_face, 0.2, random_state=0)
say(f"{cbcl.is_face.sum():,} windows with a face and {(~cbcl.is_face).sum():,} without, 19 x 19 pixels each, as in lesson "
    f"04. Neighbours in the data are near-copies, so whole blocks of 100 are put aside: {len(learn):,} windows to learn "
    f"from, {len(test):,} to be judged by.")

# %% [markdown]
# ## The idea in a picture
#
# Take nine numbers, three by three. Lay them on every place of a picture, multiply each by the pixel under it, and add
# up. The result is a new picture. Which nine numbers you took decides what it shows.

# %%
across = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
FILTERS = {"left to right": across, "top to bottom": across.T, "blur": np.ones((3, 3)) / 9}
face = load_orl().images[0].astype(float)

fig, axes = plots.figure(1, 4, width=8, height=2.9)
plots.picture(axes[0], face, "a face", low=0, high=255)
for ax, (name, kernel) in zip(axes[1:], FILTERS.items(), strict=True):
    plots.picture(ax, scipy.signal.correlate(face, kernel, "valid"), name)
show(fig, alt="A face, and what three filters make of it. The first brings out upright edges such as the sides of the "
     "face and nose, the second level ones such as brows, eyes and mouth, the third a slightly blurred face.",
     caption="Nine numbers bring out one thing. In the middle pictures grey means no change, white brighter to the right "
             "or below, black darker.")

# %% [markdown]
# ## By hand
#
# One place, first: the one where the first filter's answer is largest. Under the filter lies a patch of 3 x 3 pixels; nine
# products, one sum.

# %%
everywhere = scipy.signal.correlate(face, across, "valid")
row, column = np.unravel_index(everywhere.argmax(), everywhere.shape)
patch = face[row : row + 3, column : column + 3]
products = patch * across
fig, axes = plots.figure(1, 3, width=7, height=2.6)
shown = (("pixels", patch, 0, 255), ("filter", across, -4, 4), ("products", products, -650, 650))
for ax, (title, values, low, high) in zip(axes, shown, strict=True):
    plots.picture(ax, values, title, low=low, high=high)
    for (i, j), value in np.ndenumerate(values):
        color = "white" if value < low + 0.35 * (high - low) else "black"
        ax.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=12, color=color)
show(fig, alt=f"Three tables of three by three numbers: pixels {patch.astype(int).tolist()}, the filter "
     f"{across.astype(int).tolist()}, and their products, {products.astype(int).tolist()}, which add up to {products.sum():.0f}.",
     caption=f"The products add up to {products.sum():.0f}: dark on the left of this place, bright on the right.")

# %% [markdown]
# All places at once: the picture moved by $u$ rows and $v$ columns, times entry $(u, v)$ of the filter, added up over the
# nine entries. A filter that hangs over the edge has nothing to lie on, so the result is two pixels smaller each way.

# %%
def correlate(image, kernel):
    h, w = image.shape[0] - len(kernel) + 1, image.shape[1] - len(kernel) + 1
    total = np.zeros((h, w))
    for (u, v), weight in np.ndenumerate(kernel):
        total += weight * image[u : u + h, v : v + w]
    return total

ours = correlate(face, across)
same = np.allclose(ours, scipy.signal.correlate(face, across, "valid"))
flipped = scipy.signal.convolve(face, across, "valid")
say(f"The same as scipy's `correlate`: **{same}**. The same as scipy's `convolve`: **{np.allclose(ours, flipped)}**; with "
    f"the filter turned upside down and left to right: **{np.allclose(correlate(face, across[::-1, ::-1]), flipped)}**.")

# %% [markdown]
# What we did is called **correlation**. **Convolution**, in mathematics, turns the filter round first. A network learns
# its filters, so it would simply learn the turned one, and everybody who trains networks says *convolution* and means
# correlation. We do so too; when you compare with a signal library, remember which is which.

# %% [markdown]
# ### Try your own
#
# Nine sliders make a filter. Make one that finds level (horizontal) lines; one that does nothing; one that makes the face dark where
# it was bright.

# %%
def try_filter(a, b, c, d, e, f, g, h, i):
    """The filter with rows a b c, d e f, g h i, and what it makes of the face."""
    kernel = np.array([[a, b, c], [d, e, f], [g, h, i]], float)
    fig, axes = plots.figure(1, 2, width=5, height=3)
    plots.picture(axes[0], kernel, "filter", low=-3, high=3)
    plots.picture(axes[1], correlate(face, kernel), "what it brings out")
    show(fig, alt=f"The filter {kernel.tolist()} and the picture it makes of the face.", caption=f"Filter {kernel.tolist()}")

BY_HAND = ([0, 0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, -1, 0, 0, 0, 0], [-1, -1, -1, 2, 2, 2, -1, -1, -1],
           [-1, 0, 1, -2, 0, 2, -1, 0, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1], [0, -1, 0, -1, 2, 1, 0, -1, 0])
interactive(try_filter, **dict.fromkeys("abcdefghi", (-2, 2)),
            positions=[dict(zip("abcdefghi", entries, strict=True)) for entries in BY_HAND])

# %%
HANDMADE = {"level lines": [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "does nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
            "negative": [[0, 0, 0], [0, -1, 0], [0, 0, 0]]}
fig, axes = plots.figure(1, 3, width=6.4, height=3)
for ax, (name, kernel) in zip(axes, HANDMADE.items(), strict=True):
    plots.picture(ax, correlate(face, np.array(kernel, float)), name)
show(fig, alt="Three pictures of the face: on grey, brows, eyelids and mouth as dark level lines with bright rims; the "
     "unchanged face; the face as a negative.", caption="The same without sliders: the rows -1, 2, -1; a single 1 in the middle; a single -1.")

# %% [markdown]
# ## Many filters, one matrix product
#
# A network has many filters, and the pictures that they make are filtered again, by filters that look at all of them at
# once. So a layer takes (N, C, H, W), N pictures of C **channels**, and gives N pictures with one channel a filter. A
# computer does this fastest as *one* matrix product: write every patch as a row, every filter as a column.

# %%
show_source(cnn.im2col)

# %%
x = face[None, None]
columns = cnn.im2col(x, 3)
matrix = np.stack([kernel.ravel() for kernel in FILTERS.values()], axis=1)
answer = (columns @ matrix).reshape(110, 90, 3)
say(f"{columns.shape[0]:,} patches of {columns.shape[1]} pixels, times {matrix.shape[1]} filters. The first answer is the "
    f"picture from above: **{np.allclose(answer[:, :, 0], ours)}**.")

# %% [markdown]
# ## Two more operations: ReLU and pooling
#
# Filters after filters would be no more than one larger filter: sums of sums are sums. Something must bend in between. The
# **ReLU** (rectified linear unit) is the simplest bend: $\max(x, 0)$. What is below zero says *not here*, and nothing more.
#
# **Pooling** keeps the largest of every 2 x 2 pixels. *Somewhere around here* replaces *exactly here*, and there is a
# quarter of the numbers to go on with.

# %%
edges = cnn.ReLU().forward(ours[None, None] / 100)
pooled = cnn.MaxPool2d(2).forward(edges)
fig, axes = plots.figure(1, 3, width=6.6, height=3)
for ax, values, title in zip(axes, (ours, edges[0, 0], pooled[0, 0]), ("filter", "ReLU", "pooling"), strict=True):
    plots.picture(ax, values, f"{title}: {values.shape[0]} x {values.shape[1]}")
show(fig, alt="The edges from left to right, grey with white and black; after ReLU only the white ones are left, on black; "
     "after pooling the same at half the size, the lines relatively thicker.",
     caption="One filter's answer on its way through a network.")

# %%
def alike(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]

moved = cnn.ReLU().forward(correlate(np.roll(face, 1, axis=1), across)[None, None] / 100)
say(f"Move the face by one pixel: the filter's answer correlates with the former one at {alike(edges, moved):.2f}, the pooled "
    f"one at {alike(pooled, cnn.MaxPool2d(2).forward(moved)):.2f}, pooled twice at "
    f"{alike(*(cnn.MaxPool2d(4).forward(e) for e in (edges, moved))):.2f}. That is lesson 01's shift, answered a little.")

# %% [markdown]
# ## A network that looks at 19 x 19 pixels
#
# Filter, bend, pool, and once more; then filters that see the whole window, and at the end one number, the **score**:
# above 0 says face.

# %%
show_source(cnn.face_network)

# %%
network = cnn.face_network(0)
size = np.zeros((1, 1, 19, 19), np.float32)
for layer in network.layers:
    size = layer.forward(size)
    learned = sum(p.value.size for p in layer.parameters)
    print(f"{type(layer).__name__:10} → {size.shape[1]:2} channels of {size.shape[2]:2} x {size.shape[3]:2}   {learned:5,} numbers to learn")

# %%
say(f"**{network.n_parameters:,}** numbers in all, where one fully connected layer of 64 units would already take "
    f"{19 * 19 * 64 + 64:,}. The same few filters are used at every place; an eye is an eye wherever it is.")

# %% [markdown]
# ## From scores to probabilities, and how wrong they are
#
# A network that chooses among K classes gives K scores $s$. The **softmax** makes probabilities of them,
# $p_k = e^{s_k} / \sum_j e^{s_j}$, and the **cross-entropy** says how wrong they are: $-\log p$ of the class that was
# right. Sure and right costs nearly nothing; sure and wrong costs without limit.

# %%
def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))  # the same for all scores of a row: it cancels
    return e / e.sum(axis=1, keepdims=True)

scores = np.array([[2.0, 0, -1], [-1, 0, 4]])
right = np.array([0, 0])
p = softmax(scores)
say(f"Probabilities {np.round(p[0], 3).tolist()} and {np.round(p[1], 3).tolist()}; class 0 was right both times: losses "
    f"**{-np.log(p[0, 0]):.3f}** and **{-np.log(p[1, 0]):.3f}**, mean {-np.log(p[[0, 1], right]).mean():.3f}.")

# %%
with np.errstate(over="ignore", invalid="ignore"):
    naive = np.exp(np.array([1000.0, 0])) / np.exp(np.array([1000.0, 0])).sum()
say(f"Why take the largest away first? Scores of 1000 and 0, without it: {naive.tolist()}; with it: "
    f"{softmax(np.array([[1000.0, 0]]))[0].tolist()}.")

# %% [markdown]
# For *face or not* two scores are one too many: only their difference counts. Fix one at 0, call the other $s$, and the
# softmax becomes the **logistic function** $p = 1 / (1 + e^{-s})$. That is why our network ends in one number.
#
# Since $-\log p_r = \log\sum_j e^{s_j} - s_r$ for the right class $r$, its derivative by $s_k$ is $e^{s_k} / \sum_j e^{s_j}$,
# that is $p_k$, less 1 if $k$ is the right class. It is the nicest derivative of this lesson. For every score of a picture, $\;\partial L / \partial s_k = p_k - 1$ for the
# right class and $p_k$ for the others: *what was said, less what was true*. The mean over N pictures divides it by N.

# %%
show_source(cnn.logistic_loss)

# %% [markdown]
# ## Which way to bend: the chain rule
#
# How does the loss change if one of 5,977 numbers is moved a little? Trying each would take two runs of the network for
# each number. **Backpropagation** gets all of them in *one* run backwards (Rumelhart, Hinton and Williams, 1986). Each
# operation is asked one question: *I know how the loss changes with your output; how does it change with your input?* A
# chain of three operations:

# %%
x, w, b = 3.0, 0.5, -1.0
z = w * x + b                       # forward: filter,
a = max(z, 0)                       # bend,
loss = (a - 2) ** 2                 # compare with what we wanted, 2
d_a = 2 * (a - 2)                   # backward: how the loss changes with a,
d_z = d_a * (z > 0)                 # with z,
d_w, d_x, d_b = d_z * x, d_z * w, d_z
say(f"The loss is {loss}. Its derivative by w is **{d_w}**, so w should grow. Try it: w = 0.51 gives "
    f"{(max(0.51 * x + b, 0) - 2) ** 2:.4f}, a change of {(max(0.51 * x + b, 0) - 2) ** 2 - loss:.4f}; the derivative promised {0.01 * d_w:.2f}.")

# %% [markdown]
# Nothing else happens in a network of any size. What differs is that the quantities are arrays. Write $g$ for the loss's
# derivative by an operation's output:
#
# | operation | backward | in words |
# | --- | --- | --- |
# | $y = \max(x, 0)$ | $g$ where $x > 0$, else 0 | what was cut off made no difference |
# | $y$ = largest of a window | $g$ to the largest, 0 to the others | the others made no difference |
# | $Y = X W + b$ | $X^\top G$ for $W$; sum of $G$'s rows for $b$; $G W^\top$ for $X$ | each weight met every row of X |
# | columns = im2col(x) | every pixel adds up what its copies got | a pixel lies in up to nine patches |
#
# A convolution is the last two, one after the other. The third line in entries: $Y_{ik} = \sum_j X_{ij} W_{jk} + b_k$, so
# $W_{jk}$ changes $Y_{ik}$ by $X_{ij}$ for every $i$, and $\partial L / \partial W_{jk} = \sum_i X_{ij} G_{ik}$.
# In the same way $X_{ij}$ changes $Y_{ik}$ by $W_{jk}$ for every $k$, so $\partial L / \partial X_{ij} = \sum_k G_{ik} W_{jk}$.

# %%
show_source(cnn.col2im)

# %% [markdown]
# ## Derived is not proved: the gradient check
#
# A wrong gradient often still learns, only worse. So we never trust one. Move each number a little up and down and look at
# what the loss really does:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}$$

# %%
show_source(cnn.numerical_gradient)

# %%
rng = np.random.default_rng(6)
x, W, b = rng.normal(size=(2, 2, 6, 6)), rng.normal(size=(18, 3)), rng.normal(size=3)
G = rng.normal(size=(2 * 4 * 4, 3))  # pretend that the loss changes like this with each output

def loss():
    return float(((cnn.im2col(x, 3) @ W + b) * G).sum())

derived = {"W": cnn.im2col(x, 3).T @ G, "b": G.sum(axis=0), "x": cnn.col2im(G @ W.T, x.shape, 3)}
tried = {name: cnn.numerical_gradient(loss, array) for name, array in (("W", W), ("b", b), ("x", x))}

def difference(name, gradient):
    """The largest difference from what was tried, relative to the largest entry."""
    return np.abs(gradient - tried[name]).max() / np.abs(tried[name]).max()

for name, gradient in derived.items():
    print(f"{name}: derived and tried differ by less than 1e-8: {difference(name, gradient) < 1e-8}")

# %% [markdown]
# Now a mistake that is easily made. A pixel lies in several patches; *write* what each patch got to its pixel, in place of
# *adding* it:

# %%
wrong = np.zeros_like(x)
patches = (G @ W.T).reshape(2, 4, 4, 3, 3, 2)
for i in range(3):
    for j in range(3):
        wrong[:, :, i : i + 4, j : j + 4] = patches[:, :, :, i, j].transpose(0, 3, 1, 2)  # should be +=
fig, axes = plots.figure(1, 2, width=6.6, height=3.1)
for ax, gradient, title in zip(axes, (derived["x"], wrong), ("adding agrees", "writing doesn't"), strict=True):
    ax.plot(tried["x"].ravel(), gradient.ravel(), "o", color=plots.COLOURS[0], markersize=4)
    ax.axline((0, 0), slope=1, color=plots.COLOURS[1], linestyle="--")
    ax.set(title=title, xlabel="tried (loss per unit)", ylabel="derived (loss per unit)", xlim=(-15, 15), ylim=(-15, 15))
show(fig, alt="Two panels of dots, derived against tried gradient. Left, where the patches are added, all lie on the diagonal. Right, where they are written "
     "over each other, few do; the largest gradients come out near 0.",
     caption=f"Each dot is a pixel's gradient. The largest difference on the right is {difference('x', wrong):.0%} of the largest entry.")

# %% [markdown]
# How small should $h$ be? Too large, and the loss isn't straight within the step; too small, and the two losses agree in nearly all
# their digits, so that their difference is rounding noise.

# %%
network64, network32 = cnn.face_network(1).astype(np.float64), cnn.face_network(1)
some = cnn.standardise_windows(cbcl.images[::400])
truth = cbcl.is_face[::400]

def loss_near(network, weight, step):
    """The loss with one weight of the first filter moved by a step."""
    values = network.parameters[0].value
    values.flat[weight] += step
    loss = cnn.logistic_loss(network.forward(some.astype(values.dtype)), truth)[0]
    values.flat[weight] -= step
    return loss

value, grad = cnn.logistic_loss(network64.forward(some.astype(float)), truth)
network64.backward(grad)
exact = network64.parameters[0].grad.flat[5]

# %%
steps = 10.0 ** np.arange(-10, 0)
fig, (ax,) = plots.figure(height=3.4)
for number, (net, name) in enumerate([(network64, "float64"), (network32, "float32")]):
    error = [abs((loss_near(net, 5, h) - loss_near(net, 5, -h)) / (2 * h) / exact - 1) for h in steps]
    ax.loglog(steps, np.maximum(error, 1e-12), color=plots.COLOURS[number], linestyle=plots.DASHES[number],
              marker=plots.MARKERS[number], label=name)
ax.set(title="Too large a step meets a kink, too small a step is noise", xlabel="step h (units of the weight)", ylabel="relative difference")
ax.legend()
show(fig, alt="Two lines on logarithmic axes. In float64 the relative difference falls from a step of 1e-10 to its lowest at 1e-5 and 1e-4, and jumps up by "
     "many powers of ten at 0.001. In float32 it is about 1 up to 1e-8 and lowest at 0.001; from there on both lines are one.",
     caption="One weight's gradient, derived and tried, against the step. Hence: check in float64, train in float32.")

# %% [markdown]
# The cliff at `0.001` is no bend: within so long a step some ReLU or pool changes its mind, and the loss has a kink there.
# If a check fails at one number only, try a smaller step before you look for a mistake.
#
# And the whole network, with the layers as the library has them: up to forty numbers of every array, moved one by one. A
# convolution is the matrix product from above, and its way back is the table's third and fourth line:

# %%
show_source(cnn.Conv2d.forward)
show_source(cnn.Conv2d.backward)

# %%
def loss_as_it_is():
    return cnn.logistic_loss(network64.forward(some.astype(float)), truth)[0]

worst = 0
for parameter in network64.parameters:
    places = rng.permutation(parameter.value.size)[:40]
    flat = parameter.value.reshape(-1)
    numbers = [cnn.numerical_gradient(loss_as_it_is, flat[i : i + 1], step=1e-6)[0] for i in places]
    off = np.abs(numbers - parameter.grad.reshape(-1)[places]).max() / np.abs(numbers).max()
    worst = max(worst, off)
say(f"All layers agree to better than one in a million: **{worst < 1e-6}**.")

# %% [markdown]
# ## Downhill
#
# **Stochastic gradient descent** (SGD): take a handful of pictures, a **batch**; compute the gradient of their mean loss;
# move every number a little against it; take the next handful. A batch's gradient is only a rough guess of the whole
# set's, and cheap. **Momentum** keeps a part of the last steps: what points the same way again and again adds up, what
# points to and fro cancels. In a long narrow valley that makes all the difference:

# %%
def steps_needed(momentum, rate):
    """Steps of gradient descent on a valley 100 times steeper across than along, until both coordinates are below 0.01."""
    place, velocity = np.array([1.0, 1.0]), np.zeros(2)
    for step in range(10_000):
        if np.abs(place).max() < 0.01:
            return step
        velocity = momentum * velocity + np.array([1.0, 100.0]) * place  # the gradient of (x² + 100 y²) / 2
        place = place - rate * velocity

say(f"Down the valley: **{steps_needed(0, 0.015)}** steps without momentum, **{steps_needed(0.9, 0.015)}** with a momentum of "
    f"0.9, at the same rate of 0.015.")

# %%
show_source(cnn.SGD.step)

# %% [markdown]
# And the loop of `cnn.train`; `change` is the function `augment`, of which more below:

# %%
source = inspect.getsource(cnn.train)
loop = source[source.index("        for epoch in") : source.index("    return losses")]
say(f"```python\n{textwrap.dedent(loop)}```")

# %% [markdown]
# Three habits stand in that loop. The order is new in every **epoch** (once through all pictures), or a batch would see
# only faces. The rate falls to nothing, so that the end is calm. And no window is seen twice as it is: `augment` mirrors
# it, moves it by a pixel, changes its contrast. A mirrored face is a face; so the network gets more of them for nothing.
#
# Every window is standardised first, as in lesson 01: mean 0, standard deviation 1. We watch the error on the blocks put
# aside as it goes, and decide nothing by it: thirty epochs, whatever it shows.

# %%
x = cnn.standardise_windows(cbcl.images)
network = cnn.face_network(0)
curve = []

def report(epoch, loss):
    scores = cnn.predict(network, x[test]).ravel()
    curve.append((loss, np.mean((scores > 0) != cbcl.is_face[test])))
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1:2}: loss {loss:.4f}, wrong on the blocks put aside {curve[-1][1]:.2%}")

losses = cnn.train(network, x[learn], cbcl.is_face[learn], epochs=30, rng=0, report=report)

# %%
loss, wrong = np.array(curve).T
epochs = np.arange(1, len(loss) + 1)
fig, axes = plots.figure(1, 2, width=7.4, height=3.1)
axes[0].semilogy(epochs, loss, color=plots.COLOURS[0])
axes[0].set(title="The loss falls, then settles", xlabel="epoch", ylabel="loss (mean of -log p)")
axes[1].plot(epochs, 100 * wrong, color=plots.COLOURS[1], marker="s")
axes[1].set(title="So does the error", xlabel="epoch", ylabel="wrong (%, blocks put aside)", ylim=(0, None))
jump = int(np.diff(wrong).argmax()) + 1
show(fig, alt=f"Left, the training loss on a logarithmic axis: from {loss[0]:.2f}, with a jump at epoch {epochs[jump]}, to between {loss[-10:].min():.4f} and "
     f"{loss[-10:].max():.4f} in the last ten epochs. Right, the share of wrong answers on other blocks: {wrong[0]:.1%} after one epoch, {wrong[jump]:.1%} at the "
     f"jump, {wrong[-1]:.1%} and level in the last ten.",
     caption="Thirty epochs. Both curves jump while the steps are large; in the last ten, when the rate goes to nothing, the error settles, and the loss nearly.")

# %%
scores = cnn.predict(network, x[test]).ravel()
found = scores > 0
is_face = cbcl.is_face[test]
say(f"On blocks never seen, **{np.mean(found == is_face):.2%}** are right: {np.sum(is_face & ~found)} of {is_face.sum()} faces "
    f"are missed, {np.sum(found & ~is_face)} of {(~is_face).sum()} other windows taken for faces. Equal error rate (lesson 03): "
    f"**{eer(scores[is_face], scores[~is_face]):.2%}**.")

# %% [markdown]
# ## What it has learned
#
# The eight filters of the first layer began as noise. And the windows that it gets most wrong, or nearly wrong:

# %%
before, after = (n.parameters[0].value[:, 0] for n in (cnn.face_network(0), network))
fig = plots.faces(np.concatenate([before, after]), columns=8, width=7)
show(fig, alt="Two rows of eight filters of four by four squares. The upper row is noise; in the lower row several have a "
     "dark and a light side, level or upright, and a few look little changed.",
     caption="Above: the first layer's filters at the start. Below: after training. Nobody told it about edges.")

# %%
order = np.argsort(np.where(is_face, scores, -scores))[:16]  # the most wrong first
fig = plots.faces(cbcl.images[test][order], [f"{'face' if is_face[i] else 'none'} {scores[i]:+.1f}" for i in order],
                  columns=8, width=8)
show(fig, alt=f"Sixteen small grey windows with label and score. {is_face[order].sum()} are faces, with glasses or a moustache, that "
     "score near zero; the others are patches without a face, striped or blotched, most of which score above zero.",
     caption="The windows of the test on which the network does worst: what they are, and the score.")

# %% [markdown]
# ## Beside other methods
#
# One split is one draw, and one run starts from one set of random numbers. `course measure cbcl` takes three draws of
# blocks, and on each the mean of three runs, for four methods: 100 boosted Haar features (lesson 04); **HOG**, histograms
# of the directions of edges, with a linear support vector machine (a straight boundary, as far from both classes as it can
# be; Dalal and Triggs, 2005); a network with one fully connected hidden layer (MLP); and ours. Only the network saw mirrored
# and moved copies of other contrast; the other three learned from each window as it is. So the table compares recipes, not
# networks with features alone.

# %%
table = results("cbcl")
methods = list(dict.fromkeys(table["method"]))
fig, (ax,) = plots.figure(width=6.4, height=3.4)
for draw in range(3):
    rows = table[table["draw"] == draw]
    ax.plot(100 * rows["eer"], np.arange(len(methods)) + 0.15 * (1 - draw), color=plots.COLOURS[draw], linestyle="",
            marker=plots.MARKERS[draw], markersize=8, label=f"draw {draw}")
ax.set(title="The draw moves the best two as much as they differ", xlabel="equal error rate (%)", yticks=np.arange(len(methods)), yticklabels=methods, ylim=(-0.5, 3.5),
       xlim=(0, None))
ax.legend()
mean = {m: table["eer"][table["method"] == m].mean() for m in methods}
show(fig, alt="Three marks for each of four methods. Means: " + ", ".join(f"{m} {e:.2%}" for m, e in mean.items())
     + ". The marks of the network and of Haar boosting overlap.", caption="Equal error rate on three draws of CBCL's blocks; left is better.")

# %%
show_table(table, {"method": "method", "draw": "draw", "accuracy": "accuracy (.4f)", "eer": "EER (.4f)",
                   "tmr_at_1e-2": "faces found at 1 % false (.3f)", "seconds": "CPU seconds to learn (.2g)"})

# %%
ours = table["eer"][table["method"] == "CNN"]
boosted = table["eer"][table["method"] == "Haar boosting"]
level = np.abs(ours - boosted) < 0.001
say(f"The network's EER is {ours.mean():.2%} on average over the draws, and {ours.min():.2%} to {ours.max():.2%} on single ones: "
    f"**which blocks are drawn moves it by {ours.max() - ours.min():.2%}**, about as much as lies between the network and boosted Haar "
    f"features, {boosted.mean() - ours.mean():.2%}. The network is clearly ahead on {np.sum((ours < boosted) & ~level)} of the three draws, and level, within a thousandth, on "
    f"{np.sum(level)} (draw {', '.join(map(str, np.flatnonzero(level)))}). Three draws can hardly rank these two; they do rank both before HOG.")

# %% [markdown]
# ## Where it breaks
#
# The faces of CBCL stand upright, in the middle of the window, dark eyes in a lighter face. What if they don't?

# %%
faces = cbcl.images[test][is_face]

def share_found(windows):
    return np.mean(cnn.predict(network, cnn.standardise_windows(windows)) > 0)

def turned(degrees, right=0):
    """The faces turned about their middle and moved to the right; what comes in from outside repeats the edge."""
    move = cv2.getRotationMatrix2D((9, 9), degrees, 1.0)
    move[0, 2] += right
    return np.stack([cv2.warpAffine(f, move, (19, 19), borderMode=cv2.BORDER_REPLICATE) for f in faces])

angles, shifts = np.arange(0, 91, 10), np.arange(0, 8)
by_angle = [100 * share_found(turned(a)) for a in angles]
by_shift = [100 * share_found(turned(0, s)) for s in shifts]

# %%
fig, axes = plots.figure(1, 2, width=7.4, height=3.1)
for ax, places, share, name, number in ((axes[0], shifts, by_shift, "moved to the right (pixels)", 0),
                                        (axes[1], angles, by_angle, "turned (degrees)", 1)):
    ax.plot(places, share, color=plots.COLOURS[number], marker=plots.MARKERS[number])
    ax.set(xlabel=name, ylabel="faces found (%)", ylim=(0, 103))
axes[0].set_title("One pixel costs little, four all")
axes[1].set_title("Faces must stand upright")
show(fig, alt=f"Left, faces found against pixels moved: {by_shift[0]:.0f} % at none, {by_shift[2]:.0f} % at two, "
     f"{by_shift[4]:.0f} % at four. Right, against degrees turned: {by_angle[2]:.0f} % at 20, {by_angle[4]:.0f} % at 40, {by_angle[9]:.0f} % at 90.",
     caption="The faces of the test blocks, moved and turned.")

# %%
say(f"Half the contrast: {share_found((faces * 0.5).astype(np.uint8)):.1%} found, because windows are standardised. As a "
    f"negative, dark for bright: **{share_found(255 - faces):.1%}**.")

# %% [markdown]
# It was shown faces moved by one pixel, and has learned that much; it was not shown turned ones. **It knows what it was
# shown.** And so far it was asked about one window at a time; a photograph asks about thousands at once. Here are
# photographs that hold no face at all, at one size, a window at every fourth pixel. Since the network is convolutions
# throughout, a whole picture goes through it at once; lesson 07 takes that further.

# %%
best, accepted, seen = [], 0, 0
for photograph in backgrounds("train").values():
    grid = cnn.scan(network, cnn.standardise_locally(photograph))
    accepted, seen = accepted + (grid > 0).sum(), seen + grid.size
    i, j = np.unravel_index(grid.argmax(), grid.shape)
    best.append((grid[i, j], photograph[4 * i : 4 * i + 19, 4 * j : 4 * j + 19]))

best.sort(key=lambda pair: -pair[0])
as_seen = cnn.standardise_windows(np.stack([window for _, window in best]))[:, 0]
fig = plots.faces(np.clip(as_seen, -2, 2), [f"{score:+.1f}" for score, _ in best], columns=9)
show(fig, alt=f"Nine small windows with scores from {best[0][0]:+.1f} down to {best[-1][0]:+.1f}: bright specks on a dark ground, soft shadows, "
     "bars, edges and folds. None looks like a face.",
     caption="The most face-like window of each of nine photographs without a face, standardised as the network sees it, and its score.")

# %%
share = np.mean(found[~is_face])
say(f"Of {seen:,} windows of these photographs **{accepted:,}** are taken for faces: one in {seen / accepted:.0f}. That is a better share "
    f"than on CBCL's test blocks, one in {1 / share:.0f}: those are harder to tell from faces. It is not enough: a picture of 480 x 640 pixels has "
    f"{116 * 156:,} such windows at one size alone, so about {116 * 156 * accepted / seen:.0f} false faces. Lesson 07 shows it windows like "
    f"these, as examples of what a face is not.")

# %% [markdown]
# ## What it means for the nation
#
# Nothing of the national system is explained by this lesson alone, but everything after it rests here: the features by
# which such a system finds and compares faces are learned like this, from examples, and know what they were shown.

# %% [markdown]
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams, *Learning representations by back-propagating errors*, Nature 323
#   (1986), 533-536. Four pages.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document recognition*, Proceedings
#   of the IEEE 86 (1998), 2278-2324.
# - H. A. Rowley, S. Baluja and T. Kanade, *Neural network-based face detection*, IEEE Transactions on Pattern Analysis and
#   Machine Intelligence 20 (1998), 23-38: a learned detector, three years before Viola and Jones' cascade.
# - N. Dalal and B. Triggs, *Histograms of oriented gradients for human detection*, CVPR (2005).
# - K. He, X. Zhang, S. Ren and J. Sun, *Delving deep into rectifiers*, ICCV (2015): how to begin, with ReLU.
# - A. Karpathy, *micrograd*: backpropagation for single numbers in 150 lines of Python.

# %% [markdown]
# ## Now you
#
# Exercise 06 asks for a convolution forward and back, for pooling, for a loss whose gradient you check, and for a training
# loop that must reach a bar on blocks it never saw. It lies in your folder `work`, as `06_convolution_and_backprop.ipynb`.
