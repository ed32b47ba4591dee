"""tfadvseg: how robust is a segmentation network, and does the defense help once the attacker knows it?

After Arnab, Miksik and Torr, "On the Robustness of Semantic Segmentation Models to Adversarial Attacks".
Data flows one way: data, transforms, models, attacks, metrics, runs, reports; `pipelines/` puts them together.
"""

__version__ = "0.1.0"
