"""What lies beside the SavedModels of a folder, so that a server can be started on all of them."""

import os
import pathlib
import re

from tfadvseg.atomic import write_atomically

MODELS, BATCHING, START = "models.config", "batching_parameters.txt", "serve.sh"

BATCHING_TEXT = f"""\
# What TensorFlow Serving joins into a batch:
#     sh serve.sh --enable_batching --batching_parameters_file=/models/{BATCHING}
# It joins requests of one signature whose photographs have one size. Others it refuses, unless it may pad them, which
# would change their labels: so send photographs of mixed sizes as files, to the signature `encoded`.
max_batch_size {{ value: 8 }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 2 }}
"""

START_TEXT = f"""\
#!/bin/sh
# Serves the models of this folder by TensorFlow Serving: gRPC on port 8500, REST on port 8501. An attack takes longer
# than the 30 seconds after which REST gives up by itself. Further words go to the server.
cd "$(dirname "$0")" || exit 1
exec docker run --rm -p 8500:8500 -p 8501:8501 --mount "type=bind,source=$PWD,target=/models,readonly" \\
    "${{IMAGE:-tensorflow/serving}}" --model_config_file=/models/{MODELS} --rest_api_timeout_in_ms=600000 "$@"
"""

ENTRY = """\
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
"""


def write_server_files(models_folder: str | os.PathLike[str]) -> list[str]:
    """Writes models.config, which lists all models in a folder, batching_parameters.txt and serve.sh. What is there
    already stays as it is, but for models that its list lacks, which are added at its end. Returns sentences about what
    could not be done."""
    folder = pathlib.Path(models_folder)
    for name, text in ((BATCHING, BATCHING_TEXT), (START, START_TEXT)):
        if not (folder / name).exists():
            _write(folder / name, text)
    path = folder / MODELS
    before = path.read_text() if path.exists() else "model_config_list {\n}\n"
    after = listed(before, models_in(folder))
    if after is None:
        return [f"{path} is no list of models any more (model_config_list {{ ... }}), so it was left as it is."]
    if after != before or not path.exists():
        _write(path, after)
    return []


def models_in(folder: pathlib.Path) -> list[str]:
    """Names of the models of which a folder holds a version."""
    return sorted({file.parents[1].name for file in folder.glob("*/*/saved_model.pb") if file.parent.name.isdigit()})


def listed(config: str, models: list[str]) -> str | None:
    """The text of a models.config with entries for those of `models` that it lacks, all else as it was; None where it
    is no list to which anything could be added."""
    plain = re.sub(r"#.*", "", config)
    if not re.match(r"\s*model_config_list\s*:?\s*\{", plain) or not plain.rstrip().endswith("}"):
        return None
    known = set(re.findall(r"""\bname\s*:\s*["']([^"']*)["']""", plain))
    missing = "".join(ENTRY.format(name=name) for name in models if name not in known)
    end = len(config) - len(config.rstrip())
    last = config.rfind("}", 0, len(config) - end)
    if not missing:
        return config
    if "#" in config[config.rfind("\n", 0, last) + 1 : last]:  # the last brace stands in a comment
        return None
    head = config[:last]
    return head + ("" if head.endswith("\n") else "\n") + missing + config[last:]


def _write(path: pathlib.Path, text: str) -> None:
    """Whole or not at all, since a server may read it at any time."""
    write_atomically(path, lambda file: file.write(text.encode()))
    if path.suffix == ".sh":
        path.chmod(0o755)
