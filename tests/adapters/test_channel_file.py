"""The file of channels: read, written whole, never holding an address, and left alone where it is not understood."""

import os
from pathlib import Path

import pytest

from guardian.adapters.channel_file import ChannelFile
from guardian.policy.channels import Channel, ChannelError

OPS = Channel("ops", "ntfy", ("critical",), (1320, 420))


@pytest.fixture
def file(tmp_path: Path) -> ChannelFile:
    return ChannelFile(str(tmp_path / "config" / "channels.toml"))


def test_it_is_read_back_by_whoever_comes_later(file: ChannelFile) -> None:
    assert file.read() == ((), ())
    file.write((OPS, Channel("mail", "email")))
    assert ChannelFile(file.path).read().channels == file.read().channels == (OPS, Channel("mail", "email"))
    assert os.listdir(os.path.dirname(file.path)) == ["channels.toml"]
    assert os.stat(file.path).st_mode & 0o777 == 0o600


def test_a_change_by_another_is_seen(file: ChannelFile) -> None:
    file.write((OPS,))
    ChannelFile(file.path).write(())
    assert file.read().channels == ()
    os.unlink(file.path)
    assert file.read().channels == ()


def test_by_default_it_lies_with_the_settings() -> None:
    assert ChannelFile().path == os.path.join(os.environ["XDG_CONFIG_HOME"], "oom-guardian", "channels.toml")


@pytest.mark.parametrize(
    "text",
    [
        'url = ntfys://SECRET"',
        '[[channel]]\nname = "a"\nkind = "ntfy"\nurl = "ntfys://SECRET"\n',
        '[[channel]]\nname = "ntfys://SECRET"\nkind = "ntfy"\n',
        "channel = [3]\n",
        '[[channel]]\nname = "a"\nkind = "ntfy"\n[[channel]]\nname = "a"\nkind = "email"\n',
        "\udc80",
    ],
)
def test_what_is_not_understood_is_named_without_its_words_and_not_overwritten(file: ChannelFile, text: str) -> None:
    path = Path(file.path)
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    complaints = file.read().complaints
    assert len(complaints) == 1
    assert path.name in complaints[0]
    assert "SECRET" not in complaints[0]
    with pytest.raises(ChannelError):
        file.write((OPS,))
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_the_rest_of_the_file_holds(file: ChannelFile) -> None:
    path = Path(file.path)
    path.parent.mkdir()
    path.write_text('[[channel]]\nname = "bad"\nkind = "fax"\n[[channel]]\nname = "a"\nkind = "ntfy"\n')
    found = file.read()
    assert found.channels == (Channel("a", "ntfy"),)
    assert "channel 1" in found.complaints[0]
