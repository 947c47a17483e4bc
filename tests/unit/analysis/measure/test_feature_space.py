"""Neighbours, mean images and samples in cases with obvious results."""

import numpy as np
import pytest

from analysis.measure.feature_space import (
    embed,
    mean_images,
    neighbour_shares,
    similarities,
    stratified,
)


def test_neighbours_leave_the_image_itself_out():
    features = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    targets = np.array([0, 0, 1, 1, 1, 1])
    shares = neighbour_shares(features, targets, num_classes=3, k=2)
    assert shares[0].tolist() == [
        0.5,
        0.5,
        0,
    ]  # each of the two has the other and the image at 0.2


def test_with_duplicates_an_image_is_not_its_own_neighbour():
    features = np.zeros((4, 2))
    targets = np.array([0, 1, 1, 1])
    shares = neighbour_shares(features, targets, num_classes=2, k=3)
    assert shares[0].tolist() == [0.0, 1.0]


def test_an_image_displaced_by_its_duplicates_still_has_k_neighbours():
    features = np.zeros((9, 2))
    shares = neighbour_shares(features, np.array([0] * 8 + [1]), num_classes=2, k=3)
    assert shares.sum(axis=1).tolist() == [1, 1]


def test_mean_images_correlate_with_similar_images_only():
    stripe, other = np.array([[0, 9], [0, 9]]), np.array([[9, 0], [9, 0]])
    images = np.stack([stripe, stripe * 2, other, np.full((2, 2), 3)])
    means = mean_images(images, np.array([0, 1, 2, 3]), 5)
    correlations = similarities(means)
    assert correlations[0, 1] == pytest.approx(1)
    assert correlations[0, 2] == pytest.approx(-1)
    assert correlations[0, 3] == correlations[0, 4] == 0  # constant, no images


def test_a_stratified_sample_keeps_shares_and_is_the_same_for_a_seed():
    targets = np.array([0] * 800 + [1] * 150 + [2] * 50)
    chosen = stratified(targets, 100, seed=1)
    assert np.bincount(targets[chosen]).tolist() == [80, 15, 5]
    assert np.array_equal(chosen, stratified(targets, 100, seed=1))
    assert len(stratified(targets, 5000, seed=1)) == 1000


def test_an_embedding_keeps_clusters_apart():
    generator = np.random.default_rng(0)
    features = np.concatenate(
        [generator.normal(0, 0.1, (30, 8)), generator.normal(5, 0.1, (30, 8))]
    )
    for embedding in embed(features.astype(np.float32), np.arange(60), seed=0):
        first, second = embedding.points[:30], embedding.points[30:]
        spread = max(np.ptp(first, axis=0).max(), np.ptp(second, axis=0).max())
        assert np.linalg.norm(first.mean(0) - second.mean(0)) > 0.5 * spread


def test_a_network_that_sees_no_difference_has_all_images_in_one_point():
    maps = embed(np.ones((60, 8)), np.arange(60), seed=0)
    assert [one.method for one in maps] == ["PCA", "t-SNE"]
    assert all(np.array_equal(one.points, np.zeros((60, 2))) for one in maps)
    assert maps[0].explained == 0.0
