"""The three scores are their equations, on either reading of ROUGE, and refuse what is no ROUGE."""

import numpy as np
import pytest

from assl_utils.selection.scores import likelihood, score_diff, score_llm, score_prop


@pytest.mark.parametrize("scale", [1, 100])
def test_scores_equal_their_printed_equations(scale):
    rng = np.random.default_rng(0)
    raw, lora = rng.random(50), rng.random(50)
    for i in range(50):
        a, b = float(raw[i]) * scale, float(lora[i]) * scale
        assert score_diff(raw, lora, scale)[i] == pytest.approx(a - b, rel=1e-12)
        assert score_prop(raw, lora, scale)[i] == pytest.approx(-b / (a + 1), rel=1e-12)
        assert score_llm(raw, lora, scale)[i] == pytest.approx((a - b) + -b / (a + 1), rel=1e-12, abs=1e-12)


def test_worked_by_hand():
    assert score_llm([1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.5, 0.0]).tolist() == [1.0, -2.0, -1 / 3, 0.0]
    assert score_llm([0.0], [1.0], scale=100).tolist() == [-200.0]


def test_the_scale_can_turn_the_order_around():
    """Why the scale is a parameter: the same two rows, the other one first."""
    raw, lora = np.array([0.9, 0.1]), np.array([0.8, 0.05])
    assert np.argmax(score_llm(raw, lora, scale=1)) == 1
    assert np.argmax(score_llm(raw, lora, scale=100)) == 0


def test_what_is_no_share_is_named():
    with pytest.raises(ValueError, match="raw score 1 is 87"):
        score_diff([0.2, 87.0], [0.1, 0.1])
    with pytest.raises(ValueError, match="lora score 0 is nan"):
        score_prop([0.2], [np.nan])
    with pytest.raises(ValueError, match="same rows"):
        score_llm([0.2, 0.3], [0.2])
    with pytest.raises(ValueError, match="scale is 10"):
        score_llm([0.2], [0.2], scale=10)
    assert score_llm([], []).shape == (0,)


def test_a_likelihood_is_the_geometric_mean_of_the_tokens_probabilities():
    tokens = np.array([0.5, 0.25, 0.9])
    assert likelihood([-np.log(tokens).mean()])[0] == pytest.approx(tokens.prod() ** (1 / 3))
    assert likelihood([0.0, 700.0]).tolist() == [1.0, pytest.approx(0, abs=1e-300)]
    assert score_llm(likelihood([0.1]), likelihood([2.0]))[0] > score_llm(likelihood([2.0]), likelihood([0.1]))[0]


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_what_is_no_negative_log_likelihood_is_refused(bad):
    with pytest.raises(ValueError, match="log-likelihood 1 is"):
        likelihood([1.0, bad])
