"""What leaks from a template or a blurred picture, what can be revoked, and what passes for a face at the door.

Rebuilding a face from its template, by regression and by asking for scores; templates that a key can change;
photographs held up to a camera, simulated, and one cue against them; pictures with the person taken out, or not quite.
Lesson 15 builds all of it. The attacks are here because a defence that nobody has tried to break says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from facelab import degrade
from facelab.detection import as_colour
from facelab.eigenfaces import Eigenfaces
from facelab.images import squared_distances
from facelab.verification import as_scores, unit_length

GREY = 128  # of what is put in a face's place


# Rebuilding a face from its template


@dataclass(frozen=True, eq=False)
class Ridge:
    """A linear map with an offset, from d numbers to K: Y is about X @ weights + offset."""

    weights: np.ndarray  #: (d, K)
    offset: np.ndarray  #: (K,)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The K numbers (N, K) that belong to each row of X (N, d)."""
        return X @ self.weights + self.offset


def fit_ridge(X: np.ndarray, Y: np.ndarray, penalty: float) -> Ridge:
    """Least squares from X to Y with large weights made dear: minimises |Y - XW - b|^2 + penalty |W|^2.

    Parameters: X (N, d), Y (N, K) floats; penalty above 0, in the squared unit of X.
    Returns: Ridge. The offset isn't penalised, so both sides are centred first, and W solves (X'X + penalty I) W = X'Y.
    Raises: ValueError if X and Y differ in rows or penalty isn't above 0.

    Source: A. E. Hoerl and R. W. Kennard, Ridge regression: biased estimation for nonorthogonal problems, Technometrics
    12(1), 1970, 55-67.
    """
    X, Y = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y):
        raise ValueError(f"fit_ridge: X has shape {X.shape}, Y {Y.shape}; wanted (N, d) and (N, K), a row an image.")
    if not penalty > 0:
        raise ValueError(f"fit_ridge: penalty is {penalty}; wanted a number above 0.")
    x, y = X.mean(axis=0), Y.mean(axis=0)
    centred = X - x
    weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(X.shape[1]), centred.T @ (Y - y))
    return Ridge(weights, y - x @ weights)


@dataclass(frozen=True, eq=False)
class Inverter:
    """From a template to a picture: ridge regression onto eigenfaces of other people's pictures."""

    eigenfaces: Eigenfaces
    ridge: Ridge

    def rebuild(self, templates: np.ndarray, n_components: int | None = None) -> np.ndarray:
        """The pictures (N, D) that belong to templates (N, d), in the unit of the pictures it learned from.

        Parameters: n_components, how many of the eigenfaces to use, the first ones (None: all). Each coordinate is
        fitted on its own, so fewer of them need no new fit.
        """
        coordinates = self.ridge.predict(templates)[:, :n_components]
        return self.eigenfaces.mean_ + coordinates @ self.eigenfaces.components_[:n_components]


def fit_inverter(templates: np.ndarray, faces: np.ndarray, n_components: int, penalty: float = 1.0) -> Inverter:
    """Learn from people whose pictures one has what the picture to a template looks like.

    Parameters: templates (N, d), one a row; faces (N, D), the picture that each was made of, aligned and flattened,
    one size, any unit; n_components K, from 1 to min(N - 1, D); penalty as fit_ridge.
    Returns: Inverter. The people needn't be those that are attacked: it suffices that the same network described them.
    Raises: ValueError as Eigenfaces and fit_ridge.

    A linear form of what Mai, Cao, Yuen and Jain do with a network: On the reconstruction of face images from deep
    face templates, IEEE Transactions on Pattern Analysis and Machine Intelligence 41(5), 2019, 1188-1202.
    """
    eigenfaces = Eigenfaces(n_components).fit(faces)
    return Inverter(eigenfaces, fit_ridge(templates, eigenfaces.transform(faces), penalty))


@dataclass(frozen=True, eq=False)
class Climb:
    """What Q queries came to."""

    point: np.ndarray  #: (K,) where the highest score was found
    scores: np.ndarray  #: (Q,) the highest score after each query
    best: np.ndarray  #: (Q,) int64: the number of the query that gave it, from 0

    def queries_to(self, threshold: float) -> int | None:
        """How many queries it took to reach a score at or above the threshold; None if it wasn't reached."""
        reached = self.scores >= threshold
        return int(reached.argmax()) + 1 if reached.any() else None


def hill_climb(
    score: Callable[[np.ndarray], float],
    start: np.ndarray,
    scale: np.ndarray,
    queries: int,
    random_state: int | np.random.Generator,
    share: float = 0.25,
) -> Climb:
    """Ask for the score of a changed point; keep the change if it is higher; ask again.

    Parameters: score, what is asked: a point (K,) in, a number out, the only thing known of the other side; start (K,);
    scale (K,), how far a coordinate may usefully be moved (a standard deviation of faces); queries Q, 1 or more, the
    first of which is start itself; random_state, an integer seed or a numpy Generator; share of the coordinates that
    a step changes, above 0 and at most 1.
    Returns: Climb; every call of score counts as a query.
    Raises: ValueError if queries is below 1, share is out of range, or start and scale differ in shape.

    A step adds normal noise of `size` standard deviations. The size grows by a half after a success and shrinks a
    little after a failure, between a tenth and one: about one success in seven keeps it as it is.

    Source: A. Adler, Sample images can be independently restored from face recognition templates, Canadian Conference
    on Electrical and Computer Engineering 2003, 1163-1166: the attack; the steps here are simpler.
    """
    point, scale = np.array(start, dtype=np.float64), np.asarray(scale, dtype=np.float64)
    if queries < 1 or not 0 < share <= 1 or point.ndim != 1 or point.shape != scale.shape:
        raise ValueError(
            f"hill_climb: queries={queries}, share={share}, start of shape {point.shape}, scale of {scale.shape}; "
            "wanted 1 query or more, a share above 0 and at most 1, and both of one shape (K,)."
        )
    rng = np.random.default_rng(random_state)
    size, highest, best = 0.5, score(point), 0
    scores, places = [highest], [0]
    for query in range(1, queries):
        moved = rng.random(len(point)) < share
        candidate = point + size * scale * moved * rng.normal(size=len(point))
        value = score(candidate)
        if value > highest:
            point, highest, best = candidate, value, query
            size = min(1.0, 1.5 * size)
        else:
            size = max(0.1, 0.935 * size)
        scores.append(highest)
        places.append(best)
    return Climb(point, np.array(scores, dtype=np.float64), np.array(places))


# Templates that a key can change


def keyed_directions(key: int, bits: int, dimensions: int) -> np.ndarray:
    """Directions in the space of templates that belong to a key, for everybody who knows it the same ones.

    Parameters: key, an integer of 0 or more; bits, how many directions; dimensions d of a template.
    Returns: (bits, d) float64 rows of unit length. Up to d of them are at right angles; after every d directions a new
    set begins, at right angles among themselves only.
    Raises: ValueError if bits or dimensions is below 1.

    A key that protects is drawn by secrets.randbits(128) and kept. A small number is found by trying, with the bits and
    another photograph of the person. numpy's generator is made for simulations, not for secrets.
    """
    if bits < 1 or dimensions < 1:
        raise ValueError(f"keyed_directions: bits={bits}, dimensions={dimensions}; wanted 1 or more of both.")
    rng = np.random.default_rng(key)
    bases = []
    for _ in range(-(-bits // dimensions)):
        q, r = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))
        # QR leaves each column's sign to the library; with R's diagonal positive the answer is one only.
        bases.append((q * np.where(np.diag(r) < 0, -1, 1)).T)
    return np.concatenate(bases)[:bits]


def protect(templates: np.ndarray, key: int, bits: int) -> np.ndarray:
    """Revocable templates: on which side of each of the key's directions a template lies.

    Parameters: templates (N, d), scale doesn't matter; key, an integer of 0 or more; bits, how many.
    Returns: (N, bits) bool, True where the projection is at or above 0.
    Raises: ValueError if templates isn't (N, d), or as keyed_directions.

    Compared by hamming_similarity, with the same key on both sides. If the bits are stolen the key is changed, and the
    old bits match the new ones by chance only. Whoever has the key too can go back: see back_project. Directions at
    right angles tell more than independent ones: 128 bits of them have fewer errors (course measure revocable).

    Source: A. T. B. Jin, D. N. C. Ling and A. Goh, Biohashing: two factor authentication featuring fingerprint data
    and tokenised random number, Pattern Recognition 37(11), 2004, 2245-2255; they keep as many bits as directions.
    """
    templates = np.asarray(templates)
    if templates.ndim != 2:
        raise ValueError(f"protect: templates has shape {templates.shape}; wanted (N, d), a template a row.")
    return templates @ keyed_directions(key, bits, templates.shape[1]).T >= 0


def hamming_similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The share of bits in which every row of a agrees with every row of b.

    Parameters: a (n, bits), b (m, bits) bool.
    Returns: (n, m) float64 from 0 to 1; .5 is what chance gives.
    Raises: ValueError if they aren't bool tables with equally many columns.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != bool or b.dtype != bool or a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"hamming_similarity: a is {a.dtype} {a.shape}, b {b.dtype} {b.shape}; wanted bool (n, bits) and (m, bits)."
        )
    # As signs, their dot product counts agreements minus disagreements. float32 counts exactly to 2^24.
    x, y = (np.where(side, np.float32(1), np.float32(-1)) for side in (a, b))
    return (x @ y.T / a.shape[1] + 1).astype(np.float64) / 2


def back_project(protected: np.ndarray, key: int, dimensions: int) -> np.ndarray:
    """The templates that revocable ones come from, nearly, for somebody who has the key.

    Parameters: protected (N, bits) bool as protect gives them; key; dimensions d of the template.
    Returns: (N, d) float64 of unit length: the sum of the key's directions, each with the sign of its bit.

    For bits = d the cosine with the true template is about sqrt(2 / pi) = .80, and more bits bring it nearer to 1.
    """
    protected = np.asarray(protected, dtype=bool)
    return unit_length((2.0 * protected - 1) @ keyed_directions(key, protected.shape[1], dimensions))


def linkability(mated: np.ndarray, non_mated: np.ndarray, bins: int = 20) -> float:
    """D_sys: how well scores tell that two protected templates of two databases belong to one person.

    Parameters: mated (m,), non_mated (n,) scores across the databases, of one person and of two; bins of equal width
    that the scores' range is cut into: the densities are histograms.
    Returns: 0 (the two distributions are the same) to 1 (they don't overlap). From finite samples the value is a little
    above 0 even where the truth is 0.
    Raises: ValueError if a set is empty or holds NaN.

    At a score s the ratio of the densities, r = p(s | mated) / p(s | non-mated), says how much likelier one person is;
    D(s) = 2 r / (1 + r) - 1 where r > 1 and 0 elsewhere; D_sys is its mean over mated scores.

    Source: M. Gomez-Barrero, J. Galbally, C. Rathgeb and C. Busch, General framework to evaluate unlinkability in
    biometric template protection systems, IEEE Transactions on Information Forensics and Security 13(6), 2018,
    1406-1420, with equal prior probabilities.
    """
    mated, non_mated = as_scores(mated, "mated"), as_scores(non_mated, "non-mated")
    edges = np.histogram_bin_edges(np.concatenate([mated, non_mated]), bins)
    one, two = (np.histogram(scores, edges)[0] / len(scores) for scores in (mated, non_mated))
    # 2 r / (1 + r) - 1 = (one - two) / (one + two), which needs no division by an empty bin of the second.
    local = np.divide(one - two, one + two, out=np.zeros(bins), where=one > two)
    return float((one * local).sum())


# A photograph held up to the camera: simulated


def camera(image: np.ndarray, random_state: int | np.random.Generator, focus: float | None = None) -> np.ndarray:
    """What a camera at the door makes of what it sees, simulated: a little blur, noise, JPEG.

    Parameters: image (h, w) or (h, w, 3) uint8; random_state, an integer seed or a numpy Generator; focus, sigma of the
    blur in pixels (drawn from .3 to .8 if not given; a camera out of focus has more).
    Returns: (h, w, 3) uint8.
    """
    rng = np.random.default_rng(random_state)
    sharp = rng.uniform(0.3, 0.8)
    seen = degrade.blur(as_colour(image).astype(np.float32), sharp if focus is None else focus)
    return degrade.jpeg(_to_uint8(seen + rng.normal(0, 2.5, seen.shape)), int(rng.integers(80, 96)))


def print_attack(image: np.ndarray, random_state: int | np.random.Generator) -> np.ndarray:
    """A paper print of a photograph held up to the camera, simulated by us: no print was made.

    Parameters: image (h, w) or (h, w, 3) blue-green-red uint8; random_state, an integer seed or a numpy Generator.
    Returns: (h, w, 3) uint8, as it is before the camera. Paper has less contrast and a warm tint; the print is a little
    blurred and held askew (corners moved by up to 6 % of the side); the light falls unevenly; grain.
    """
    rng = np.random.default_rng(random_state)
    seen = as_colour(image).astype(np.float32)
    paper = 128 + rng.uniform(0.65, 0.85) * (seen - 128)
    paper = paper * rng.uniform((0.88, 0.95, 1.0), (0.95, 1.0, 1.06))
    paper = _askew(degrade.blur(paper, rng.uniform(0.8, 1.6)), 0.06, rng)
    ramp = np.linspace(1, rng.uniform(0.8, 1.2), image.shape[1], dtype=np.float32)[:, None]
    return _to_uint8(paper * ramp + rng.normal(0, 3, seen.shape))


def screen_attack(image: np.ndarray, random_state: int | np.random.Generator) -> np.ndarray:
    """A photograph on a screen held up to the camera, simulated by us: no screen was photographed.

    Parameters: image, random_state, as print_attack takes them.
    Returns: as print_attack.

    Every pixel becomes red, green and blue stripes and a dark row, four times as large; turned by up to 4 degrees, held
    askew by up to 3 %, and seen at the old size again, which leaves moire. A real screen's stripes are finer.
    """
    rng = np.random.default_rng(random_state)
    seen = as_colour(image).astype(np.float32)
    height, width = seen.shape[:2]
    large = np.repeat(np.repeat(seen, 4, axis=0), 4, axis=1)
    mask = np.full((4, 4, 3), 0.35, np.float32)
    mask[:, range(3), (2, 1, 0)] = 1.0  # one stripe each of red, green, blue; the fourth and last row are dark
    mask[3] *= 0.4
    large *= np.tile(mask / mask.mean(axis=(0, 1)), (height, width, 1))
    middle = (2.0 * width, 2.0 * height)
    turn = cv2.getRotationMatrix2D(middle, rng.uniform(-4, 4), 1.0)
    large = cv2.warpAffine(large, turn, (4 * width, 4 * height), borderMode=cv2.BORDER_REPLICATE)
    # A sensor's pixel gathers light from most of its area, not from a point: without that the moire drowns the face.
    gathered = cv2.blur(_askew(large, 0.03, rng), (3, 3))
    return _to_uint8(cv2.resize(gathered, (width, height), interpolation=cv2.INTER_LINEAR))


def sharpen(image: np.ndarray, amount: float = 1.5, sigma: float = 1.5) -> np.ndarray:
    """Unsharp masking: the image plus `amount` times what a blur of sigma pixels takes away. Same shape, uint8."""
    plain = image.astype(np.float32)
    return _to_uint8(plain + amount * (plain - degrade.blur(plain, sigma)))


def _askew(image: np.ndarray, most: float, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-most, most, (4, 2)) * (width, height)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return cv2.warpPerspective(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def _to_uint8(image: np.ndarray) -> np.ndarray:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def detail(crop: np.ndarray) -> float:
    """A cue of liveness: the logarithm of the variance of the Laplacian, that is, how much fine detail there is.

    Parameters: crop (h, w) or (h, w, 3) uint8, an aligned face, so that all are of one size.
    Returns: a number, higher for more detail. A recaptured photograph went through two lenses and may have less; so has
    an honest face before a lens out of focus. That it can be fooled is the point of lesson 15.
    Raises: ValueError if the crop is one flat grey, which has no logarithm to give.
    """
    grey = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    variance = cv2.Laplacian(grey, cv2.CV_64F).var()
    if not variance > 0:
        raise ValueError("detail: the crop is one flat grey level; is there a face in it?")
    return float(np.log(variance))


def apcer(attacks: np.ndarray, threshold: float) -> float:
    """Attack presentation classification error rate: the share of attacks of one kind that are taken for a live face.

    Parameters: attacks (n,), the cue of attacks of *one* kind, higher for more alive; threshold, from which a
    presentation counts as live. ISO/IEC 30107-3 has it stated for each kind of attack instrument (a PAI species), and
    the worst named: a mean over kinds hides the one that gets through. Attacks in which no face is found are another
    rate (attack presentation non-response, APNRR).
    Raises: ValueError if attacks is empty or holds NaN.
    """
    return float((as_scores(attacks, "attack") >= threshold).mean())


def bpcer(bona_fide: np.ndarray, threshold: float) -> float:
    """Bona fide presentation classification error rate: the share of honest presentations that are taken for attacks.

    Parameters: bona_fide (n,), their cue; threshold as in apcer.
    Raises: ValueError if bona_fide is empty or holds NaN.
    """
    return float((as_scores(bona_fide, "bona fide") < threshold).mean())


# Pictures with the person taken out, or not quite


def pixelate(image: np.ndarray, cells: int) -> np.ndarray:
    """The image as squares of one colour, the mean of what they cover: a mosaic, `cells` of them across.

    Parameters: image (h, w) or (h, w, 3) uint8; cells, from 1 to w.
    Returns: the same shape, uint8.
    Raises: ValueError for another number of cells.
    """
    if not 1 <= cells <= image.shape[1]:
        raise ValueError(f"pixelate: {cells} cells across {image.shape[1]} pixels; wanted 1 to {image.shape[1]}.")
    small = degrade.shrink(image, cells / image.shape[1])
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def mask_face(image: np.ndarray, landmarks: np.ndarray, size: float = 1.5) -> np.ndarray:
    """The image with one grey level in place of the face: nothing of what lay there is left.

    Parameters: image (h, w) or (h, w, 3) uint8; landmarks (5, 2), x, y in pixels: eyes, nose, corners of the mouth;
    size, half the height of the ellipse in distances from eyes to mouth; its width is four fifths of its height.
    Returns: the same shape and dtype.
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    reach = size * np.linalg.norm(down)
    angle = np.degrees(np.arctan2(down[1], down[0])) - 90
    box = ((eyes + mouth) / 2, (1.6 * reach, 2 * reach), float(angle))
    grey = (GREY,) * (1 if image.ndim == 2 else 3)
    return cv2.ellipse(image.copy(), (tuple(map(float, box[0])), box[1], box[2]), grey, thickness=-1)


def k_same(faces: np.ndarray, k: int) -> np.ndarray:
    """Every face replaced by the mean of k or more faces, so that each picture stands for at least k of them.

    Parameters: faces (N, D), aligned and flattened, *one a person*; k, from 1 to N.
    Returns: (N, D) float64. The first face that is left is put together with the k - 1 nearest of those that are left
    (of equally near ones the first), all k get their mean, and so on; fewer than 2 k that are left all go together.
    Raises: ValueError if k is out of range.

    Who holds the originals and looks for the right one is right in at most one case of k, however good the matcher,
    because k faces have become one picture. That is all it promises: with two pictures of a person in the set, or with
    a second release that groups the people otherwise, it does not hold.

    Source: E. M. Newton, L. Sweeney and B. Malin, Preserving privacy by de-identifying face images, IEEE Transactions
    on Knowledge and Data Engineering 17(2), 2005, 232-243 (k-Same-Pixel).
    """
    faces = np.asarray(faces, dtype=np.float64)
    if not 1 <= k <= len(faces):
        raise ValueError(f"k_same: k is {k} and there are {len(faces)} faces; wanted 1 to {len(faces)}.")
    left, answer = np.arange(len(faces)), np.empty_like(faces)
    while len(left):
        distances = squared_distances(faces[left[:1]], faces[left])[0]
        # Rounding can put a twin before the face itself; the face always belongs to its own group.
        distances[0] = -1
        group = left[np.argsort(distances, kind="stable")[:k]] if len(left) >= 2 * k else left
        answer[group] = faces[group].mean(axis=0)
        left = np.setdiff1d(left, group)
    return answer
