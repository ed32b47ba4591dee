"""tfadvseg: how robust is a segmentation network, and does the defense help once the attacker knows it?

After Arnab, Miksik and Torr, "On the Robustness of Semantic Segmentation Models to Adversarial Attacks".
Data flows one way: a study designs scenarios; the engine runs their attacks on images and models; results lie in a run
folder; from there the study judges the paper's claims, and `reports` draws. `pipelines/` are the command lines.
"""

__version__ = "0.2.0"
