# %% [markdown]
# # 13 · Measuring accuracy
#
# **How much can these numbers bear?** Two things must be known about a figure: how far it might lie from the truth, and
# what it says about *this* match.
#
# ![Left, one false match rate with two intervals: a short one if pairs of pictures are drawn anew, and one that is many times as wide if people are drawn anew. Right, computed from LFW's rates at lesson 10's threshold for an assumed crowd, a thousand alarms as dots: the few that name the right person are marked in the first row, all others are grey. Fifty thousand people pass, ten of them on a list of a thousand; of the others about one in fifty is named.](pictures/13_measuring_accuracy.png)
#
# Twelve lessons have ended in figures: an error of two in a hundred, a hit rate of nine in ten. Each was counted on some
# pictures of some people. Who builds a door, and who is stopped at it, must know what it can bear.
#
# After this lesson you can
#
# - give a counted share an interval, and say why the textbook's formula fails where it matters most,
# - say how many comparisons, and how many people, it takes to show a false match rate,
# - resample people and not pairs, and say how often either kind of interval holds,
# - recognise eight mistakes of protocol, and say what each is worth in percentage points,
# - turn a rate into the chance that an alarm is right, and a score into evidence.
#
# Give it 150 minutes, in two sittings; before the eight mistakes of protocol is a good place for a break. You need lesson 09 (FMR, TMR, EER) and a little of 10 (FPIR).

# %%
import numpy as np
from scipy import optimize, stats

from facelab import eigenfaces, images, plots, published, results, scaling, verification
from facelab.datasets import load_cbcl, load_orl, split_by_block, split_by_person, split_by_shot
from facelab.embedding import orl_templates
from facelab.notebook import interactive, say, show, show_source, show_table

orl = load_orl()
person, vectors = orl.person, images.as_vectors(orl.images)
faces = eigenfaces.Eigenfaces(80).fit(vectors).transform(vectors)
of_faces = verification.similarity(faces, faces, "l2")
pairs = verification.PairScores.of_images(of_faces, person)
limit = verification.threshold_at_fmr(pairs.score[~pairs.same], 0.01)
say(f"Our system: 80 eigenfaces, Euclidean distance, and a threshold that stays. On all {len(np.unique(person))} people of ORL it accepts "
    f"{pairs.rate('fmr', limit):.1%} of {np.sum(~pairs.same):,} impostor pairs. It has learned from these very people, and its threshold was set on them: we take it as given, "
    f"and ask how well one can *measure* it. (What such a system does to strangers is mistake 1 below.) `PairScores` keeps with each score the two people of its pair, so that both can be drawn anew.")

# %% [markdown]
# ## The idea in a picture
#
# Twenty laboratories test this one system. Each has 20 people, drawn from our 40, with ten pictures each, so each compares
# 19,000 impostor pairs. That sounds like a lot. Each reports its FMR with an interval that should hold the truth in 95 of 100
# cases, computed as for 19,000 tosses of a coin.

# %%
laboratories = []
for draw in range(20):
    mine, _ = split_by_person(person, 20, draw)
    impostor = verification.all_pairs(of_faces[np.ix_(mine, mine)], person[mine])[1]
    accepted = int((impostor >= limit).sum())
    laboratories.append((accepted / len(impostor), *verification.wilson_interval(accepted, len(impostor))))
rate, low, high = 100 * np.array(laboratories).T
holds = (low <= 1) & (1 <= high)

# %%
fig, (ax,) = plots.figure(height=3.6)
order = np.argsort(rate)
place = np.arange(20)
ax.errorbar(place, rate[order], [(rate - low)[order], (high - rate)[order]], fmt="o", color=plots.COLOURS[0], label="one laboratory, 95 % by pair")
ax.axhline(1, color=plots.COLOURS[1], linestyle="--", marker="", label="all 40 people")
ax.set(title=f"Twenty precise answers, of which {holds.sum()} hold", xlabel="laboratory, sorted by what it found", ylabel="FMR (%)", xticks=[])
ax.legend(loc="upper left")
show(fig, alt=f"Twenty dots with short error bars, rising from {rate.min():.2f} % to {rate.max():.2f} %; {holds.sum()} of the 20 bars reach the dashed line at 1 %.",
     caption="The same system and threshold, measured on 20 of ORL's 40 people, twenty times.")
say(f"The rates go from {rate.min():.2f} % to {rate.max():.2f} %, and **{holds.sum()} of 20** intervals hold the rate of all 40 people, where 19 should. "
    f"Laboratories with people of their own would agree even less. Nobody has miscounted, and the formula is right, for coins. *Pairs of faces "
    f"are no coins.* This lesson takes the coin first, which is hard enough, and then the faces.")

# %% [markdown]
# ## A share is a draw
#
# First the coin. If each of n independent trials errs with probability p, the number k of errors is binomial: its mean is np
# and its variance np(1 - p). The **score test** asks of every p: would k/n be unusually far from it? (It
# has nothing to do with comparison scores. k/n is nearly normal if n is large, and a normal variable lies within z standard deviations of its
# mean with the probability that is called the interval's level.)
#
# $$\left|\frac{k}{n} - p\right| \le z \sqrt{\frac{p(1-p)}{n}}, \qquad \Phi(z) = \frac{1 + \text{level}}{2}$$
#
# (Φ is the normal distribution function; for the usual level z is just below 2.)
#
# All p that pass are the interval. Note where p stands under the root: the variance is that of the *supposed* p. Squared, it
# is a quadratic inequality, and its two roots are Wilson's interval (Wilson, 1927).

# %%
def wilson(k, n, level=0.95):
    """All p that a score test doesn't refuse: (1 + z²/n) p² - (2 k/n + z²/n) p + (k/n)² <= 0."""
    z = stats.norm.ppf((1 + level) / 2)
    ends = np.roots([1 + z**2 / n, -(2 * k / n + z**2 / n), (k / n) ** 2])
    return float(min(ends)), float(max(ends))

k, n = 7, 300
supposed = np.linspace(0, 0.1, 100_001)
passes = np.abs(k / n - supposed) <= 1.959964 * np.sqrt(supposed * (1 - supposed) / n)
say(f"{k} errors in {n}: trying every p gives {supposed[passes].min():.4f} to {supposed[passes].max():.4f}, the roots {wilson(k, n)[0]:.4f} to {wilson(k, n)[1]:.4f}, "
    f"the library {verification.wilson_interval(k, n)[0]:.4f} to {verification.wilson_interval(k, n)[1]:.4f}.")

# %% [markdown]
# The textbook's **normal approximation** puts the *measured* share under the root instead. Then k = 0 has no variance, and no
# width. Let a system make no error at all:

# %%
def normal(k, n, z=1.959964):
    half = z * np.sqrt(k / n * (1 - k / n) / n)
    return k / n - half, k / n + half

for n in (10, 300, 3000):
    print(f"0 errors in {n:5,}: normal {normal(0, n)[0]:.3f} to {normal(0, n)[1]:.3f}    Wilson 0 to {wilson(0, n)[1]:.4f}")
say("*Zero, with certainty, after ten trials.* And with one error in 300 it reaches below zero: "
    f"{normal(1, 300)[0]:.4f} to {normal(1, 300)[1]:.4f}. It fails just where a good system is measured: at few errors.")

# %% [markdown]
# ## The exact interval
#
# Clopper and Pearson (1934) don't approximate. Their ends are two equations for the number X of errors:
#
# $$P(X \le k \mid p_\text{upper}) = 0.025, \qquad P(X \ge k \mid p_\text{lower}) = 0.025$$
#
# Under a p above the upper end, so few errors would be too surprising; under one below the lower end, so many. In scipy, `cdf(k)` is
# P(X ≤ k), `sf(k - 1)` is P(X ≥ k), and `brentq` finds where a function crosses zero:

# %%
def clopper_pearson(k, n):
    upper = optimize.brentq(lambda p: stats.binom.cdf(k, n, p) - 0.025, k / n, 1) if k < n else 1.0
    lower = optimize.brentq(lambda p: stats.binom.sf(k - 1, n, p) - 0.025, 0, k / n) if k > 0 else 0.0
    return lower, upper

lines = ["| errors in 3,000 | normal | Wilson | Clopper-Pearson | the library's |", "| --- | --- | --- | --- | --- |"]
for k in (0, 1, 3, 30):
    each = (normal(k, 3000), wilson(k, 3000), clopper_pearson(k, 3000), verification.clopper_pearson_interval(k, 3000))
    lines.append(f"| {k} | " + " | ".join(f"{100 * a:.3f} to {100 * b:.3f} %" for a, b in each) + " |")
say("\n".join(lines))

# %% [markdown]
# Which to use? There is a measure for an interval: how often it **holds** the truth, if the experiment is repeated. For a coin no
# simulation is needed. Add up the probabilities of those k whose interval holds p.

# %%
coverage = results("coverage")
coins = coverage[coverage["population"] == "independent"]
show_table(coins, {"truth": "true rate", "pairs": "trials", "interval": "interval", "coverage": "holds (.3f)", "below": "lies wholly below the truth (.3f)"})
worst = coins[coins["interval"] == "normal"]["coverage"].min()
wilsons, exacts = (coins[coins["interval"] == name]["coverage"] for name in ("Wilson", "Clopper-Pearson"))
say(f"Nominal: 0.950. Where one error is expected, the normal interval holds in {worst:.0%} only, and misses *below*: it promises too "
    f"good a system. Wilson's is near the nominal value ({wilsons.min():.3f} to {wilsons.max():.3f}), Clopper's is never below it ({exacts.min():.3f} to "
    f"{exacts.max():.3f}) and pays with width. (Why {worst:.0%}? With one error expected, more than a third of all experiments see none, and then the normal interval is a point.) This course prints Wilson's. Where trials are independent and a promise must hold, take the exact one. For pairs that share people *neither* holds (below).")

# %% [markdown]
# ## No error at all: the rule of three
#
# If nothing went wrong in n trials, how bad may the system still be? With a rate p, a clean run has the probability
# (1 - p)ⁿ. If that is below .05, we may be sure enough that the rate is lower than p:
#
# $$(1-p)^n = 0.05 \quad\Rightarrow\quad p = 1 - 0.05^{1/n} \approx \frac{-\ln 0.05}{n} = \frac{2.996}{n} \approx \frac{3}{n}$$

# %%
lfw = results("lfw_sface")
genuine, impostor = lfw["score"][lfw["same"] == 1], lfw["score"][lfw["same"] == 0]
strict = 0.4
say(f"SFace on LFW at a threshold of {strict}, as if it had been fixed beforehand (it was not: it lies just above these scores' highest, {impostor.max():.3f}; see mistake 3): of {len(impostor):,} impostor pairs {np.sum(impostor >= strict)} are accepted. A vendor could print *false match rate: 0*. The data say: "
    f"**below {verification.rule_of_three(len(impostor)):.2%}**, one in {1 / verification.rule_of_three(len(impostor)):,.0f}, and no better. Three divided by {len(impostor):,} is {3 / len(impostor):.2%}.")

# %% [markdown]
# (The tables above end a little higher: Clopper and Pearson leave .025 on each side, and the rule of three all .05 on one.)
#
# Turned round: how many pairs *show* an FMR of one in a million? With no error among them, about three million. If k errors occur,
# take the n for which k errors or fewer would have a probability of only .05 at that rate. And P people have P (P - 1) / 2 pairs.

# %%
fmr = 1e-6
rows = ["| errors seen | independent pairs needed | people, two for each pair | people, if every pair of them counted |", "| --- | --- | --- | --- |"]
for errors in (0, 1, 3, 10):
    needed = verification.trials_needed(fmr, errors)
    everybody = int(np.ceil((1 + np.sqrt(1 + 8 * needed)) / 2))  # P (P - 1) / 2 pairs
    rows.append(f"| {errors} | {needed:,} | {2 * needed:,} | {everybody:,} |")
say("\n".join(rows))
say(f"**{2 * verification.trials_needed(fmr):,} people**, or {int(np.ceil((1 + np.sqrt(1 + 8 * verification.trials_needed(fmr))) / 2)):,}? The first is a large "
    f"city, the second a village. Between the two columns lies the question what a pair is worth if its people occur in other pairs, too.")

# %% [markdown]
# ## Pairs that share people
#
# A laboratory with 20 people has 19,000 impostor pairs, and yet only 20 people. If one of them happens to look like many
# others, hundreds of pairs err together. Who takes part in the false matches of our system?

# %%
accepted, compared = pairs.tables(limit)  # people x people: pairs accepted, pairs compared
both = np.triu(accepted, 1) + np.triu(accepted, 1).T
share = np.sort(both.sum(axis=1))[::-1] / both.sum() * 2
couples = both[np.triu_indices(40, 1)]
fig, (ax,) = plots.figure(height=3)
ax.bar(np.arange(40), 100 * share, color=plots.COLOURS[2], zorder=2)
ax.axhline(100 * 2 / 40, color=plots.COLOURS[1], linestyle="--", marker="", label="if all were alike")
ax.set(title="A few people are in most of the false matches", xlabel="person, sorted", ylabel="takes part in (% of false matches)", xticks=[])
ax.legend()
show(fig, alt=f"Forty falling bars. The first five people take part in {', '.join(f'{s:.0%}' for s in share[:5])} of the false matches; {np.sum(share == 0)} people in none. If all were alike, each would be in {2 / 40:.0%}.",
     caption=f"{couples.sum():.0f} false matches on ORL; each has two people, so the bars add up to 200 %.")
say(f"Forty people make {len(couples)} couples (that it is the number of false matches, too, is chance). Of these {np.sum(couples > 0)} have any false match, and the ten worst couples have {np.sort(couples)[-10:].sum() / couples.sum():.0%} of them all. "
    f"So the number of pairs says little about how much we know. **The number of people does**, as the next section shows.")

# %% [markdown]
# ## Resample people
#
# We can't test on new people. The **bootstrap** (Efron, 1979) takes the next best: draw 40 people from our 40 *with
# replacement*, compute the rate anew, and repeat. Why should that tell anything about people
# whom we don't have? Our 40 are the best picture of the population that there is: let each stand for a fortieth of it. A new sample of 40 from
# *that* population is just such a draw, so how much the rate varies over draws estimates how much it would vary over new people.
# No picture has to be copied: if person a was drawn w_a times, an impostor pair of a and b counts w_a · w_b times.

# %%
def fmr_of_draw(counts):
    """FMR if each person occurs counts[a] times: a pair of a and b counts counts[a] * counts[b] times."""
    weight = np.triu(np.outer(counts, counts), 1)
    return (weight * accepted).sum() / (weight * compared).sum()

rng = np.random.default_rng(0)
drawn = [rng.integers(40, size=40) for _ in range(1000)]
by_person = np.array([fmr_of_draw(np.bincount(people, minlength=40)) for people in drawn])
alike = pairs.bootstrap("fmr", limit, draws=1000, random_state=0)
by_pair = pairs.bootstrap("fmr", limit, by="pair", draws=1000, random_state=0)
say(f"In the first draw {len(np.unique(drawn[0]))} of 40 people occur, one of them {np.bincount(drawn[0]).max()} times, and the FMR is {by_person[0]:.2%}. The library, with the "
    f"same seed, gives the same thousand rates: {np.allclose(by_person, alike)}.")

# %% [markdown]
# Beware of **copies meeting**. Person a, drawn twice, is there as a and a′. Is a picture of a with one of a′ a genuine pair? It
# would compare pictures with themselves. An impostor pair? It would show one person. It is neither and is left out: each copy
# brings its own genuine pairs along (so these count w_a times, not w_a²), and meets only *other* people.

# %%
show_source(verification.PairScores.weights)

# %%
spans = {"pairs": verification.percentile_interval(by_pair), "people": verification.percentile_interval(by_person)}
fig, (ax,) = plots.figure(height=3.2)
bins = np.linspace(0, 2.5, 61)
for number, (name, values) in enumerate((("pairs", by_pair), ("people", by_person))):
    ax.hist(100 * values, bins, histtype="step", lw=2, color=plots.COLOURS[1 - number], linestyle=plots.DASHES[1 - number], label=f"resampling {name}")
ax.set(title="Drawn by people, the same data say far less", xlabel="FMR of a draw (%)", ylabel="draws of 1,000")
ax.legend()
ratio = (spans["people"][1] - spans["people"][0]) / (spans["pairs"][1] - spans["pairs"][0])
show(fig, alt=f"Two histograms about 1 %. Resampling pairs: a needle from {spans['pairs'][0]:.2%} to {spans['pairs'][1]:.2%}. Resampling people: a wide hill from {spans['people'][0]:.2%} to {spans['people'][1]:.2%}.",
     caption="A thousand bootstrap draws each; the middle 95 % are a percentile interval.")
say(f"By pair: {spans['pairs'][0]:.2%} to {spans['pairs'][1]:.2%}. By person: **{spans['people'][0]:.2%} to {spans['people'][1]:.2%}**, {ratio:.0f} times as wide. "
    f"The twenty laboratories above disagreed much as the second says (theirs were 20 of the 40 without replacement, so the two needn't agree exactly).")

# %% [markdown]
# ## Does the interval by people hold?
#
# Wider is not yet right. Only where the truth is known can coverage be counted, so a command made people up. The score of two
# pictures is a mean, plus a number for each person (who is alike to everybody?), plus one for the couple (who is alike to whom?), plus
# one for each picture, plus noise. How large each part is was taken from ORL's scores: for eigenfaces the persons' part is large, for SFace the couples'.
# The panels' names say which of the two the made-up people imitate; their true rates are known. 1,500 populations of each kind; in the stored table, how often each interval held.

# %%
LINES = (("pairs, percentile", "drawn by pair"), ("people, percentile", "drawn by person"), ("people, studentised", "by person, studentised"))

def held(population, rate, truth, interval):
    """People, and the share of intervals that hold, one row a size."""
    rows = coverage[(coverage["population"] == population) & (coverage["rate"] == rate) & (coverage["interval"] == interval)]
    rows = rows[np.isclose(rows["truth"], truth)]
    return rows["people"], rows["coverage"]

def coverage_of(ax, population, rate, truth):
    for number, (interval, label) in enumerate(LINES):
        people, share = held(population, rate, truth, interval)
        ax.semilogx(people, 100 * share, color=plots.COLOURS[1 - number if number < 2 else 2], linestyle=plots.DASHES[number], marker=plots.MARKERS[number], label=label)
    ax.axhspan(93, 97, color=plots.COLOURS[4], alpha=0.2, lw=0)
    ax.set(xlabel="people", ylim=(0, 103), xticks=[20, 40, 100, 200], xticklabels=["20", "40", "100", "200"])
    ax.minorticks_off()

# %%
fig, axes = plots.figure(1, 3, width=9, height=3.3)
for ax, (population, rate, truth, title) in zip(axes, (("eigenfaces", "fmr", 0.01, "FMR 1 %, eigenfaces"), ("SFace", "fmr", 0.01, "FMR 1 %, SFace"),
                                                        ("SFace", "tmr", 0.9, "TMR 90 %, SFace")), strict=True):
    coverage_of(ax, population, rate, truth)
    ax.set_title(title, fontsize=10.5)
axes[0].set_ylabel("intervals that hold (%)")
fig.suptitle("Where pairs share people, intervals by pair hold too rarely", x=0.01, ha="left", fontsize=12)
axes[2].legend(loc="lower right", fontsize=9)
panels = (("FMR 1 %, eigenfaces", "eigenfaces", "fmr", 0.01), ("FMR 1 %, SFace", "SFace", "fmr", 0.01), ("TMR 90 %, SFace", "SFace", "tmr", 0.9))
by = {name: np.concatenate([held(*which, name)[1] for _, *which in panels[:2]]) for name in ("pairs, percentile", "people, percentile")}
show(fig, alt="Three panels of coverage against 20, 40, 100 and 200 people. For FMR, intervals drawn by pair hold in "
     + " of cases, by person in ".join(f"{s.min():.0%} to {s.max():.0%}" for s in by.values()) + ". " + " ".join(
     f"{title}: " + "; ".join(f"{label} {', '.join(f'{s:.1%}' for s in held(*which, name)[1])}" for name, label in LINES) + "." for title, *which in panels),
     caption="Simulated people, 1,500 populations each: share of nominal 95 % intervals that hold the known truth, by number of people; the grey band is 93 to 97 %.")

# %%
def at(population, interval, rate="fmr", truth=0.01, size=100):
    people, share = held(population, rate, truth, interval)
    return float(share[people == size][0])

say(f"With 100 people: drawn **by pair**, a nominal 95 % interval for FMR holds in {at('eigenfaces', 'pairs, percentile'):.0%} (eigenfaces) or {at('SFace', 'pairs, percentile'):.0%} (SFace) of the cases, and "
    f"*more people make it no better*: pairs grow faster than people. **By person** it holds in {at('eigenfaces', 'people, percentile'):.1%} for eigenfaces, where some people are alike to everybody: "
    f"somewhat too rarely. For SFace, where likeness is a matter of two, it holds in {at('SFace', 'people, percentile'):.1%}, too often: a couple whose both members come up twice counts four times, which makes draws vary more than they should. With 20 people like those of the eigenfaces it holds in {at('eigenfaces', 'people, percentile', size=20):.0%}.")

# %% [markdown]
# The third line mends both, given enough people. It measures each draw in *its own* standard error:
#
# $$t = \frac{\text{rate of the draw} - \text{rate}}{\text{error of the draw}}$$
#
# What exaggerates a draw's spread exaggerates its error alike, and cancels. If t lies between its quantiles $q_\text{low}$ and
# $q_\text{high}$ in 95 of 100 draws, then suppose the same of (rate - truth) / error, and solve for the truth:
#
# $$\text{rate} - q_\text{high}\cdot\text{error} \;\le\; \text{truth} \;\le\; \text{rate} - q_\text{low}\cdot\text{error}$$
#
# The ends change places: the *upper* quantile gives the *lower* end. For the error itself, two impostor pairs vary together if they share a
# person, so their common part is added up:
#
# $$\text{error}^2 = \frac{1}{n^2} \sum_i \sum_{j \sim i} (x_i - \text{rate})(x_j - \text{rate})$$
#
# where $x_i$ is 1 if pair i of n was accepted and 0 if not, and j ~ i are the pairs that share a person with pair i, i itself among them. This is the **studentised bootstrap**, or bootstrap-t.

# %%
show_source(verification.studentised_interval)

# %%
sface = verification.PairScores.of_images(orl_templates() @ orl_templates().T, person)
rows = ["| system, ORL | rate | measured | by pair | by person | by person, studentised |", "| --- | --- | --- | --- | --- | --- |"]
loose = verification.threshold_at_fmr(sface.score[~sface.same], 0.01)
for name, data, which, threshold in (("eigenfaces", pairs, "fmr", limit), ("eigenfaces", pairs, "tmr", limit), ("SFace", sface, "fmr", loose)):
    plain = [verification.percentile_interval(data.bootstrap(which, threshold, by=by, random_state=1)) for by in ("pair", "person")]
    ends = [*plain, data.interval(which, threshold, random_state=1)]
    rows.append(f"| {name} | {which.upper()} | {data.rate(which, threshold):.1%} | " + " | ".join(f"{a:.2%} to {b:.2%}" for a, b in ends) + " |")
say("\n".join(rows))

def both_hold(interval, truth, size):
    return " and ".join(f"{at(population, f'people, {interval}', truth=truth, size=size):.1%}" for population in ("eigenfaces", "SFace"))

say(f"In the stored table, at an FMR of 1 %, the studentised interval holds about as often as it should from 40 people on. With 20 it doesn't: in {both_hold('studentised', 0.01, 20)} (eigenfaces and SFace; plain draws of people: {both_hold('percentile', 0.01, 20)}). And at one in a thousand it is the worse of the two with few people. 20 people: {both_hold('studentised', 0.001, 20)}, "
    f"plain {both_hold('percentile', 0.001, 20)}; 40 people: {both_hold('studentised', 0.001, 40)}, plain {both_hold('percentile', 0.001, 40)}. Sometimes no error occurred, and *every* bootstrap of none is none. No formula makes up for people who were not there. With no error at all, what is safe is the rule of three for pairs that share nobody: n people make n / 2 of them, so 40 people without any error show no more than a rate below {verification.rule_of_three(20):.0%}. "
    f"(For EER, which has no such formula, plain draws of 40 people hold in {at('SFace', 'people, percentile', 'eer', 0.0668072, 40):.0%} and {at('eigenfaces', 'people, percentile', 'eer', 0.0668072, 40):.0%}, by pair in "
    f"{at('SFace', 'pairs, percentile', 'eer', 0.0668072, 40):.0%} and {at('eigenfaces', 'pairs, percentile', 'eer', 0.0668072, 40):.0%}.)")

# %% [markdown]
# Must it always be so? LFW's protocol spread its 6,000 pairs over thousands of people, so that each occurs in few of them.
# Then resampling people and resampling pairs nearly agree, for TMR at least:

# %%
news = verification.PairScores(lfw["score"], lfw["left"], lfw["right"])
spread = {by: 100 * np.subtract(*verification.percentile_interval(news.bootstrap("tmr", 0.363, by=by, random_state=0))[::-1]) for by in ("pair", "person")}
places = np.unique(np.append(lfw["left"], lfw["right"][lfw["same"] == 0]), return_counts=True)[1]  # a genuine pair has one person
say(f"LFW has {len(news.people):,} people in {len(lfw):,} pairs, each in {places.mean():.1f} on average and in {places.max()} at most. TMR at SFace's published threshold: {news.rate('tmr', 0.363):.1%}; width of the 95 % interval "
    f"{spread['pair']:.2f} points by pair, {spread['person']:.2f} by person. A good protocol buys independence; all pairs of a few people don't.")

# %% [markdown]
# ## Eight mistakes, and what each is worth
#
# An interval speaks of chance only. The larger errors are made before anything is counted. Each of the following is
# done here as it is done in earnest, beside the honest way, and priced in **percentage points**.
#
# **1 · The same people in training and test.** Fisherfaces learn directions that tell people apart. Test them on other
# pictures of the people that they learned, or on people never seen (lesson 08)?

# %%
def eer_of(templates, whose, metric="cosine"):
    return verification.eer(*verification.all_pairs(verification.similarity(templates, templates, metric), whose))

priced, seen, unseen = {}, [], []
for draw in range(10):
    learn, others = split_by_person(person, 30, draw)
    half, rest = split_by_shot(person, 5, draw)
    tested = np.intersect1d(rest, others)  # the same pictures are tested in both ways
    known = np.isin(person, np.append(np.unique(person[others]), np.unique(person[learn])[:20]))  # 30 people here, and 30 there
    for errors, rows in ((unseen, np.intersect1d(half, learn)), (seen, np.intersect1d(half, np.flatnonzero(known)))):
        fisher = eigenfaces.Fisherfaces(29).fit(vectors[rows], person[rows])
        errors.append(eer_of(fisher.transform(vectors[tested]), person[tested]))
priced["the same people in training and test"] = 100 * (np.mean(unseen) - np.mean(seen))
say(f"EER {np.mean(seen):.1%} on people it knows, **{np.mean(unseen):.1%}** on strangers: learned from five pictures of each of 30 people both times, tested on the very same pictures.")

# %% [markdown]
# **2 · Near-copies in training and test.** CBCL's patches come in runs of near-copies (lesson 04). Split at random, or by
# blocks, and let the nearest neighbour decide whether a patch is a face.

# %%
cbcl = load_cbcl()
patches = images.standardise(images.as_vectors(cbcl.images))
careless, blocks = [], []
for draw in range(4):
    learn, test = split_by_block(cbcl.is_face, 0.2, draw)
    mixed = np.random.default_rng(draw).permutation(len(patches))
    for errors, a, b in ((blocks, learn, test), (careless, mixed[len(test) :], mixed[: len(test)])):
        errors.append(np.mean(cbcl.is_face[a][images.nearest(patches[a], patches[b])] != cbcl.is_face[b]))
priced["near-copies in training and test"] = 100 * (np.mean(blocks) - np.mean(careless))
say(f"Error {np.mean(careless):.1%} if split at random, **{np.mean(blocks):.1%}** by blocks. Nothing has become better; the test has become easier.")

# %% [markdown]
# **3 · The threshold tuned on the test.** LFW's protocol takes a fold's threshold from the other nine. What if it comes from
# the fold itself?

# %%
tuned = {}
for name, scores in (("pixels", results("lfw_pixels")), ("LBPH", results("lfw_lbph")), ("SFace", results("lfw_sface"))):
    same = scores["same"] == 1
    own = []
    for fold in np.unique(scores["fold"]):
        inside = scores["fold"] == fold
        threshold = verification.best_threshold(scores["score"][inside], same[inside])
        own.append(np.mean((scores["score"][inside] >= threshold) == same[inside]))
    tuned[name] = np.mean(own), verification.accuracy_by_fold(scores["score"], same, scores["fold"]).mean()
priced["the threshold tuned on the test (LBPH)"] = 100 * (tuned["LBPH"][0] - tuned["LBPH"][1])
say("Accuracy with its own threshold, and with the others': " + "; ".join(f"{name} {a:.1%}, **{b:.1%}**" for name, (a, b) in tuned.items())
    + ". The worse the method, the more there is to gain.")

# %% [markdown]
# **4 · Settings chosen on the test.** How many eigenfaces? Learn from 20 people; try 30 numbers of components on ten
# others; report on the last ten. Or, carelessly, report the best number *on the last ten*.

# %%
tried, best, chosen = np.arange(4, 121, 4), [], []
for draw in range(20):
    learn, others = split_by_person(person, 20, draw)
    tune, test = (others[part] for part in split_by_person(person[others], 10, draw))
    model = eigenfaces.Eigenfaces(120).fit(vectors[learn])
    errors = []
    for part in (tune, test):
        z = model.transform(vectors[part])
        errors.append([eer_of(z[:, :k], person[part], "l2") for k in tried])
    chosen.append(errors[1][int(np.argmin(errors[0]))])
    best.append(min(errors[1]))
priced["the number of components chosen on the test"] = 100 * (np.mean(chosen) - np.mean(best))
say(f"EER {np.mean(best):.1%} with the number that is best on the test, **{np.mean(chosen):.1%}** with the one chosen elsewhere (mean of {len(best)} draws).")

# %% [markdown]
# **5 · The best of many runs.** The network of lesson 08 was trained on ten draws of people. Who reports one draw
# seldom picks the worst.

# %%
runs = results("metric_learning")
runs = runs[runs["method"] == "CosFace"]["eer"]
priced["the best of ten runs reported"] = 100 * (runs.mean() - runs.min())
say(f"Best of {len(runs)}: EER {runs.min():.1%}. Mean: **{runs.mean():.1%}**, standard deviation {runs.std(ddof=1):.1%}. Worst: {runs.max():.1%}. State the mean and the spread.")

# %% [markdown]
# **6 · Easy impostors.** An FMR counts impostors drawn at random. Whoever wants to get in as somebody else doesn't draw at
# random: a thief looks for the identity card that looks most like himself.

# %%
def couples_on(shots):
    """How often two people pass for each other (40 x 40), in these pictures of both."""
    rows = np.isin(orl.shot, shots)
    passed, tried = (np.triu(a, 1) + np.triu(a, 1).T for a in verification.PairScores.of_images(of_faces[np.ix_(rows, rows)], person[rows]).tables(limit))
    return np.divide(passed, tried, out=np.zeros((40, 40)), where=tried > 0)

partner = couples_on(range(5)).argmax(axis=1)  # chosen on one half of the pictures, tried on the other
closest = couples_on(range(5, 10))[np.arange(40), partner]
priced["impostors at random, not look-alikes (FMR)"] = 100 * (closest.mean() - pairs.rate("fmr", limit))
say(f"With others at random {pairs.rate('fmr', limit):.1%} of pairs pass. Each with the *one* person who passes most easily in half of the pictures: in the other half **{closest.mean():.0%}** on average, "
    f"{closest.max():.0%} for the unluckiest. Both figures are true. They answer different questions.")

# %% [markdown]
# **7 · Failures to detect left out.** A face that isn't found gives no score. Whoever averages over scores has dropped the
# hardest pictures (stored table of lesson 10).

# %%
worse = results("degraded")
bright = worse[(worse["data"] == "lfw") & (worse["condition"] == "exposure") & (worse["level"] == 4)][0]
priced["faces that weren't found left out (four times the light)"] = 100 * (bright["tmr"] / bright["detected"] - bright["tmr"])
say(f"Four times the light: {bright['tmr'] / bright['detected']:.0%} of the scored faces match; **{bright['tmr']:.0%}** of all faces do, since only {bright['detected']:.0%} are found.")

# %% [markdown]
# **8 · The figure at another threshold.** A vendor's two best figures, FMR at one threshold and FNMR at another, can't be had
# together.

# %%
fmrs, tmrs, _ = verification.roc(pairs.score[pairs.same], pairs.score[~pairs.same])
together = 1 - tmrs[fmrs <= 0.001].max()
priced["FMR and FNMR from two thresholds (FNMR)"] = 100 * (together - (1 - tmrs[fmrs <= 0.1].max()))
say(f"*FMR of one in a thousand; FNMR of {1 - tmrs[fmrs <= 0.1].max():.0%}*: each is true somewhere, the second at a threshold with an FMR of one in ten. At the threshold with the first FMR, FNMR is **{together:.0%}**. "
    f"(Who advertises with a looser second threshold flatters by more: this is our example.)")

# %%
fig, (ax,) = plots.figure(width=7.5, height=3.6)
names = sorted(priced, key=priced.get)
ax.barh(names, [priced[name] for name in names], color=plots.COLOURS[2], zorder=2)
for number, name in enumerate(names):
    ax.text(priced[name], number, f" {priced[name]:.1f}", va="center")
ax.set(title=f"One mistake flatters by {priced[names[-1]]:.0f} points; half of them by less than {np.median(list(priced.values())):.0f}", xlabel="flatters by (percentage points)", xlim=(0, 1.12 * max(priced.values())))
ax.grid(axis="y", visible=False)
show(fig, alt="Horizontal bars: " + "; ".join(f"{name} {priced[name]:.1f} points" for name in reversed(names)) + ".",
     caption="Each as measured above, on its own data and its own rate; the numbers are examples, not constants.")
say(f"None of them needs bad faith, and no interval shows them: the interval round a flattered rate is as narrow as that round an honest one. "
    f"Ask of every figure: **who was in the training data, where does the threshold come from, what was left out?**")

# %% [markdown]
# ## One alarm in how many is right?
#
# A rate of a system is not the chance that *this* alarm is right. By Bayes' theorem, with the share of those who pass who are really
# looked for (**prevalence**, lesson 12's base rate), the **positive predictive value** is as follows. TPR is the share of the wanted who raise an alarm, and FPR the share
# of the others who do (in a search against a list, lesson 11's TPIR and lesson 10's FPIR):
#
# $$\text{PPV} = \frac{\text{TPR} \cdot \text{prevalence}}{\text{TPR} \cdot \text{prevalence} + \text{FPR} \cdot (1 - \text{prevalence})}$$

# %%
def alarms(sensitivity, false_positive, prevalence, people):
    """Right alarms, wrong alarms, and the share that are right, by counting people."""
    right, wrong = sensitivity * prevalence * people, false_positive * (1 - prevalence) * people
    return right, wrong, right / (right + wrong)

stated = 1 / 6000  # "one in 6,000", list of 10,000: see below
for place, prevalence in (("a police search at a station, 1 of 50,000 wanted", 1 / 50_000), ("an event, 1 of 1,000", 1e-3), ("a place where 1 of 10 is wanted", 0.1)):
    right, wrong, value = alarms(0.9, stated, prevalence, 1_000_000)
    print(f"{place}: {right:8,.0f} right and {wrong:6,.0f} wrong alarms in a million people, PPV {value:.1%}")
say(f"One system, one error rate, and alarms worth {verification.positive_predictive_value(0.9, stated, 1 / 50_000):.0%} or {verification.positive_predictive_value(0.9, stated, 0.1):.2%}. The error rate is the one that a test of the "
    f"system of two British forces is reported to have found: one in 6,000 people is named wrongly against a list of 10,000 (National Physical Laboratory, 2023); that nine in ten "
    f"wanted people are found is a round figure near that test's own, 89 in 100, as reported.")

# %%
alerts = published("alerts")
rows = ["| where | when | faces seen | alerts | wrong | share wrong, 95 % | wrong per million faces |", "| --- | --- | --- | --- | --- | --- | --- |"]
for row in alerts:
    a, b = verification.wilson_interval(int(row["false"]), int(row["alerts"]))
    passed, share = (f"{row['passed']:,.0f}", f"{1e6 * row['false'] / row['passed']:,.1f}") if row["passed"] > 0 else ("not reported", "not known")
    rows.append(f"| {row['place']} | {row['time']} | {passed} | {row['alerts']:,} | {row['false']:,} | {a:.1%} to {b:.1%} | {share} |")
say("\n".join(rows))
cardiff, london = alerts
say(f"Both as reported, with their sources in `data/published/alerts.csv`. The intervals take alerts for independent; one person can raise many, so they are too narrow, by how much isn't known. In Cardiff **{cardiff['false'] / cardiff['alerts']:.0%}** of the alerts were wrong, in London {london['false'] / london['alerts']:.2%}. "
    f"Between them lie eight years, another system, and other lists and thresholds; how many wanted people walked by unnoticed, neither of the reports that we read says. "
    f"The same count makes another share: {london['false'] / london['passed']:.4%} of the faces seen. One in {london['alerts'] / london['false']:.0f} alerts and one in {london['passed'] / london['false']:,.0f} faces are the same ten alerts, as the police counted them.")

# %% [markdown]
# **An airport.** A gate compares the traveller with the passport: 1:1. Say that one traveller in 10,000 carries somebody
# else's passport, and the gate lets pass one impostor in a thousand and refuses two honest travellers in a hundred.

# %%
caught, annoyed, value = alarms(0.999, 0.02, 1e-4, 1_000_000)
passed = 1e6 * 1e-4 * 0.001
say(f"Of a million travellers {caught + annoyed:,.0f} are sent to an officer, {annoyed:,.0f} of them honest: PPV {value:.1%}. And "
    f"{passed:.1f} impostors get through, *if they bring a passport at random*. (They don't: mistake 6.) **Judgement:** for whoever is sent aside once, and looked at again by a person, the harm is small; for whoever is sent aside every time (lesson 14) it isn't; and the same PPV where "
    f"an armed officer acts on it can't be defended. **What a wrong alarm costs is no property of the system.**")

# %% [markdown]
# **A jaywalking camera.** Here the list is everybody, and nearly everybody who crosses is on it: the prevalence is high. Say that
# 95 in 100 who cross at red live in the city of a million, nine in ten of them are named rightly, and for somebody from elsewhere
# one comparison errs once in a million.

# %%
visitors_named = float(scaling.fpir_of(1e-6, 1_000_000))
right, wrong, value = alarms(0.9, visitors_named, 0.95, 100_000)
say(f"PPV {value:.1%}: an excellent figure. And of 100,000 crossings **{wrong:,.0f} fines** go to people who weren't there, because {visitors_named:.0%} of the visitors are "
    f"taken for some resident. (That is lesson 11's FPIR: 1 - (1 - FMR)ᴺ. Residents taken for each other are not even counted.) An excellent share can hide thousands of wrong fines.")

# %%
def worth(prevalence=-4.0, false_positive=-4.0):
    """A sentence for powers of ten."""
    value = verification.positive_predictive_value(0.9, 10**false_positive, 10**prevalence)
    say(f"1 of {10**-prevalence:,.0f} is wanted, 1 of {10**-false_positive:,.0f} others is named: **{value:.1%}** of the alarms are right.")

interactive(worth, prevalence=(-6.0, -1.0, 0.5), false_positive=(-6.0, -1.0, 0.5),
            positions=[{"prevalence": p, "false_positive": f} for p in (-5.0, -3.0, -1.0) for f in (-6.0, -4.0, -2.0)])

# %% [markdown]
# ## A score as evidence
#
# A court doesn't ask for a rate. It asks what *this* score says about *this* person. That has a precise answer, in two parts. The
# **likelihood ratio** says how much more probable such a score is if the two pictures show one person than if they show two.
# It turns **prior** odds (what was known before) into **posterior** odds:
#
# $$\frac{P(\text{same} \mid s)}{P(\text{different} \mid s)} = \underbrace{\frac{f_\text{genuine}(s)}{f_\text{impostor}(s)}}_{\text{likelihood ratio}} \cdot \frac{P(\text{same})}{P(\text{different})}$$
#
# Both densities can be estimated from LFW's stored scores.

# %%
dense = [stats.gaussian_kde(scores) for scores in (genuine, impostor)]  # each score blurred by a small Gaussian
s = np.linspace(-0.2, 0.9, 300)
between = s[(s > 0.15) & (s < impostor.max())]
ratio = dense[0](between) / dense[1](between)
turns = between[ratio > 1][0]
ratio_at = {x: float(dense[0](x)[0] / dense[1](x)[0]) for x in (0.2, 0.3, 0.363)}

# %%
fig, axes = plots.figure(1, 2, width=8.5, height=3.2)
for number, (density, name) in enumerate(zip(dense, ("one person", "two people"), strict=True)):
    axes[0].plot(s, density(s), color=plots.COLOURS[number], linestyle=plots.DASHES[number], marker="", label=name)
axes[0].set(title="Two humps, a few scores between", xlabel="score (cosine)", ylabel="density", ylim=(0, 6))
axes[0].legend(loc="upper right")
axes[1].semilogy(between, ratio, marker="")
axes[1].axhline(1, color=plots.COLOURS[1], linestyle="--", marker="", label="says nothing")
axes[1].set(title=f"Below {turns:.2f} a score speaks against", xlabel="score (cosine)", ylabel="likelihood ratio")
axes[1].legend(loc="upper left")
show(fig, alt=f"Left: two humps, two people about {np.median(impostor):.2f}, one person about {np.median(genuine):.2f}, nearly apart. Right, on a logarithmic axis, the "
     "likelihood ratio rises steeply: " + ", ".join(f"{r:.2g} at {x}" for x, r in ratio_at.items()) + f". It passes 1 at {turns:.2f}.", caption="Densities of SFace's scores of LFW's pairs, and their ratio up to the highest impostor score.")

# %%
bound = float((genuine >= strict).mean()) / verification.rule_of_three(len(impostor))
say(f"A score of 0.3 looks like some resemblance, and is {1 / ratio_at[0.3]:.1f} times as probable for *two* people as for one. Just at SFace's published threshold, 0.363, the ratio is about {ratio_at[0.363]:.0f}: "
    f"a bare acceptance is weak evidence. (How weak, {np.sum(impostor >= 0.34)} impostor scores from .34 on can't say well, for no more than these it rests on.) From {strict} on lie {(genuine >= strict).mean():.0%} of the genuine pairs and none of {len(impostor):,} impostor pairs, which by the rule of three would show a ratio of at least "
    f"{bound:,.0f} if {strict} had been fixed beforehand, and no more. Whoever testifies to a million has taken it from a model. (And all this holds for press photographs of strangers, not for a blurred still or a brother.)")

# %% [markdown]
# ## A wrongful arrest, worked out
#
# Detroit, 9 January 2020: Robert Williams was arrested in front of his house for watches stolen from a shop, and held for
# thirty hours. He was not the man in the video. (Both as his lawyers report.) A blurred still of the shop's video had been searched for in the state's collection, and his
# old licence photograph came up. In 2016 the state police could search 41 million photographs of licences and identity cards and
# 4 million police photographs ([The Perpetual Line-Up](https://www.perpetuallineup.org/jurisdiction/michigan)); about 8 million adults live in Michigan, as
# [reported](https://www.govtech.com/analytics/michigan-governor-plans-to-upgrade-facial-recognition.html).
#
# What would the match have been worth if the picture had been *good*? Grant an FMR of one in a million, which nobody had shown, nine genuine pairs in ten
# accepted, and a thief who is one of the 8 million, with nothing else known.

# %%
adults, granted = 8_000_000, 1e-6
others = (adults - 1) * granted
odds = (0.9 / granted) * (1 / (adults - 1))
say(f"{others:.0f} innocent adults are expected to match as well as the thief does. Prior odds 1 to {adults - 1:,}, likelihood ratio {0.9 / granted:,.0f}, posterior odds {odds:.3f}: the chance that a "
    f"person who matches is the thief is **{odds / (1 + odds):.0%}**. Not one in a million that he is innocent, but nine in ten.")

# %% [markdown]
# *"The chance of a false match is one in a million, so the chance that he is innocent is one in a million"*: this is the **prosecutor's
# fallacy** (Thompson and Schumann, 1987). It takes P(match | innocent) for P(innocent | match). Between the two stands the
# prior, and a search through millions has a prior of one in millions. It is *because* the gallery is large that a match means little.
#
# Then, as reported, his photograph was shown among six to somebody from the shop's security who had seen only the video.
# Does that confirm it?

# %%
def posterior(ratio, prior_odds):
    return ratio * prior_odds / (1 + ratio * prior_odds)

twice = posterior(20, odds)
say(f"Had an *independent* witness with a likelihood ratio of 20 picked the person found, {posterior(1, odds):.0%} would become {twice:.0%}. But who looks most like a picture out of millions will also look most like it among six: the second "
    f"look asks the same question of the same picture. Whoever was found is picked if he is the thief, and picked if he only looks like him: the likelihood ratio, *given the search*, is near 1, and {posterior(1, odds):.0%} stays {posterior(1, odds):.0%}. Evidence may be multiplied only if it is independent.")

# %% [markdown]
# For a blurred picture lesson 10 measured what happens to scores. Mr Williams is Black, as
# [reported](https://www.michiganpublic.org/law/2020-06-24/detroit-police-arrested-a-man-based-on-facial-recognition-but-they-got-it-wrong), and
# error rates differ between groups of people (lesson 14); whether that played a part here, one case can't show. Both can make a match worth less than was granted here. A search result is a reason to look for evidence. It is no evidence that stands by
# itself.

# %% [markdown]
# ## Where it breaks
#
# - **Intervals are about chance.** They say how far *other people, drawn alike* might lead. Forty volunteers of one laboratory are no
#   draw of a nation, and no interval knows it.
# - **Labels.** Below an FMR of one in a million LFW's impostor scores are one person under two names (lesson 11). A rate below the
#   rate of wrong labels measures labels.
# - **Looking again and again.** Test twenty variants that differ in nothing, each at a level of .95, and on average one of them will seem to differ.

# %% [markdown]
# ## What it means for the nation
#
# The plan aimed at about 90 %, and another account said at least 88. How many searches would tell the two apart? And what would
# show the FMR that lesson 11 needs?

# %%
n = next(n for n in range(100, 20_000, 50) if verification.wilson_interval(round(0.9 * n), n)[0] > 0.88)
needed = scaling.fmr_for(0.01, 1_300_000_000)
trials = verification.trials_needed(needed)
say(f"With {n:,} searches for *different* people, a measured 90 % excludes 88; the reports that we read don't say how many there were. And an FPIR of one in a hundred at 1.3 billion needs an FMR of {needed:.0e}. "
    f"To show it takes {trials:.1e} independent pairs: **{2 * trials / 8e9:,.0f} times as many people as live on Earth** (about 8 billion), if nobody may occur twice. If every pair of them counted, {np.sqrt(2 * trials):,.0f} people would do; what such pairs are worth lies between. "
    f"Nobody can show it with independent pairs. So far it is extrapolated (lesson 11), and whoever signs for it signs for a model.")

# %% [markdown]
# ## Further reading
#
# - E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of the American Statistical
#   Association 22 (1927), 209-212; C. J. Clopper and E. S. Pearson, *The use of confidence or fiducial limits illustrated in the
#   case of the binomial*, Biometrika 26 (1934), 404-413; L. D. Brown, T. T. Cai and A. DasGupta, *Interval estimation for a binomial
#   proportion*, Statistical Science 16 (2001), 101-133: which to use, and how badly the normal one does.
# - J. A. Hanley and A. Lippman-Hand, *If nothing goes wrong, is everything all right?*, Journal of the American Medical
#   Association 249 (1983), 1743-1745.
# - B. Efron and R. J. Tibshirani, *An introduction to the bootstrap* (1993).
# - R. M. Bolle, N. K. Ratha and S. Pankanti, *Error analysis of pattern recognition systems: the subsets bootstrap*, Computer Vision
#   and Image Understanding 93 (2004), 1-33; R. Li and others, *Second-level partition for estimating FAR confidence intervals in
#   biometric systems* (2009), which found its coverage too low for impostor pairs; A. B. Owen, *The pigeonhole bootstrap*, Annals of
#   Applied Statistics 1 (2007), 386-411, on why two-way draws are too wide; P. M. Aronow, C. Samii and V. A. Assenova,
#   *Cluster-robust variance estimation for dyadic data*, Political Analysis 23 (2015), 564-577.
# - W. C. Thompson and E. L. Schumann, *Interpretation of statistical evidence in criminal trials*, Law and Human Behavior 11
#   (1987), 167-187: the prosecutor's fallacy and the defence attorney's.
# - ISO/IEC 19795-1, *Biometric performance testing and reporting, part 1*: the rule of three, what to report.

# %% [markdown]
# ## Now you
#
# Exercise 13 asks for Wilson's interval, a bootstrap by person, the pairs that show an FMR of one in a million, the value of an
# alarm, a mistake of protocol to be priced, and a verdict in words. It lies in your folder `work`, as `13_measuring_accuracy.ipynb`.
