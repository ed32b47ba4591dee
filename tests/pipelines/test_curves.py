"""--curves: asked for at any start of a run, of so many photographs, and no part of the recipe."""

from tfadvseg.runs import curves

FLAGS = ("--limit=2", "--batch_size=1", "--attacks=fgsm,ifgsm", "--epsilons=1,8")


def test_attacks_are_followed_where_it_is_asked_for(call, small, undrawn, tmp_path):
    arguments = (*small, *FLAGS, f"--output={tmp_path / 'run'}")
    assert call("robustness", *arguments).returncode == 0
    assert not (tmp_path / "run" / curves.FILE).exists()
    before = (tmp_path / "run" / "cells.npz").read_bytes()
    dry = call("robustness", *arguments, "--curves=1", "--dry_run")
    assert dry.returncode == 0 and "steps-conv" in dry.stdout, dry.stderr
    for wanted in (1, 2):
        ended = call("robustness", *arguments, f"--curves={wanted}")
        assert ended.returncode == 0, ended.stderr
        found = curves.read(tmp_path / "run" / curves.FILE)
        assert found["image"].nunique() == wanted and set(found["epsilon"]) == {8.0}
        assert found.groupby("attack")["step"].max().to_dict() == {"fgsm": 1, "ifgsm": 10}
    assert (tmp_path / "run" / "cells.npz").read_bytes() == before
