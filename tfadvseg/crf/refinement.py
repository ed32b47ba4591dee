"""The dense CRF as a fixed step after a network (Deeplab v2; appendix E.3 of the paper)."""

import dataclasses

import tensorflow as tf

from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import CrfParameters


@dataclasses.dataclass(frozen=True)
class DenseCrfRefinement:
    """(logits [N, H, W, C], images [N, H, W, 3]) -> logits after mean field; see `mean_field`."""

    parameters: CrfParameters

    def __call__(self, logits: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """Logits [N, H, W, C], whose softmax are the marginals; images in grey levels, of the size of the logits."""
        return mean_field(logits, images, self.parameters)
