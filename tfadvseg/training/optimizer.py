"""AdamW with a warm-up and a cosine decay."""

import keras

NOT_DECAYED = ("bias", "beta", "gamma", "alpha")
"""Variables that weight decay leaves alone: offsets, and the scales of normalisations and of PReLUs."""


def schedule(learning_rate: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """From a 20th of the learning rate up to it in the first 50th of the steps, then a cosine down to a 100th of it."""
    warmup = max(1, steps // 50)
    return keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, max(1, steps - warmup), alpha=0.01, warmup_target=learning_rate, warmup_steps=warmup
    )


def optimizer(learning_rate: float, weight_decay: float, steps: int) -> keras.optimizers.Optimizer:
    """For a training of so many steps; learning_rate: its peak.

    Trainings here have a few thousand steps, so the second moments forget within 100 of them and not within 1,000; and
    the norm of all gradients together is cut to 1, so that a rare class in one batch cannot throw a network off.
    """
    made = keras.optimizers.AdamW(
        schedule(learning_rate, steps), weight_decay=weight_decay, beta_2=0.99, global_clipnorm=1.0
    )
    made.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return made
