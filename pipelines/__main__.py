"""The commands, a line each; `python -m pipelines <command>` starts one, as `python -m pipelines.<command>` does, or
`tfadvseg <command>` where pip has installed it."""

import runpy
import sys

from .common.commands import PACKAGE, SHORTHANDS, commands, listing, show, unknown


def main() -> None:
    """Starts the command that is the first word of the command line."""
    name, words = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("--help", [])
    if name in ("--help", "-h"):
        show(listing())
        return
    name, *given = SHORTHANDS.get(name, (name,))
    if name not in commands():
        sys.exit(f"Error: {unknown(name)}")
    sys.argv = [sys.argv[0], *given, *words]
    runpy.run_module(f"{PACKAGE}.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
