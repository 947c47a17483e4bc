"""Feature space: nearest neighbours, mean images, two-dimensional embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from analysis.read.predictions import Array


def neighbour_shares(features: Array, targets: Array, *, num_classes: int, k: int) -> Array:
    """Average share of each class among the k nearest images of each class's images.

    Args:
        features: [N, F].
        targets: [N] class indices.
        k: neighbours per image, at most N - 1; an image is not its own neighbour.

    Returns:
        [K, K]; each row holds the shares around one class and sums to 1 (to 0 without images).
    """
    k = min(k, len(features) - 1)
    index = NearestNeighbors(n_neighbors=k + 1).fit(features)
    neighbours = index.kneighbors(features, return_distance=False)  # [N, k + 1]
    # An image is its own nearest neighbour, but duplicates of it may come first. Remove it by its
    # index, or the last neighbour if more than k duplicates displace it.
    own = neighbours == np.arange(len(features))[:, None]
    own[~own.any(axis=1), -1] = True
    others = neighbours[~own].reshape(-1, k)
    counts = np.zeros((num_classes, num_classes))
    np.add.at(counts, (np.repeat(targets, k), targets[others.ravel()]), 1)
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(totals, 1))


def mean_images(images: Array, targets: Array, num_classes: int) -> Array:
    """Mean image of each class, [K, ...] float; zeros for a class without images."""
    means = np.zeros((num_classes, *images.shape[1:]))
    for index in np.unique(targets):
        means[index] = images[targets == index].mean(axis=0)
    return means


def similarities(means: Array) -> Array:
    """[K, K] correlation of the pixels of each pair of mean images, 0 where one is constant."""
    flat = means.reshape(len(means), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    flat = flat / np.where(norms > 0, norms, 1)
    return np.asarray(flat @ flat.T)


@dataclass(frozen=True)
class Embedding:
    """Points in two dimensions.

    Attributes:
        indices: [M] indices of the images within the split.
        points: [M, 2].
        method: its display name.
        explained: fraction of the variance in two axes of a PCA; None for other methods.
    """

    indices: Array
    points: Array
    method: str
    explained: float | None = None


def stratified(targets: Array, count: int, seed: int) -> Array:
    """About `count` sorted indices, sampled from each class in proportion to its size."""
    if count >= len(targets):
        return np.arange(len(targets))
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(targets))
    chosen = []
    for label in np.unique(targets):
        members = order[targets[order] == label]
        chosen.append(members[: max(1, round(count * len(members) / len(targets)))])
    return np.asarray(np.sort(np.concatenate(chosen)))


def embed(features: Array, indices: Array, *, seed: int) -> list[Embedding]:
    """PCA and t-SNE of the features of a sample of images.

    t-SNE is initialised with the PCA and gets at most 50 axes, as its authors recommend. Its cost
    grows as N log N with a large factor, so the caller passes a sample. If a network sees no
    difference between the images, all points lie in the origin.

    Source: van der Maaten and Hinton 2008, JMLR 9; Kobak and Berens 2019 on the start from PCA.
    """
    chosen = features[indices].astype(np.float64)
    if not np.ptp(chosen, axis=0).any():  # scikit-learn's t-SNE would end the process
        origin = np.zeros((len(indices), 2))
        return [Embedding(indices, origin, "PCA", 0.0), Embedding(indices, origin, "t-SNE")]
    axes = PCA(n_components=min(50, *chosen.shape), random_state=seed).fit(chosen)
    reduced = axes.transform(chosen)
    if reduced.shape[1] < 2:
        reduced = np.column_stack([reduced, np.zeros(len(reduced))])
    explained = float(axes.explained_variance_ratio_[:2].sum())
    perplexity = min(30.0, max(2.0, (len(indices) - 1) / 4))
    # With so few points, threads mostly wait for each other: on a busy machine, two of them took
    # five times the CPU time of one.
    with threadpool_limits(1):
        mapped = TSNE(
            init="pca", perplexity=perplexity, random_state=seed, max_iter=600
        ).fit_transform(reduced)
    return [
        Embedding(indices, reduced[:, :2], "PCA", explained),
        Embedding(indices, mapped, "t-SNE"),
    ]
