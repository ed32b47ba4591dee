"""Time, peak memory and waiting of the demo, as a whole process.

    python -m benchmarks.demo [flags of pipelines.robustness]

Prints the demo's own output, then its wall-clock seconds and the largest resident memory of the process.
"""

import resource
import subprocess
import sys
import tempfile
import time


def main():
    flags = sys.argv[1:] or ["--limit=16"]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pipelines.robustness", f"--output={folder}", *flags], check=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{seconds:.0f} s wall clock, {peak:.2f} GiB peak resident memory")


if __name__ == "__main__":
    main()
