"""`guardian drill` on this machine, where it can make a group."""

import json
import os

import pytest

from guardian.adapters.confinement import CannotConfine, Confinement
from guardian.cli.main import main


def confinable() -> str:
    try:
        with Confinement(64 << 20):
            return ""
    except CannotConfine as error:
        return str(error)


@pytest.mark.slow
def test_it_warns_ranks_and_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    why = confinable()
    if why:
        pytest.skip(why)
    assert main(["drill", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    proofs = {proof["name"]: proof for proof in found["proofs"]}
    assert proofs["Ranking"]["shown"] is True
    assert proofs["Warning"]["shown"] is True


def test_where_no_group_can_be_made_it_says_what_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:  # noqa: ANN001
    def refuse(self: Confinement, limit: int) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Confinement, "_make", refuse)
    assert main(["drill"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("guardian: No drill: no memory group can be made here")
    assert "As root it can" in said


def test_a_group_goes_with_all_that_lives_in_it() -> None:
    why = confinable()
    if why:
        pytest.skip(why)
    with Confinement(64 << 20) as group:
        pid = os.fork()
        if pid == 0:
            os.execvp("sh", ["sh", "-c", f"echo $$ > {group.procs}; exec sleep 60"])
        while str(pid) not in group.procs.read_text().split():
            pass
    assert not group.folder.exists()
    os.waitpid(pid, 0)
