"""An object store for tests, fake://<path>: over a folder, with whole puts, no renames, and faults on demand.

A bucket is a folder with a file BUCKET. Faults are a JSON in the environment variable FAULTS, so that processes which a
test starts have them, too: {"slow": seconds a call, "fails": which put of a unit breaks off half-way, counted from 1,
"denied": whether listings and puts are refused, "lag": seconds after which a listing shows an object}.
"""

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
        bucket = next((parent for parent in path.parents if (parent / BUCKET).exists()), None)
        if bucket is None:
            raise FileNotFoundError("NoSuchBucket")
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = bucket / f".{uuid.uuid4().hex}"
        if path.suffix == ".npz":
            FakeStore.puts += 1
            if FakeStore.puts == faults.get("fails"):
                raise ConnectionError("Connection reset by peer")
        scratch.write_bytes(value)
        if mode == "create":
            os.link(scratch, path)  # FileExistsError
            scratch.unlink()
        else:
            os.replace(scratch, path)

    def cat_file(self, path, start=None, end=None, **kwargs):
        return self._asked(path).read_bytes()

    def info(self, path, **kwargs):
        path = self._asked(path)
        found = path.stat()
        return {"name": str(path), "size": found.st_size, "type": "directory" if path.is_dir() else "file"}

    def ls(self, path, detail=True, **kwargs):
        if self.faults.get("denied"):
            raise PermissionError("AccessDenied")
        before = time.time() - self.faults.get("lag", 0)
        paths = [one for one in self._asked(path).iterdir() if one.is_dir() or one.stat().st_mtime <= before]
        return [self.info(one) for one in paths] if detail else [str(one) for one in paths]

    def rm_file(self, path):
        self._asked(path).unlink()

    @property
    def faults(self):
        return json.loads(os.environ.get(FAULTS, "{}"))

    def _asked(self, path):
        time.sleep(self.faults.get("slow", 0))
        return pathlib.Path(self._strip_protocol(str(path)))


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
