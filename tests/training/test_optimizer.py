"""The learning rate by its formula, and which variables decay."""

import keras
import numpy as np
import pytest

from tfadvseg.training.optimizer import optimizer, schedule


def rates(steps, learning_rate=0.2):
    made = schedule(learning_rate, steps)
    return np.array([float(made(step)) for step in range(steps + 1)])


@pytest.mark.parametrize("steps", [100, 1000])
def test_the_learning_rate_peaks_after_a_50th_of_the_training(steps):
    found, warmup = rates(steps), steps // 50
    np.testing.assert_allclose(found[: warmup + 1], np.linspace(0.01, 0.2, warmup + 1), rtol=1e-5)
    assert found.argmax() == warmup


def test_the_learning_rate_ends_on_a_cosine():
    """Halfway after the warm-up it is halfway between the peak and its 100th, where it ends."""
    found = rates(1000)
    angle = np.linspace(0, np.pi, 981)
    np.testing.assert_allclose(found[20:], 0.2 * (0.01 + 0.99 * (1 + np.cos(angle)) / 2), rtol=1e-4)
    assert found[510] == pytest.approx(0.2 * 0.505, rel=1e-4) and found[-1] == pytest.approx(0.002, rel=1e-3)


@pytest.mark.parametrize("steps", [1, 2, 49])
def test_short_trainings_have_a_warm_up_of_one_step(steps):
    found = rates(steps)
    assert found[0] == pytest.approx(0.01) and found[1] == pytest.approx(0.2)


def network():
    """Every kind of variable that the zoo has, none of them 0."""
    images = keras.Input((6, 6, 3))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(images))
    x = keras.layers.PReLU(shared_axes=(1, 2))(x)
    x = keras.layers.Conv2DTranspose(4, 2, strides=2)(x)
    made = keras.Model(images, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    for variable in made.trainable_variables:
        variable.assign(keras.ops.ones(variable.shape))
    return made


def test_weights_decay_and_offsets_and_scales_do_not():
    """A step of no gradient at the peak: kernels are multiplied by 1 - learning rate * decay, everything else stays."""
    made = network()
    rule = optimizer(0.2, 0.05, 2)
    rule.build(made.trainable_variables)
    rule.iterations.assign(1)  # the peak: the warm-up takes one step
    rule.apply_gradients([(keras.ops.zeros(v.shape), v) for v in made.trainable_variables])
    found = {variable.path: np.unique(keras.ops.convert_to_numpy(variable)) for variable in made.trainable_variables}
    kinds = {path.rpartition("/")[2] for path in found}
    assert kinds == {"kernel", "bias", "gamma", "beta", "alpha"}
    for path, values in found.items():
        expected = 1 - 0.2 * 0.05 if path.endswith("kernel") else 1.0
        np.testing.assert_allclose(values, [expected], rtol=1e-6, err_msg=path)


def test_without_weight_decay_nothing_moves():
    made = network()
    rule = optimizer(0.2, 0.0, 2)
    rule.apply_gradients([(keras.ops.zeros(v.shape), v) for v in made.trainable_variables])
    for variable in made.trainable_variables:
        assert (keras.ops.convert_to_numpy(variable) == 1).all(), variable.path


def test_a_large_gradient_is_cut_to_the_norm_of_1_with_all_others():
    """After one of norm 0.5, a gradient of norm 5e3 and one of norm 5e6 count alike."""
    steps = []
    for second in (1e3, 1e6):
        variables = [keras.Variable([0.0]), keras.Variable([0.0])]
        rule = optimizer(0.2, 0.0, 100)
        rule.build(variables)
        rule.apply([keras.ops.array([0.3]), keras.ops.array([0.4])])
        rule.apply([keras.ops.array([3 * second]), keras.ops.array([4 * second])])
        steps.append([float(variable.value[0]) for variable in variables])
    np.testing.assert_allclose(steps[0], steps[1], rtol=1e-5)


def test_second_moments_forget_within_100_steps():
    assert optimizer(0.2, 0.0, 100).beta_2 == 0.99
