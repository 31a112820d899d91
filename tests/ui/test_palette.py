"""Native widgets get readable colours, and keep the system's where these are as readable."""

import pytest
from PySide6.QtGui import QColor, QPalette

from guardian.ui.contrast import AA, contrast_ratio
from guardian.ui.palette import adopt, build_palette
from guardian.ui.tokens import DARK, LIGHT, Tokens

Role = QPalette.ColorRole


def system(**colours: str) -> QPalette:
    palette = QPalette()
    for name, colour in colours.items():
        palette.setColor(getattr(Role, name), QColor(colour))
    return palette


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_every_pair_of_text_and_ground_is_readable(tokens: Tokens) -> None:
    palette = build_palette(tokens, system(Window="#808080", Base="#707070", Text="#7f7f7f", Highlight="#ff0000"))
    for ink, ground in (
        (Role.WindowText, Role.Window),
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.PlaceholderText, Role.Base),
        (Role.ButtonText, Role.Button),
        (Role.HighlightedText, Role.Highlight),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.Link, Role.Base),
    ):
        assert contrast_ratio(palette.color(ink), palette.color(ground)) >= AA, (ink, ground)
    disabled = palette.color(QPalette.ColorGroup.Disabled, Role.Text)
    assert contrast_ratio(disabled, palette.color(Role.Base)) >= AA


def test_a_readable_system_keeps_its_own_colours() -> None:
    kept = adopt(LIGHT, system(Window="#efefef", Base="#ffffff", Text="#000000", Highlight="#e4eefc", Accent="#104a9e"))
    assert [each.name() for each in (kept.window, kept.text, kept.select, kept.accent)] == [
        "#efefef",
        "#000000",
        "#e4eefc",
        "#104a9e",
    ]


def test_colours_that_are_hard_to_read_are_replaced() -> None:
    poor = system(Window="#303030", Base="#eeeeee", Text="#555555", Highlight="#308cc6", Accent="#308cc6")
    kept = adopt(LIGHT, poor)
    assert (kept.window, kept.surface, kept.text, kept.select, kept.accent) == (
        LIGHT.window,
        LIGHT.surface,
        LIGHT.text,
        LIGHT.select,
        LIGHT.accent,
    )


def test_a_window_brighter_than_its_cards_is_not_taken_over() -> None:
    assert adopt(DARK, system(Window="#323232", Base="#242424")).window == DARK.window
