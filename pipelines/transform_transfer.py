"""Does an attack that is adapted to one input transform get through another? (Table 2 and Figure 8.)

    python -m pipelines.transform_transfer --models=enet_scenes --limit=8 --epsilons=8

Crosses every transform that an attack is adapted to with every one before the network, none included at both ends. Ends
with a table on stdout and a run folder, as pipelines.robustness does.
"""

from . import transforms
from .common import main


def run() -> None:
    transforms.run("transform_transfer", cross=True)


if __name__ == "__main__":
    transforms.define_flags()
    main.start(run)
