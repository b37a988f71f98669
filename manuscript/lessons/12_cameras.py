# %% [markdown]
# # 12 · Cameras
#
# **What does a network of cameras see in an hour?** A camera hands us 25 pictures a second, with many people on each, and
# none of them has asked to be searched for.
#
# ![Left, one frame of a video with boxes round five small faces; a line of dots shows the way of one of them. Middle, nine pictures of that one person, cut out of the frames. Right, the score of each single picture with photographs on the list, some high and some lower, and one score of all pictures together, high, far above the threshold.](pictures/12_cameras.png)
#
# So far somebody handed us photographs. This lesson turns pictures into
# people: it finds faces, follows each through the video, makes one template of all its pictures, decides once, and then
# counts what such decisions do to a crowd.
#
# After this lesson you can
#
# - follow faces from frame to frame by overlap and one best assignment, and say how far a face may move in between,
# - hold tracks against a known truth: misses, false boxes, identity switches,
# - pool the templates of a track, and say why one decision a person is not many decisions a second,
# - compute alarms an hour from a crowd, a watchlist and a threshold, and how many of the alarms are right.
#
# Give it 50 minutes. You need lessons 07 (detection), 09 (templates and scores) and 10 (watchlists).

# %%
import tempfile
from pathlib import Path

import numpy as np

from facelab import detection, montages, plots, results, scaling, verification, video
from facelab.datasets import load_orl
from facelab.embedding import SFaceEmbedder, orl_templates
from facelab.identification import Gallery, threshold_at_fpir
from facelab.notebook import interactive, say, show, show_source, show_table


# %%
orl, templates = load_orl(), orl_templates()
cup = video.still(montages.backgrounds("test")["coffee"])
walking, listed = [23, 31, 26, 38, 24, 35], [20, 22, 23, 25, 26, 27, 29, 35, 36, 39]
scene = video.make_scene(orl, walking, cup, random_state=12)
truth = scene.truth()
folder = tempfile.TemporaryDirectory()  # is removed when this notebook ends
path = Path(folder.name) / "crowd.avi"
count = video.write_video(path, scene.frames())
say(f"A video file of {count} frames ({path.stat().st_size / 1e6:.1f} MB), to be read back through OpenCV like any other.")

# %% [markdown]
# Its people are ORL's volunteers, cut out and moved over a photograph of a cup: some pass by, some come nearer, the light
# turns, and every few frames another of a person's photographs is shown, so that the pose changes. Nobody was filmed. Real
# videos have no truth to be held against; in this one we know who is where in every frame. Half of the walkers are on a
# **watchlist** of ten people, of whom five *other* photographs each are enrolled.

# %% [markdown]
# ## The idea in a picture
#
# This is where the lesson will arrive. Every fifth frame is searched for faces. A number is a **track**: the same number in
# two pictures means that the program takes the two for the same person.

# %%
detector, embedder = detection.YuNetDetector(0.6), SFaceEmbedder()
watched = video.follow(video.read_video(path), detector, embedder, every=5)

def draw(ax, t, tracks):
    """One frame, with the box and number of every track that is open then."""
    plots.picture(ax, scene.frame(t), f"frame {t}", low=0, high=255)
    for track in tracks:
        box = track.box_at(t)
        if box is not None:
            outline = plots.box(*box)
            outline.set(edgecolor="white", linewidth=1.2)
            ax.add_patch(outline)
            ax.text(box[0], box[1] - 5, track.number, color="white", fontsize=9, weight="bold", clip_on=True,
                    bbox={"facecolor": "black", "edgecolor": "none", "pad": 1})

# %%
moments = (20, 40, 60)
fig, axes = plots.figure(1, 3, width=8, height=2.4)
for ax, t in zip(axes, moments, strict=True):
    draw(ax, t, watched.tracks)
there = [[track.number for track in watched.tracks if track.box_at(t) is not None] for t in moments]
show(fig, alt="Three frames of the video: faces pasted over a cup on a table, most with a white box and a number. "
     + " ".join(f"Frame {t}: {len(truth.at(t).person)} faces are there, the tracks {', '.join(map(str, n))} have boxes." for t, n in zip(moments, there, strict=True))
     + f" Of all tracks {video.hold_against(watched, truth).switches.sum()} change from one person to another.",
     caption=f"{len(walking)} people walk; the program made {len(watched.tracks)} tracks of them.")

# %%
seen = truth.where((truth.visible >= 0.5) & (truth.boxes[:, 3] >= 24))
say(f"The truth holds {len(truth.frame)} faces in {count} frames, {truth.boxes[:, 3].min():.0f} to "
    f"{truth.boxes[:, 3].max():.0f} px high. {len(truth.frame) - len(seen.frame)} of them are more than half hidden, half out "
    f"of the picture, or smaller than 24 px: nobody is blamed for missing those. In one respect the video flatters: "
    f"cut-out faces glide at a steady pace and never turn away.")

# %% [markdown]
# ## Search every k-th frame
#
# Finding and describing faces is nearly all of the work, and two frames a twenty-fifth of a second apart show nearly the
# same. So search every k-th frame only. The speeds below were measured once, on one thread of one computer, and stored:
# they differ on yours.

# %%
table = results("video")
speed = {k: [np.median(table["frames_per_second"][(table["k"] == k) & (table["predict"] == full)]) for full in (0, 1)] for k in (1, 5, 10)}
say("\n".join(["| k | frames a second, boxes and tracks only | with templates of every face |", "| --- | --- | --- |"]
    + [f"| {k} | {boxes:.0f} | {all_of_it:.0f} |" for k, (boxes, all_of_it) in speed.items()]))
cameras = {k: all_of_it / video.RATE for k, (_, all_of_it) in speed.items()}
say(f"A camera gives {video.RATE:.0f} frames a second. With k = 1 one thread serves {cameras[1]:.1f} of a camera, with k = 5 "
    f"{cameras[5]:.1f}, with k = 10 {cameras[10]:.1f}: **k = 10 lets one machine watch {cameras[10] / cameras[1]:.1f} times as many cameras.** "
    f"What does it cost?")

# %% [markdown]
# ## Which box continues which
#
# Detection gives boxes without names. Two boxes of successive searched frames are probably one face if they overlap much:
# lesson 05's IoU. Take two moments of our video, before anything is followed.

# %%
frames = list(video.read_video(path))
before, now = (detector.detect(frames[t]).boxes for t in (25, 30))
overlap = detection.iou(before, now)
print("rows: faces at frame 25, columns: faces at frame 30\n", overlap.round(2))

# %% [markdown]
# Most faces have one clear partner. When people are close together they don't, and then it matters how one chooses. Taking
# the largest IoU first, then the next, is **greedy**: a good first pair can leave nothing for the others. Four boxes in a
# row are enough to see it.

# %%
left = np.array([[0.0, 0, 10, 10], [9, 0, 10, 10]])
right = np.array([[4.0, 0, 10, 10], [-6, 0, 10, 10]])
small = detection.iou(left, right)
greedy, other = small[0, 0] + small[1, 1], small[0, 1] + small[1, 0]
say(f"IoUs: {small.round(2).tolist()}. Greedy takes {small[0, 0]:.2f} first and is left with {small[1, 1]:.2f}: {greedy:.2f} in "
    f"all. The other way round gives {small[0, 1]:.2f} + {small[1, 0]:.2f} = **{other:.2f}**, and both faces go on.")

# %% [markdown]
# With n faces there are n! ways to pair them. Kuhn (1955) showed how to find the best one without trying them all; he built
# on the work of two Hungarians, König and Egerváry, and called it the **Hungarian method**. scipy's form of it takes about
# n³ steps. One detail decides: a pair whose IoU is too small to be believed must be ruled out *before* the choice. Ruled
# out afterwards, it has already pushed a good pair aside.

# %%
show_source(video.associate)

# %% [markdown]
# Around it, a tracker is bookkeeping: paired boxes keep their track's number, a box that is left begins a new track.

# %%
def plain_tracks(boxes_of_frames, least=0.2):
    """Track numbers of each frame's boxes; a track ends as soon as one frame has no box for it."""
    last, numbers_of_last, begun, answer = np.zeros((0, 4)), [], 0, []
    for boxes in boxes_of_frames:
        numbers = [None] * len(boxes)
        for i, j in zip(*video.associate(last, boxes, least), strict=True):
            numbers[j] = numbers_of_last[i]
        for j, number in enumerate(numbers):
            if number is None:
                numbers[j], begun = begun, begun + 1
        last, numbers_of_last = boxes, numbers
        answer.append(numbers)
    return answer

# %%
found = [detector.detect(frame).boxes for frame in frames]
made = {k: max(max(numbers, default=0) for numbers in plain_tracks(found[::k])) + 1 for k in (1, 2, 5, 10)}
say(f"{len(walking)} people; tracks made: " + ", ".join(f"k = {k}: **{n}**" for k, n in made.items())
    + ". Every track more than a person is a person taken for somebody new.")

# %% [markdown]
# ## How far may a face move?
#
# The sum can be done by hand. A box of width w that moves sideways by s w between two looks shares (1 - s) w of its width
# with where it was, and both together cover (1 + s) w:
#
# $$\text{IoU} = \frac{1 - s}{1 + s}\,, \qquad \text{IoU} \ge t \quad\text{if}\quad s \le \frac{1 - t}{1 + t}$$

# %%
s, least = np.linspace(0, 1.2, 100), 0.2
furthest = (1 - least) / (1 + least)
fig, (ax,) = plots.figure(height=3)
ax.plot(s, np.maximum(1 - s, 0) / (1 + s), marker="")
ax.axhline(least, color=plots.COLOURS[1], linestyle="--", label=f"least IoU of a pair: {least}")
ax.plot(furthest, least, "o", color=plots.COLOURS[1])
ax.set(title="After two thirds of its own width a face is somebody new", xlabel="way between two searched frames (face widths)", ylabel="IoU")
ax.legend()
show(fig, alt=f"A curve falling from 1 at no movement to 0 at one face width; it crosses the dashed line at an IoU of {least} "
     f"after {furthest:.2f} widths.", caption="Overlap of a box with itself after a step to the side.")

# %%
pace = {}
for person in walking:
    rows = truth.where(truth.person == person)
    middle = rows.boxes[:, 0] + rows.boxes[:, 2] / 2
    pace[person] = np.median(np.abs(np.diff(middle)) / rows.boxes[1:, 2])
fast = max(pace.values())
say(f"Our walkers move by up to {fast:.3f} of their own width in a frame (median over their way), so the fastest may go "
    f"unsearched for {furthest / fast:.1f} frames: k = 5 is {'' if furthest / fast >= 5 else 'not '}enough, k = 10 is {'' if furthest / fast >= 10 else 'not'}. "
    f"What counts is the way in face widths, which is the same from near and far.")
across = 1.4 / 0.15 / video.RATE
say(f"Ours is a leisurely crowd. Somebody who walks straight across the view, 1.4 m a second with a face 15 cm wide, moves by "
    f"{across:.2f} widths in a frame, and may go unsearched for {furthest / across:.1f} frames only.")

# %% [markdown]
# ## Expect the face where it is going
#
# A face that moved 20 pixels to the right will probably move 20 more. SORT (Bewley and others, 2016) predicts each box
# with a Kalman filter before it pairs; a running mean of its pace is the simplest form of the same idea. (The pace between
# two neighbouring frames alone won't do: in a twenty-fifth of a second a box moves more by chance than by a step.) It also
# carries a track through a moment behind somebody else: the box is expected to come out on the other side. If nothing is
# found for 15 frames, the track is closed, and never comes back.

# %%
show_source(video.IouTracker.update)

# %% [markdown]
# ## Held against the truth
#
# Who is right? In every searched frame, pair boxes with true boxes. Then count
#
# - **misses**: faces to be seen on which no box lies, and **false boxes** that lie on no face,
# - **identity switches**: a person's track number is another than in the detection before (Bernardin and Stiefelhagen,
#   2008),
# - people **whole**: found, and by one track all the way.
#
# The stored table did so for three videos with other people and backgrounds, at three k, with and without prediction.

# %%
def sums(k, predict):
    rows = table[(table["k"] == k) & (table["predict"] == predict)]
    return {name: int(rows[name].sum()) for name in ("people", "detected", "whole", "seen", "found", "switches", "false_boxes")}

grid = [(k, p, sums(k, p)) for k in (1, 5, 10) for p in (0, 1)]
say("\n".join(["| k | prediction | people | detected | whole | switches | faces found | false boxes |", "|" + " --- |" * 8] + [
    f"| {k} | {'yes' if p else 'no'} | {n['people']} | {n['detected']} | {n['whole']} | {n['switches']} | "
    f"{n['found'] / n['seen']:.0%} | {n['false_boxes']} |" for k, p, n in grid]))
whole = {(k, p): n["whole"] / n["people"] for k, p, n in grid}

# %%
fig, (ax,) = plots.figure(height=2.9)
for p, name in ((1, "with prediction"), (0, "without")):
    ax.plot((1, 5, 10), [100 * whole[k, p] for k in (1, 5, 10)], color=plots.COLOURS[1 - p], linestyle=plots.DASHES[1 - p],
            marker=plots.MARKERS[1 - p], label=name)
ax.set(title="Search too rarely, and people fall into pieces", xlabel="k (frames from search to search)",
       ylabel="people in one track (%)", ylim=(0, 105), xticks=(1, 5, 10))
ax.legend()
show(fig, alt="Share of people followed by one track against k. With prediction: "
     + ", ".join(f"{whole[k, 1]:.0%} at {k}" for k in (1, 5, 10)) + ". Without: " + ", ".join(f"{whole[k, 0]:.0%} at {k}" for k in (1, 5, 10)) + ".",
     caption=f"Three videos, {sums(1, 1)['people']} people in all.")
say("*Found* at least once are " + ", ".join(str(sums(k, 1)["detected"]) for k in (1, 5, 10)) + f" of {sums(1, 1)['people']} people at "
    f"k = 1, 5 and 10: even a rare look finds nearly as many. What tears is the thread between the pictures: in one track are "
    f"{whole[1, 1]:.0%}, {whole[5, 1]:.0%} and {whole[10, 1]:.0%} with prediction. A new track has no direction yet, so prediction "
    f"can't help whoever moves too far before the second look.")

# %% [markdown]
# Why do more looks not find more? Because the misses are not chance: hold the detector's boxes in every frame of our own
# video against the truth, by the height of the face.

# %%
hit = np.zeros(len(seen.frame), bool)
for t in range(count):
    rows = np.flatnonzero(seen.frame == t)
    hit[rows[video.associate(found[t], seen.boxes[rows], 0.4)[1]]] = True
edges, height = [24, 28, 32, 40, 60, 110], seen.boxes[:, 3]
shares = [(low, high, hit[(height >= low) & (height < high)]) for low, high in zip(edges, edges[1:])]
say("\n".join(["| height of the face | faces in all frames | found |", "| --- | --- | --- |"]
              + [f"| {low} to {high} px | {len(x)} | {x.mean():.0%} |" for low, high, x in shares]))
say(f"Of the smallest, {1 - shares[0][2].mean():.0%} are missed, of the largest {1 - shares[-1][2].mean():.0%}. Whoever stays that small all "
    f"the way may never be found, however often one looks.")

# %% [markdown]
# ## Many pictures, one template
#
# A track is a promise: these pictures show one person. So they may be pooled. Take a walker who is on the watchlist, and
# score each picture of the track against the five enrolled ones.

# %%
inside = np.isin(orl.person, listed) & (orl.shot < 5)
gallery = Gallery().enrol(orl.person[inside], templates[inside])
account = video.hold_against(watched, truth)

def own_scores(track):
    """The best score of each template of a track with the photographs enrolled of the person it shows."""
    enrolled = templates[(orl.person == account.shown[track.number]) & (orl.shot < 5)]
    return verification.similarity(track.templates, enrolled).max(axis=1)

known = [track for track in watched.tracks if account.shown[track.number] in listed]
track = max(known, key=lambda one: one.boxes[:, 3].max())
single, together = own_scores(track), video.pool(track.templates)

# %%
best = verification.similarity(together[None], gallery.templates[gallery.person == account.shown[track.number]]).max()
fig, (ax,) = plots.figure(height=3.2)
ax.plot(track.boxes[:, 3], single, "o", color=plots.COLOURS[0], label="one picture")
ax.axhline(best, color=plots.COLOURS[1], linestyle="--", label="all pictures pooled")
ax.set(title=f"All pictures together score higher than {np.sum(single < best)} of {len(single)} alone", xlabel="height of the face in the picture (px)",
       ylabel="score with the own enrolled photographs", ylim=(0, 1))
ax.legend(loc="lower right")
show(fig, alt=f"{len(single)} points, from {single.min():.2f} to {single.max():.2f}, against the face's height; a dashed line at {best:.2f} "
     f"for the pooled template.", caption=f"Track {track.number}: every picture's own score, and that of the pooled template.")

# %%
say(f"Single pictures score {single.min():.2f} to {single.max():.2f}, {np.median(single):.2f} in the middle; the pooled template "
    f"**{best:.2f}**, above {(single < best).mean():.0%} of them. Each template is the person plus an error of its own: pose, light, "
    f"few pixels. In the mean the errors partly cancel and the person stays. (Lesson 10 does the same with several enrolled "
    f"photographs.)")

# %% [markdown]
# Pictures are not equally good. The weight of each is the detector's score times the face's height (up to 80 px); the
# weighted sum is brought back to length 1, so that its dot product with a template is a cosine again.

# %%
show_source(video.quality)
show_source(video.pool)

# %% [markdown]
# ## One decision a person
#
# What is decided, and how often? A camera that decides on every searched frame gives a stranger one chance of a false
# alarm after another. Forty more videos a part, six people in each, were watched for the stored table. One part's people
# serve to *choose* thresholds, other people's to see what comes of them. Four rules:
#
# - **first**: the first picture of a track decides,
# - **any**: any picture may raise the alarm, as with a decision on every frame,
# - **mean**: all templates pooled, each with the same weight,
# - **pooled**: weighted by quality.

# %%
tracks = results("video_tracks")
rules = ("first", "any", "mean", "pooled")

def part(name, is_listed):
    return tracks[(tracks["part"] == name) & (tracks["listed"] == is_listed)]

def rates(name, rule, threshold):
    """FPIR and FNIR by track: strangers named, and listed people not named rightly."""
    strangers, ours = part(name, 0), part(name, 1)
    named = (ours[f"{rule}_score"] >= threshold) & (ours[f"{rule}_right"] == 1)
    return float((strangers[f"{rule}_score"] >= threshold).mean()), float(1 - named.mean())

common = threshold_at_fpir(part("choose", 0)["first_score"], 0.05)
say(f"Chosen so that the *first* picture of 5 % of the strangers' tracks names somebody: threshold {common:.3f}. "
    f"On other people ({len(part('use', 0))} tracks of strangers, {len(part('use', 1))} of listed people):\n\n"
    + "\n".join(["| rule | strangers named | listed people missed |", "| --- | --- | --- |"]
                + [f"| {rule} | {rates('use', rule, common)[0]:.1%} | {rates('use', rule, common)[1]:.1%} |" for rule in rules]))

# %%
own = {rule: threshold_at_fpir(part("choose", 0)[f"{rule}_score"], 0.02) for rule in rules}
high = {rule: rates("use", rule, 0.5)[1] for rule in rules}
at_common = {rule: rates("use", rule, common) for rule in rules}
say(f"At one and the same threshold, deciding on every picture names **{at_common['any'][0]:.1%}** of the strangers where the "
    f"first picture alone names {at_common['first'][0]:.1%}: more looks, more false alarms. Pooling names {at_common['pooled'][0]:.1%} and "
    f"misses {at_common['pooled'][1]:.1%} of the listed. A longer list needs a higher threshold; at .5 the first picture alone "
    f"misses {high['first']:.1%}, the pooled template {high['pooled']:.1%}. The weights add little here (`mean`: {at_common['mean'][0]:.1%} "
    f"named, {high['mean']:.1%} missed at .5), which is worth knowing before anyone tunes them.")

# %%
grid = np.linspace(0.2, 0.65, 91)
fig, axes = plots.figure(1, 2, width=8, height=3.2)
for number, rule in enumerate(("first", "any", "pooled")):
    curve = np.array([rates("use", rule, t) for t in grid])
    for ax, values in zip(axes, curve.T, strict=True):
        ax.plot(grid, 100 * values, color=plots.COLOURS[number], linestyle=plots.DASHES[number], marker="", label=rule)
axes[0].set(title="Every look is a chance to err", xlabel="threshold", ylabel="strangers named (%)")
axes[1].set(title="A single picture misses far more", xlabel="threshold", ylabel="listed people missed (%)")
axes[0].legend()
at = {t: {rule: rates("use", rule, t) for rule in ("first", "any", "pooled")} for t in (0.4, 0.5, 0.65)}
show(fig, alt="Two panels of three curves against the threshold. Strangers named fall as it rises, listed people missed rise. "
     + "; ".join(f"at .4, {rule}: {a:.1%} named, {b:.1%} missed" for rule, (a, b) in at[0.4].items()) + ". Missed further up: "
     + "; ".join(f"at {t}, " + ", ".join(f"{rule} {b:.0%}" for rule, (_, b) in at[t].items()) for t in (0.5, 0.65)) + ".",
     caption="Errors by track against the threshold, for three rules; 40 videos with other people than those of the thresholds.")

# %% [markdown]
# A threshold belongs to its rule: scores of pooled templates are higher, for strangers too. Move it, and watch both errors.

# %%
def try_threshold(threshold=0.4):
    """The two errors of each rule at this threshold."""
    say(" · ".join(f"{rule}: {a:.1%} of strangers named, {b:.1%} of the listed missed"
                   for rule in rules for a, b in [rates("use", rule, threshold)]))

interactive(try_threshold, threshold=(0.2, 0.65), positions=[{"threshold": t} for t in (0.25, 0.35, 0.45, 0.55)])

# %%
say("Each rule at its own threshold, chosen at 2 % on the other part: " + "; ".join(
    f"{rule} ({own[rule]:.2f}): **{a:.1%}** named, **{b:.1%}** missed" for rule in rules for a, b in [rates("use", rule, own[rule])])
    + f". Chosen as 2 %, on other people it comes out otherwise: {len(part('choose', 0))} tracks of 20 people can't fix it better. "
    f"Lesson 13 says how well they can.")

# %% [markdown]
# Now our own video, decided by the pooled templates at that threshold:

# %%
for track in watched.tracks:
    decision = video.decide(track.template(), gallery, own["pooled"])
    person = account.shown[track.number]
    verdict = "nobody" if decision.person == video.NOBODY else f"person {decision.person}"
    truly = "listed" if person in listed else "a stranger"
    print(f"track {track.number}: {len(track):2d} pictures, best score {decision.score:.2f} -> {verdict:9s} (truth: person {person}, {truly})")
three = table[(table["k"] == 5) & (table["predict"] == 1)]
say(f"In the three stored videos, k = 5: of {three['listed'].sum()} listed people who walked, {three['identified'].sum():.0f} were named, "
    f"and {three['false_alarms'].sum():.0f} tracks named somebody wrongly.")

# %% [markdown]
# ## Where it breaks
#
# **People crossing.** When one face covers another, boxes merge, and what comes out on the other side may get the wrong
# number. A pooled template then mixes two people, and is neither.

# %%
bare = video.follow(frames, detector, None, 5, video.IouTracker(predict=False))
switches = [video.hold_against(one, truth).switches.sum() for one in (bare, watched)]
pair = truth.where(np.isin(truth.person, walking[:2]) & (truth.visible < 0.5))
meet = int(np.median(pair.frame))
x, y, w, h = truth.boxes[(truth.frame == meet) & (truth.person == walking[1])][0]

def numbered(t):
    """In words: the track number that each of the two has in frame t, without prediction."""
    here = [track for track in bare.tracks if track.box_at(t) is not None]
    faces = truth.where((truth.frame == t) & np.isin(truth.person, walking[:2]))
    pairs = zip(*video.associate(np.array([track.box_at(t) for track in here]), faces.boxes, 0.4), strict=True)
    return f"Frame {t}: " + " and ".join(f"person {faces.person[j]} is track {here[i].number}" for i, j in pairs)

# %%
fig, axes = plots.figure(1, 3, width=7.5, height=2)
for ax, t in zip(axes, (meet - 15, meet, meet + 15), strict=True):
    draw(ax, t, bare.tracks)
    ax.set(xlim=(x - 100, x + w + 100), ylim=(y + h + 40, y - 40))
show(fig, alt="Three cut-outs of the video: two people from opposite sides, one almost hidden behind the other, and apart again. "
     + ". ".join(numbered(t) for t in (meet - 15, meet, meet + 15)) + ".",
     caption=f"Persons {walking[0]} and {walking[1]} cross, followed without prediction: one comes out with a new number.")
say(f"In the whole video the tracker without prediction makes **{switches[0]}** identity switches, with prediction {switches[1]}. Two "
    f"who meet, stop and turn back would deceive the prediction, too.")

# %%
pictures = np.concatenate([templates[(orl.person == person) & (orl.shot >= 5)] for person in (23, 26)])
enrolled, others = (templates[(orl.person == person) & (orl.shot < 5)] for person in (23, 26))
blend = [video.pool(pictures, np.repeat([1 - share, share], 5))[None] for share in (0, 1 / 3, 1 / 2)]
first, second = ([verification.similarity(one, known).max() for one in blend] for known in (enrolled, others))
say(f"How bad is a mixture? Pool the pictures of two listed people. With the second person's share at 0, a third and a half, the "
    f"score with the first is {first[0]:.2f}, {first[1]:.2f} and {first[2]:.2f}, with the second {second[0]:.2f}, {second[1]:.2f} and "
    f"{second[2]:.2f}. At a half the template is like *both*: a switch can name the one for what the other did.")

# %% [markdown]
# **Motion blur, and few pixels.** A shutter that is open while the face moves smears it; a face far away has few pixels.
# The same listed person, at rising pace (each frame is the mean of what came in during its whole time) and from farther
# and farther away:

# %%
def looked_at(step, height):
    """Mean score, 0 where no face is found, of a face of this height (px) that moves by step px while the shutter is open."""
    ways = ((200.0, 240.0), (200.0 + 10 * step, 240.0))
    walker = video.Walker(23, (5, 6, 7, 8, 9), 0, 10, ways, (height, height))
    camera = video.Scene(orl, cup, (walker,), 10, exposures=12 if step else 1)
    seen = video.follow((camera.frame(t) for t in range(1, 10, 2)), detector, embedder, 1)
    scores = [verification.similarity(one.templates, enrolled).max(axis=1) for one in seen.tracks]
    return np.concatenate([*scores, np.zeros(5)])[:5].mean(), camera.truth().boxes[0, 2]

steps, heights = (0, 2, 4, 6, 8, 10, 15), (70, 40, 30, 27, 24, 18)
width = looked_at(0, 70)[1]
smeared = [looked_at(step, 70)[0] for step in steps]
shrunk = [looked_at(0, height)[0] for height in heights]

# %%
fig, axes = plots.figure(1, 2, width=8, height=3.1)
axes[0].plot(100 * np.array(steps) / width, smeared)
axes[1].plot(heights, shrunk)
axes[0].set(title="A small smear ends it", xlabel="way during one frame (% of the face's width)", ylabel="mean score (0: not found)")
axes[1].set(title="So do too few pixels", xlabel="height of the face (px)")
for ax in axes:
    ax.axhline(own["pooled"], color=plots.COLOURS[1], linestyle="--", marker="", label="threshold")
    ax.set(ylim=(0, 1))
axes[0].legend()
show(fig, alt="Left, the score falls with the smear: " + ", ".join(f"{m:.2f} at {100 * s / width:.0f} %" for s, m in zip(steps, smeared, strict=True))
     + ". Right, it falls with the height: " + ", ".join(f"{m:.2f} at {h} px" for h, m in zip(heights, shrunk, strict=True)) + f". The dashed threshold is {own['pooled']:.2f}.",
     caption="One person's pictures scored against the person's own enrolled photographs: smeared, and from farther away.")

# %%
blurred = next(100 * s / width for s, m in zip(steps, smeared, strict=True) if m < own["pooled"])
tiny = next(h for h, m in zip(heights, shrunk, strict=True) if m < own["pooled"])
say(f"The mean score is below the threshold from a smear of {blurred:.0f} % of the face's width on, and at {tiny} px of height. Lesson "
    f"10 measures the same on many people, from a door to a camera across the street. A face that isn't recognised is a "
    f"miss; it is no protection, since the same person may come closer at the next camera.")

# %% [markdown]
# ## The sums for a crowd
#
# Now leave the ten people of our watchlist. A search against N people is N comparisons, each with a chance FMR to be wrong.
# If they were independent, a stranger passes in peace only if all N are refused:
#
# $$\text{FPIR} = 1 - (1 - \text{FMR})^N$$
#
# They are not quite independent (a blurred probe is like many faces at once), and lesson 11 measures how much that
# matters. What FMR can we show? LFW's 3,000 impostor pairs reach down to about one in a thousand, and no further.

# %%
lfw = results("lfw_sface")
genuine, impostor = lfw["score"][lfw["same"] == 1], lfw["score"][lfw["same"] == 0]
limit = verification.threshold_at_fmr(impostor, 1e-3)
tmr = float((genuine >= limit).mean())
sizes = (10, 100, 1_000, 10_000)
fpirs = {n: float(scaling.fpir_of(1e-3, n)) for n in sizes}
say(f"At the threshold {limit:.3f}, one in a thousand impostor pairs of LFW is accepted and {tmr:.1%} of genuine ones. The chance that "
    f"a stranger is named, by length of the list: " + ", ".join(f"{n:,} people **{f:.1%}**" for n, f in fpirs.items()) + ".")

# %% [markdown]
# A threshold that is excellent at a door, for one comparison, is useless against a list of a thousand. So a watchlist
# needs a far lower FMR, which means a higher threshold, and more misses. Let us grant a system that we could not test with
# these pairs: an FMR of one in a million, and one listed person in ten missed.
#
# **The crowd.** A station: 10,000 people an hour, of whom two are on a list of a thousand. One decision a person.

# %%
fpir = float(scaling.fpir_of(1e-6, 1_000))
hour = video.alarms_an_hour(people=10_000, listed=2, fpir=fpir, fnir=0.1)
frames_each = 50
every_frame = video.alarms_an_hour(10_000, 2, float(scaling.fpir_of(1e-6, 1_000 * frames_each)), 0.1)
say(f"FPIR {fpir:.2%}: **{hour.false:.0f} false alarms an hour and {hour.right:.1f} right ones**. Of all alarms {hour.share_right:.0%} are right, "
    f"with a system that errs once in a million comparisons. Deciding on each of {frames_each} pictures of a person instead, as if "
    f"they were independent: {every_frame.false:.0f} people named wrongly.")

# %% [markdown]
# That is no fault of the program. It is the **base rate**: nearly everybody who passes is innocent, so even a small share of
# them outnumbers the few who are listed. (Medicine calls it prevalence, and the share of alarms that are right the
# positive predictive value; lesson 13 does both with intervals.) Which one counts, a rate or a share, depends on who asks: an engineer asks what share of strangers is
# named; an officer, and a judge, must ask what share of those named is the right person.

# %%
share = np.logspace(-6, -1, 60)
fig, (ax,) = plots.figure(height=3.4)
for number, rate in enumerate((1e-4, 1e-3, 1e-2)):
    right = [video.alarms_an_hour(1e6, 1e6 * p, rate, 0.1).share_right for p in share]
    ax.plot(share, 100 * np.array(right), color=plots.COLOURS[number], linestyle=plots.DASHES[number], marker="", label=f"FPIR {rate:.2%}")
ax.axvline(2 / 10_000, color=plots.COLOURS[4], linestyle=":", marker="", label="the station: 2 of 10,000")
ax.set(title="The rarer the wanted, the less an alarm means", xscale="log", xlabel="share of passers-by who are on the list",
       ylabel="alarms that are right (%)")
ax.legend(fontsize=9)
show(fig, alt="Three rising S-shaped curves on a logarithmic axis. At the station's share of 2 in 10,000, "
     + ", ".join(f"{video.alarms_an_hour(10_000, 2, rate, 0.1).share_right:.0%} of alarms are right at FPIR {rate:.2%}" for rate in (1e-4, 1e-3, 1e-2)) + ".",
     caption="Share of alarms that are right against the share of passers-by who are wanted; one in ten of them is missed.")

# %%
alerts, false = 2_470, 2_297
say(f"It has been seen in practice. Of {alerts:,} alerts of a police system in Cardiff in 2017, {false:,} were reported to be false: "
    f"{false / alerts:.0%} (the press printed 92 %).")

# %% [markdown]
# ## From one camera to a network
#
# A city may have thousands of cameras, and one person passes many in a day. Every pass is a new track, a new search, a new
# chance of a false alarm. Take our granted system with its list of a thousand:

# %%
passes = np.array([1, 10, 50, 200])
named = scaling.fpir_of(fpir, passes)
say("Chance that an innocent person has been named wrongly at least once, by number of cameras passed: "
    + ", ".join(f"{n}: **{p:.1%}**" for n, p in zip(passes.tolist(), named.tolist(), strict=True))
    + ". The same sum as above, once more: independence is assumed, and a person who looks like somebody on the list will be "
    "named again and again, where the sum spreads the errors evenly.")

# %% [markdown]
# **Jaywalkers.** Among the uses that were reported around the national system are fines for jaywalking. There the list is
# not a thousand suspects but *everybody*: the offender is to be found among all residents. And where the letter goes out
# by itself, nobody has compared the two faces.

# %%
city = 1_000_000
crossing = float(scaling.fpir_of(1e-6, city))
needed = scaling.fmr_for(0.001, city)
say(f"Somebody from elsewhere crosses at red before a system with a million residents enrolled. At an FMR of one in a million, "
    f"somebody else gets the letter with a chance of **{crossing:.0%}**. To send one wrong letter in a thousand such crossings, "
    f"one comparison may err once in {1 / needed:,.0f}. Without any threshold, taking the best of the list, it is every time.")

# %% [markdown]
# What does a false fine mean? It is small, so few will go to court over it; it stays in a record that other systems may
# read; and it is for the person fined to prove not having been there. Lesson 14 asks whom such errors hit more often.

# %% [markdown]
# ## What a network needs to store, and what it could leave out
#
# | | needed to raise an alarm? | what keeping it allows |
# | --- | --- | --- |
# | the video | no, once templates are made | searching for anyone, later, for any reason |
# | templates of people who match nobody | no: compare and forget | following a person across the city and back in time |
# | place and time of every track | no | the same, with names added when a name turns up |
# | the alarm, its score, both pictures | yes, until somebody has looked | contesting it |
#
# **Compare and forget** is the difference between a watchlist and a record of everybody's ways. It is a choice of design,
# not of accuracy.

# %%
video_hour = path.stat().st_size / count * video.RATE * 3600
tracks_hour = 10_000 * (4 * 128 + 16)
say(f"An hour of our small video takes {video_hour / 1e9:.1f} GB; the templates of 10,000 people who pass in that hour, with place and "
    f"time, {tracks_hour / 1e6:.1f} MB. A year of them, twenty-four hours a day, fits on one disk: {tracks_hour * 24 * 365 / 1e9:.0f} GB. "
    f"**That it is cheap to remember everybody is no reason to; it is the reason why somebody must forbid it.**")

# %% [markdown]
# ## Your own camera, if you want
#
# The next cell does nothing unless you change `False` to `True`. Then it looks through your camera for some seconds, follows
# the faces in view, says how many tracks it made, and keeps nothing: no picture, no template, no file. Ask those who are in
# view first.

# %%
LOOK_THROUGH_MY_CAMERA = False

if LOOK_THROUGH_MY_CAMERA:
    mine = video.follow(video.read_camera(count=100), detector, None, every=5)
    say(f"{mine.frames} frames seen, {len(mine.tracks)} tracks. Nothing was stored.")
    del mine
else:
    say("The camera stays off.")

# %% [markdown]
# ## What it means for the nation
#
# The plan of lesson 01 was to be connected to camera networks. Three things can be said from this lesson. *Following* people
# is cheap, and works as long as they are looked at often enough and don't cover each other. *Naming* them from video works
# better than from a photograph, because there are many pictures, if there is one decision a person and the threshold fits
# that rule. And what an hour brings is decided less by the network than by three numbers that no engineer
# chooses: how many pass, how many of them are wanted, and how long the list is.

# %% [markdown]
# ## Further reading
#
# - A. Bewley, Z. Ge, L. Ott, F. Ramos and B. Upcroft, *Simple online and realtime tracking*, IEEE International Conference
#   on Image Processing (2016), 3464-3468: SORT, the tracker that this lesson simplifies.
# - H. W. Kuhn, *The Hungarian method for the assignment problem*, Naval Research Logistics Quarterly 2 (1955), 83-97.
# - K. Bernardin and R. Stiefelhagen, *Evaluating multiple object tracking performance: the CLEAR MOT metrics*, EURASIP
#   Journal on Image and Video Processing (2008).
# - P. Grother, M. Ngan and K. Hanaoka, *Face recognition vendor test, part 2: identification*, NIST Interagency Report 8271 (2019): what
#   good systems reach with large lists.
# - P. E. Meehl and A. Rosen, *Antecedent probability and the
#   efficiency of psychometric signs, patterns, or cutting scores*, Psychological Bulletin 52 (1955), 194-216: the base
#   rate, long before cameras.

# %% [markdown]
# ## Now you
#
# Exercise 12 asks for the assignment, the tracker, the decision about a track, and the alarms of an hour. It lies in your
# folder `work`, as `12_cameras.ipynb`.
