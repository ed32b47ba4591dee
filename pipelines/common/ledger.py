"""What a programme of jobs remembers of each: the command line, all else that decides its numbers, and how it ended."""

import dataclasses
import json
import pathlib

from tfadvseg.atomic import write_atomically
from tfadvseg.json_text import as_typed, parsed


@dataclasses.dataclass(frozen=True)
class Entry:
    """words: the arguments of its pipeline. terms: a digest of what else decides its numbers. finished: whether it has
    results. sentence: why it failed, "" where it did not."""

    words: list[str]
    terms: str
    finished: bool = False
    sentence: str = ""


class Ledger:
    """The entries of a programme's jobs in a file, kept whole or not at all. ValueError where the file is damaged."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        try:
            kept = parsed(self.path.read_text()) if self.path.is_file() else {}
            self.entries: dict[str, Entry] = as_typed(dict[str, Entry], kept, "the file")
        except (OSError, ValueError) as error:
            raise ValueError(f"{self.path} is damaged; delete it, finished units are kept.") from error

    def keep(self, name: str, entry: Entry) -> None:
        """From now on, also after this process."""
        self.entries[name] = entry
        text = json.dumps({name: dataclasses.asdict(one) for name, one in self.entries.items()}, indent=1)
        write_atomically(self.path, lambda file: file.write(text.encode()))

    def same(self, name: str, words: list[str], terms: str) -> Entry | None:
        """The entry of a job that was started with these; None where it was not, or with others."""
        entry = self.entries.get(name)
        return entry if entry is not None and (entry.words, entry.terms) == (words, terms) else None
