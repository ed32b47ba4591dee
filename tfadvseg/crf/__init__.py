"""The fully connected CRF on images of any size: (logits, images) -> logits, differentiable and exportable.

`mean_field` is a function without weights of its own and made of TensorFlow's own graph operations alone, so that it
runs wherever TensorFlow does; `parameters` holds the published settings. What else is here stands on these two.
"""
