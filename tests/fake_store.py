"""An object store for tests, fake://<path>: over a folder, with whole puts, no renames, and faults on demand.

A bucket is a folder with a file BUCKET. Faults are a JSON in the environment variable FAULTS, so that processes which a
test starts have them, too: {"slow": seconds a call, "fails": which put of a unit breaks off half-way, counted from 1,
"denied": whether listings and puts are refused, "lag": seconds after which a listing shows an object}.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import time
import uuid

from fsspec.spec import AbstractFileSystem

BUCKET, FAULTS = ".bucket", "FAKE_STORE_FAULTS"


class FakeStore(AbstractFileSystem):
    protocol = "fake"
    puts = 0

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        path, faults = self._asked(path), self.faults
        if faults.get("denied"):
            raise PermissionError("AccessDenied")
        bucket = bucket_of(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = bucket / f".{uuid.uuid4().hex}"
        if path.suffix == ".npz":
            FakeStore.puts += 1
            if FakeStore.puts == faults.get("fails"):
                raise ConnectionError("Connection reset by peer")
        scratch.write_bytes(value)
        with alone(bucket):
            if mode == "create":
                os.link(scratch, path)  # FileExistsError
                scratch.unlink()
            else:
                os.replace(scratch, path)

    def cat_file(self, path, start=None, end=None, **kwargs):
        return self._asked(path).read_bytes()

    def info(self, path, **kwargs):
        return entry(self._asked(path))

    def ls(self, path, detail=True, **kwargs):
        if self.faults.get("denied"):
            raise PermissionError("AccessDenied")
        before = time.time() - self.faults.get("lag", 0)
        folder = self._asked(path)
        with alone(bucket_of(folder)):
            found = [entry(one) for one in folder.iterdir() if one.is_dir() or one.stat().st_mtime <= before]
        return found if detail else [one["name"] for one in found]

    def rm_file(self, path):
        path = self._asked(path)
        with alone(bucket_of(path)):
            path.unlink()

    @property
    def faults(self):
        return json.loads(os.environ.get(FAULTS, "{}"))

    def _asked(self, path):
        time.sleep(self.faults.get("slow", 0))
        return pathlib.Path(self._strip_protocol(str(path)))


def entry(path):
    found = path.stat()
    return {"name": str(path), "size": found.st_size, "type": "directory" if path.is_dir() else "file"}


def bucket_of(path):
    found = next((one for one in (path, *path.parents) if (one / BUCKET).exists()), None)
    if found is None:
        raise FileNotFoundError("NoSuchBucket")
    return found


@contextlib.contextmanager
def alone(bucket):
    """Puts and listings happen one after another: a disk's own listing may lack a file that is replaced meanwhile."""
    with open(bucket / BUCKET, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made(bucket):
    """The URL of a new bucket over this folder."""
    bucket.mkdir(parents=True)
    (bucket / BUCKET).touch()
    return f"fake://{bucket}"


def installed(folder):
    """Makes a package of this module's name known in a folder, so that every process that looks there has the store."""
    about = folder / "fake_store-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fake_store\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[fsspec.specs]\nfake = fake_store:FakeStore\n")
    return folder
