"""Eq. (6) as it is printed, against a ruler worked by hand and against the router itself."""

import numpy as np
import pytest

from assl_utils.routing import literal
from assl_utils.routing import router as routing_router


def test_three_experts_on_a_ruler():
    ruler = np.array([[0.0], [4.0], [10.0]])
    assert literal.nearest_centroid(np.array([3.0]), ruler) == 1 and literal.margin(np.array([3.0]), ruler) == 2.0
    assert literal.nearest_centroid(np.array([2.0]), ruler) == 0, "of equally near ones the first"


@pytest.mark.parametrize("seed", range(3))
def test_the_router_chooses_as_the_equation_says(seed, monkeypatch):
    monkeypatch.setattr(routing_router, "load_encoder", lambda encoder: encoder)
    monkeypatch.setattr(routing_router, "describe", lambda *_: {"encoder": "", "prompt": None, "dim": 5})
    rng = np.random.default_rng(seed)
    centroids, questions = rng.normal(size=(7, 5)), rng.normal(size=(40, 5)).astype(np.float32)
    found = routing_router.Router(centroids, object(), routing_router.expert_names(7)).route_vectors(questions)
    assert found["expert"].tolist() == [f"lora-{literal.nearest_centroid(x, centroids)}" for x in questions]
    assert found["margin"].tolist() == pytest.approx([literal.margin(x, centroids) for x in questions])
