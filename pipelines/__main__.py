"""The commands, a line each; `python -m pipelines <command>` starts one, as `python -m pipelines.<command>` does."""

import runpy
import sys

from pipelines.common.commands import commands, listing, unknown

name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("--help", [])
if name in ("--help", "-h"):
    print(listing())
elif name not in commands():
    sys.exit(f"Error: {unknown(name)}")
else:
    sys.argv = [sys.argv[0], *arguments]
    runpy.run_module(f"pipelines.{name}", run_name="__main__", alter_sys=True)
