"""Examples kept in memory where they fit: reading a photograph anew may cost more than its training step."""

from tqdm import tqdm

from tfadvseg.data.split import Examples


def in_memory(examples: Examples, name: str = "examples", limit: int = 2 << 30) -> Examples:
    """All examples as a list, if they take no more than `limit` bytes; else `examples`, which read one by one.

    How much they take is estimated from the first one. name: what the progress bar says is being read.
    """
    if not len(examples):
        return []
    first = examples[0]
    if len(examples) * (first[1].nbytes + first[2].nbytes) > limit:
        return examples
    bar = tqdm(range(1, len(examples)), f"Reading {name}", unit=" images", initial=1, total=len(examples), disable=None)
    kept: Examples = [first, *(examples[i] for i in bar)]
    return kept
