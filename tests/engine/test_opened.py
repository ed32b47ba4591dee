"""Models are opened when they are needed, shared where they can be, and let go."""

import dataclasses
import gc
import weakref

import numpy as np
import pytest

from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.engine.opened import OpenModels


@pytest.fixture
def crf(spec):
    return dataclasses.replace(spec, name="conv+crf", refinement=DenseCrfRefinement(PARAMETERS["crf_rnn"]))


def test_a_network_and_the_same_with_a_crf_share_their_weights(spec, crf, images):
    models = OpenModels()
    bare, with_crf = models[spec], models[crf]
    assert with_crf.model is bare and models[crf] is with_crf
    expected = crf.refinement(bare(images), images)
    np.testing.assert_allclose(with_crf(images), expected, atol=1e-4)
    assert with_crf.name == "conv+crf" and crf.digest != spec.digest


def test_only_what_is_kept_stays(spec, enet_model):
    models = OpenModels()
    gone, kept = weakref.ref(models[spec]), models[enet_model.spec]
    models.keep([enet_model.spec])
    gc.collect()
    assert gone() is None and models[enet_model.spec] is kept


def test_a_crf_keeps_its_network(spec, crf):
    models = OpenModels()
    bare = models[spec]
    models.keep([crf])
    assert models[crf].model is bare


def test_a_spec_says_what_the_open_model_is(spec, conv_model):
    assert (spec.name, spec.classes, spec.frame, spec.digest) == (
        conv_model.name,
        conv_model.classes,
        conv_model.frame,
        conv_model.digest,
    )
    assert spec.frame.size == (32, 48) and spec.frame.colour == (123.68, 116.779, 103.939) and len(spec.digest) == 16
