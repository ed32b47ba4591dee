"""What lies beside exported models: complete, and nothing of a user's is overwritten."""

import errno
import os
import subprocess

import pytest
from google.protobuf import text_format

from tfadvseg.protobufs import message_classes
from tfadvseg.serving.server_files import BATCHING, MODELS, START, listed, models_in, write_server_files


def model(folder, name, version="1"):
    (folder / name / version).mkdir(parents=True)
    (folder / name / version / "saved_model.pb").touch()


def test_all_models_of_the_folder_are_listed_and_nothing_else(tmp_path):
    model(tmp_path, "b")
    model(tmp_path, "a", "3")
    model(tmp_path, "a", "4")
    model(tmp_path, "c", ".export-x")
    (tmp_path / "empty").mkdir()
    assert models_in(tmp_path) == ["a", "b"]
    assert write_server_files(tmp_path) == []
    text = (tmp_path / MODELS).read_text()
    assert text.count("config {") == 2 and text.startswith("model_config_list {\n")
    assert text.index('base_path: "/models/a"') < text.index('base_path: "/models/b"')
    assert text.count("{") == text.count("}")
    assert write_server_files(tmp_path) == [] and (tmp_path / MODELS).read_text() == text
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {MODELS, BATCHING, START}
    assert os.access(tmp_path / START, os.X_OK) and not (tmp_path / MODELS).stat().st_mode & 0o111


def test_a_list_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    model(tmp_path, "a")
    write_server_files(tmp_path)
    before = (tmp_path / MODELS).read_text()
    model(tmp_path, "b")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=MODELS):
        write_server_files(tmp_path)
    assert (tmp_path / MODELS).read_text() == before
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {MODELS, BATCHING, START}


def test_what_a_user_changed_stays(tmp_path):
    model(tmp_path, "a")
    write_server_files(tmp_path)
    own = """model_config_list: { # mine
  config { name: "a" base_path: "/elsewhere/a" model_platform: "tensorflow"
    model_version_policy { specific { versions: 1 } } }
}
# the end }
"""
    own = own.replace("# the end }\n", "")
    (tmp_path / MODELS).write_text(own)
    (tmp_path / BATCHING).write_text("max_batch_size { value: 1 }\n")
    (tmp_path / START).write_text("#!/bin/sh\n")
    model(tmp_path, "b")
    assert write_server_files(tmp_path) == []
    text = (tmp_path / MODELS).read_text()
    assert text.startswith(own.rstrip().removesuffix("}")) and text.count('name: "b"') == 1 and text.count('"a"') == 1
    assert (tmp_path / BATCHING).read_text() == "max_batch_size { value: 1 }\n"
    assert (tmp_path / START).read_text() == "#!/bin/sh\n"


@pytest.mark.parametrize(
    "text", ["", "custom_model_config {}\n", "model_config_list {\n", "model_config_list {}\n# }\n"]
)
def test_what_is_no_list_any_more_is_left_alone_and_said(tmp_path, text):
    model(tmp_path, "a")
    (tmp_path / MODELS).write_text(text)
    assert listed(text, ["a"]) is None
    (said,) = write_server_files(tmp_path)
    assert "is no list of models any more" in said and (tmp_path / MODELS).read_text() == text


def test_a_model_that_is_only_named_in_a_comment_is_added():
    config = 'model_config_list {\n  # config { name: "a" }\n}\n'
    assert listed(config, ["a"]).count('name: "a"') == 2


def test_the_script_starts_the_server_on_all_of_them(tmp_path):
    """With a docker that says how it was called."""
    model(tmp_path, "a")
    write_server_files(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    (tmp_path / "bin" / "docker").chmod(0o755)
    call = ["sh", str(tmp_path / START), "--enable_batching"]
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    words = subprocess.run(call, capture_output=True, text=True, check=True, env={"PATH": path}).stdout.splitlines()
    assert f"type=bind,source={tmp_path},target=/models,readonly" in words and "tensorflow/serving" in words
    assert words[-3:] == [
        "--model_config_file=/models/models.config",
        "--rest_api_timeout_in_ms=600000",
        "--enable_batching",
    ]


BATCHED = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
READ = message_classes(
    "tests.server_files",
    {
        "Value": (("value", 1, "int64"),),
        "Batching": tuple((name, number, "Value") for number, name in enumerate(BATCHED, 1)),
        "Config": (("name", 1, "string"), ("base_path", 2, "string"), ("model_platform", 3, "string")),
        "List": (("config", 1, "Config"),),
        "Server": (("model_config_list", 1, "List"),),
    },
    {"config"},
)
"""Messages with the names of the fields; a text does not know their numbers."""


def test_files_are_text_protos_as_servers_read_them(tmp_path):
    """By the text format's own reader, into a message with fields of these names."""
    model(tmp_path, "a")
    write_server_files(tmp_path)
    server = text_format.Parse((tmp_path / MODELS).read_text(), READ["Server"]())
    assert [(one.name, one.base_path) for one in server.model_config_list.config] == [("a", "/models/a")]
    assert text_format.Parse((tmp_path / BATCHING).read_text(), READ["Batching"]()).max_batch_size.value == 8
