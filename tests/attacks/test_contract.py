"""The contract of an attack, proven on one small attack of each shape that the package does not hold yet."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS, PAPER, Trait, fgsm, ifgsm, ifgsm_ll, mi_fgsm
from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.minimal import Minimal
from tfadvseg.attacks.objectives import Objective, away_from_labels, cross_entropy, given
from tfadvseg.attacks.plan import Single, label_maps_of, plan, total_cost
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.seeds import image_seeds, no_seeds


@dataclasses.dataclass(frozen=True)
class Staged:
    """One attack after the other, each begins where the one before ended: SEA's radii (Croce et al. 2024)."""

    stages: tuple[GradientAscent, ...]
    in_range: bool = False
    black_box: bool = False

    @property
    def epsilon(self):
        return self.stages[-1].epsilon

    @property
    def cost(self):
        return Cost(*np.sum([stage.cost for stage in self.stages], 0).tolist())

    def __call__(self, model, images, labels, seeds=None, attackable=None, start=None):
        for stage in self.stages:
            start = stage(model, images, labels, seeds, attackable, start)
        return start


@dataclasses.dataclass(frozen=True)
class Smallest:
    """The least epsilon of FGSM that changes a prediction, by bisection: an attack that finds its own norm."""

    most: float
    halvings: int
    epsilon: float | None = None
    in_range: bool = False
    black_box: bool = False

    @property
    def cost(self):
        return Cost(gradients=1, forwards=self.halvings)

    def __call__(self, model, images, labels, seeds=None, attackable=None, start=None):
        direction = fgsm(1.0)(model, images, labels, seeds, attackable)
        low, high = tf.zeros(images.shape[0]), tf.fill(images.shape[:1], self.most)
        for _ in range(self.halvings):
            middle = (low + high) / 2
            predictions = tf.argmax(model(images + middle[:, None, None, None] * direction), -1, tf.int32)
            fooled = tf.reduce_any(predictions != labels, (1, 2))
            low, high = tf.where(fooled, low, middle), tf.where(fooled, middle, high)
        return high[:, None, None, None] * direction


@dataclasses.dataclass(frozen=True)
class Signs:
    """Random signs, of which those stay that change more labels: an attack that sees label maps alone."""

    epsilon: float
    queries: int
    in_range: bool = False
    black_box: bool = True

    @property
    def cost(self):
        return Cost(queries=self.queries)

    def __call__(self, query, images, labels, seeds=None, attackable=None, start=None):
        x, rng = images.numpy(), np.random.default_rng(int(seeds[0, 0]) % 2**32)
        best, most = np.zeros_like(x), np.full(len(x), -1)
        for _ in range(self.queries):
            tried = self.epsilon * rng.choice(np.float32([-1, 1]), x.shape)
            answer = query(x + tried)
            assert isinstance(answer, np.ndarray) and answer.dtype == np.int32
            changed = (answer != labels.numpy()).sum((1, 2))
            best, most = np.where((changed > most)[:, None, None, None], tried, best), np.maximum(changed, most)
        return best


@pytest.fixture(scope="module")
def few(smooth_model):
    x = tf.constant(np.random.default_rng(8).integers(0, 256, (2, 6, 8, 3)), tf.float32)
    return smooth_model, x, tf.argmax(smooth_model(x), -1, tf.int32)


def test_every_attack_of_the_table_keeps_the_contract():
    for name, named in ATTACKS.items():
        epsilon = None if named.has(Trait.OWN_NORM) else 4.0
        settings = {"target": 1} if named.has(Trait.TO_A_CLASS) else {}
        settings |= {"hidden": 1} if named.has(Trait.HIDES) else {}
        attack = named(epsilon, **settings)
        assert isinstance(attack, Attack) and attack.epsilon == epsilon, name
        if named.has(Trait.BLIND):
            assert attack.cost.gradients == 0 and not hasattr(attack, "gradient"), name
        else:
            run, runs = (attack.attack, attack.runs) if isinstance(attack, Minimal) else (attack, 1)
            assert attack.cost.gradients == runs * run.steps and not attack.black_box, name
            assert (run.steps > 1) == named.has(Trait.STEPPING), name
        assert named(epsilon, **settings) == attack  # equal settings, equal attacks
    for attack in (Staged((ifgsm(2.0),)), Smallest(8.0, 3), Signs(4.0, 5)):
        assert isinstance(attack, Attack)


def test_attacks_that_find_their_own_norm_are_made_without_one_and_all_others_with():
    with pytest.raises(ValueError, match="that finds its own norm is given no epsilon; got 8, leave it out"):
        ATTACKS["dag"](8.0)
    with pytest.raises(ValueError, match="in a ball needs the ball's radius, epsilon, in grey levels; got none"):
        ATTACKS["fgsm"]()


OWN_NORM = {
    "minimal_fgsm": {"runs": 6},
    "minimal_apgd_ce": {"runs": 3, "steps": 4},
    "alma_prox": {"steps": 60},
    "dag": {"steps": 60},
    "dag_permuted": {"steps": 60},
}
"""One of each kind in the table, short."""


@pytest.mark.parametrize("name", OWN_NORM)
def test_own_norms_stay_in_the_range_on_whole_levels_and_off_what_may_not_change(few, name):
    """Where nothing counts, nothing is to be done; where a file can hold no fraction, none is returned."""
    model, images, labels = few
    attackable = tf.constant(np.arange(48).reshape(1, 6, 8, 1) % 4 > 0, tf.float32)
    made = ATTACKS[name](in_range=True, whole_levels=True, **OWN_NORM[name])
    labels = tf.tensor_scatter_nd_update(labels, [[1]], tf.fill((1, 6, 8), LEFT_OUT))
    found = made(model, images, labels, no_seeds(images), attackable).numpy()
    adversarial = images.numpy() + found
    assert adversarial.min() >= 0 and adversarial.max() <= 255 and np.abs(found).max() >= 1
    assert (found == np.rint(found)).all() and not (found * (1 - attackable.numpy())).any() and not found[1].any()


@pytest.mark.parametrize("name", OWN_NORM)
def test_an_image_does_not_depend_on_its_batch(few, name):
    model, images, labels = few
    made, seeds = ATTACKS[name](**OWN_NORM[name]), tf.constant(image_seeds(0, ["a", "b"]))
    both = made(model, images, labels, seeds)
    alone = [made(model, images[i : i + 1], labels[i : i + 1], seeds[i : i + 1])[0] for i in range(2)]
    np.testing.assert_allclose(both, alone, atol=1e-3)


def test_attacks_of_all_shapes_are_planned_together_and_each_gives_what_it_gives_alone(few):
    model, images, labels = few
    attacks = [
        ifgsm(4.0),
        mi_fgsm(4.0),
        Staged((ifgsm(4.0), ifgsm_ll(2.0))),
        Signs(4.0, 6),
        fgsm(2.0),
        Smallest(8.0, 4),
    ]
    places = plan(attacks)
    assert [positions for _, positions in places] == [(0, 4), (1,), (2,), (3,), (5,)]
    assert [group.black_box for group, _ in places] == [False, False, False, True, False]
    assert total_cost(attacks) == (5 + 0 + 5 + 8 + 1, 4, 6) and total_cost(attacks).work == 19 + 5
    seeds = no_seeds(images)
    for group, positions in places:
        for perturbation, position in zip(group(model, images, labels, seeds, None), positions, strict=True):
            attack = attacks[position]
            seen = label_maps_of(model) if attack.black_box else model
            np.testing.assert_array_equal(perturbation, attack(seen, images, labels, seeds))


def test_stages_begin_where_the_one_before_ended(few):
    """Three steps and then two are five; a smaller ball takes in what the larger one left."""
    model, images, labels = few
    halves = Staged((ifgsm(4.0, steps=3), ifgsm(4.0, steps=2)))(*few)
    np.testing.assert_array_equal(halves, ifgsm(4.0, steps=5)(*few))
    shrinking = Staged((ifgsm(8.0, steps=6), ifgsm(2.0, steps=1)))(*few)
    assert np.abs(shrinking).max() == 2


def test_an_attack_may_find_its_own_norm(linear_model):
    """Class 0 has logit 4; at levels of 100 class 1 has 200 eps/1000 less than it in closed form."""
    images, labels = tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32)
    # logits 0: 4; 1: 100 (0.001 - 0.002 + 0.003) = 0.2; 2: 100 (0.002 - 0.001 + 0.001) - 1 = -0.8; slopes 0.006, 0.004
    found = Smallest(2000.0, 24)(linear_model, images, labels)
    assert np.abs(found).max() == pytest.approx(3.8 / 0.006, rel=1e-4)


def test_a_black_box_attack_beats_its_first_guess(few):
    model, images, labels = few
    seeds = no_seeds(images)
    query = label_maps_of(model)
    changed = [(query(images + Signs(8.0, n)(query, images, labels, seeds)) != labels.numpy()).sum() for n in (1, 30)]
    assert changed[0] < changed[1]
    (place,) = plan([Signs(8.0, 30)])
    assert isinstance(place.group, Single)


def test_the_progress_goes_from_0_by_equal_steps_and_is_told_to_every_loss(few):
    """A loss that is a gradient of its own sign before half of the steps and against it after them."""

    def turning(logits, labels, progress):
        return tf.where(progress < 0.5, 1.0, -1.0) * cross_entropy(logits, labels)

    attack = GradientAscent(8.0, steps=4, objective=Objective(given, 1.0, turning, timed=True))
    forth = GradientAscent(8.0, steps=2)
    back = GradientAscent(8.0, steps=2, objective=Objective(given, -1.0))
    np.testing.assert_array_equal(attack(*few), Staged((forth, back))(*few))
    assert [len(positions) for _, positions in plan([attack, dataclasses.replace(attack, epsilon=4.0)])] == [1, 1]


def test_gradient_and_score_come_from_the_same_pass(few):
    model, images, labels = few
    found = plain_gradient(model, away_from_labels, images, labels, no_seeds(images))
    np.testing.assert_allclose(found.score, tf.reduce_sum(cross_entropy(model(images), labels), (1, 2)), rtol=1e-6)


def test_momentum_by_hand(few):
    """NumPy's own sum of gradients, each divided by its l1 norm."""
    model, images, labels = few
    momentum, r = np.zeros(images.shape), np.zeros(images.shape, np.float32)
    for _ in range(4):
        gradient = plain_gradient(model, away_from_labels, images + r, labels, no_seeds(images)).gradient.numpy()
        momentum = 0.9 * momentum + gradient / np.abs(gradient).sum((1, 2, 3), keepdims=True)
        r = np.clip(r + 1.5 * np.sign(momentum), -4, 4).astype(np.float32)
    np.testing.assert_array_equal(mi_fgsm(4.0, alpha=1.5, steps=4, decay=0.9)(*few), r)


def test_the_papers_four_attacks_stand_in_the_table():
    assert set(PAPER) <= set(ATTACKS) and len(PAPER) == 4
