"""Applications by the names of their units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.protocol.application import application_of, unescape_unit


@pytest.mark.parametrize(
    "unit,application",
    [
        ("app-gnome-org.gnome.Terminal-1234.scope", "org.gnome.Terminal"),
        ("app-org.kde.konsole-0a1b2c.scope", "org.kde.konsole"),
        ("app-flatpak-org.mozilla.firefox-77.scope", "org.mozilla.firefox"),
        ("app-firefox@0a1b2c3d.service", "firefox"),
        (r"app-gnome-code\x2dinsiders-9.scope", "code-insiders"),
        (r"app-org.gnome.SettingsDaemon\x2dtest@autostart.service", "org.gnome.SettingsDaemon-test"),
        ("app-org.gnome.Terminal.slice", "org.gnome.Terminal"),
        (r"app-caf\xc3\xa9-1.scope", "café"),
        ("snap.firefox.firefox-0a1b-2c3d.scope", "firefox"),
        ("app-lonely.scope", "lonely"),
        ("session-2.scope", None),
        ("vte-spawn-0a1b.scope", None),
        ("sshd.service", None),
        ("app-.scope", None),
        ("", None),
        (None, None),
    ],
)
def test_application_is_read_from_the_unit(unit: str | None, application: str | None) -> None:
    assert application_of(unit) == application


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    application_of(text)
    application_of(f"app-{text}.scope")
    unescape_unit(text)


@given(st.from_regex(r"[a-z][a-z0-9.]{0,20}", fullmatch=True))
def test_escaped_dashes_come_back(name: str) -> None:
    assert application_of(rf"app-gnome-{name}\x2dx-12.scope") == f"{name}-x"
