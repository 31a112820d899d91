"""The colours keep the look's promises: readable text, layers that stay apart without red-green or blue-yellow vision."""

import itertools
import math

import pytest
from PySide6.QtGui import QColor

from guardian.model.composition import Composition
from guardian.model.verdict import State
from guardian.ui.contrast import AA, contrast_ratio
from guardian.ui.tokens import DARK, LIGHT, Pattern, Tokens, for_scheme

BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])

# Ratios as the look's table states them: role -> (light on its surface, dark on its surface).
STATED = {"control": (3.5, 4.6), "text": (16.6, 13.1), "text2": (7.8, 8.3), "text3": (5.7, 6.1), "accent": (6.1, 7.3)}

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
MACHADO = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: QColor) -> list[float]:
    """Linear RGB, 0..1."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def seen(colour: QColor, vision: str) -> list[float]:
    """Linear RGB as an eye of that kind takes it."""
    rgb = linear(colour)
    return [min(1.0, max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in MACHADO[vision]]


def lab(rgb: list[float]) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of linear RGB."""
    matrix = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    white = (0.95047, 1.0, 1.08883)
    ratios = [sum(m * c for m, c in zip(row, rgb, strict=True)) / w for row, w in zip(matrix, white, strict=True)]
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIEDE2000 difference (Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    mean_h = (h1 + h2) if c1 * c2 == 0 else (h1 + turn / 2) % 360
    dl, dc, dh = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(mean_h - 30))
        + 0.24 * math.cos(math.radians(2 * mean_h))
        + 0.32 * math.cos(math.radians(3 * mean_h + 6))
        - 0.20 * math.cos(math.radians(4 * mean_h - 63))
    )
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    rc = 2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    rt = -rc * math.sin(math.radians(60 * math.exp(-(((mean_h - 275) / 25) ** 2))))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_own_delta_e_agrees_with_the_published_pairs(
    one: tuple[float, float, float], other: tuple[float, float, float], expected: float
) -> None:
    assert delta_e(one, other) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("role", sorted(STATED))
@BOTH
def test_roles_reach_the_ratio_that_the_look_states(tokens: Tokens, role: str) -> None:
    assert contrast_ratio(getattr(tokens, role), tokens.surface) >= STATED[role][tokens.dark] - 0.05


@BOTH
def test_every_text_is_readable_wherever_it_may_stand(tokens: Tokens) -> None:
    for ink in (tokens.text, tokens.text2, tokens.text3):
        for ground in (tokens.window, tokens.surface, tokens.raised, tokens.alt, tokens.select):
            assert contrast_ratio(ink, ground) >= AA, (ink.name(), ground.name())
    assert contrast_ratio(tokens.on_accent, tokens.accent) >= AA


@pytest.mark.parametrize("state", list(State))
@BOTH
def test_state_colours_are_text_on_surface_selection_and_their_tint(tokens: Tokens, state: State) -> None:
    colours = tokens.states[state]
    for ground in (tokens.surface, tokens.select, colours.tint):
        assert contrast_ratio(colours.colour, ground) >= AA
    assert contrast_ratio(tokens.text, colours.tint) >= AA
    assert contrast_ratio(tokens.text2, colours.tint) >= AA


@pytest.mark.parametrize("vision", sorted(MACHADO))
@BOTH
def test_neighbouring_layers_stay_apart_for_every_eye(tokens: Tokens, vision: str) -> None:
    layers = [lab(seen(layer.fill, vision)) for layer in tokens.layers]
    apart = [delta_e(one, other) for one, other in itertools.pairwise(layers)]
    assert min(apart) >= 15, [round(each) for each in apart]


@BOTH
def test_layers_are_those_of_the_composition_in_its_order(tokens: Tokens) -> None:
    assert tuple(layer.field for layer in tokens.layers) == Composition._fields[1:]


@BOTH
def test_neighbouring_layers_have_different_patterns(tokens: Tokens) -> None:
    patterns = [layer.pattern for layer in tokens.layers]
    assert all(one is not other for one, other in itertools.pairwise(patterns))


def test_high_contrast_draws_patterns_in_text_and_edges_in_control() -> None:
    tokens = for_scheme(dark=True, high_contrast=True)
    assert tokens.border == tokens.control
    assert all(layer.line == tokens.text for layer in tokens.layers if layer.pattern is not Pattern.PLAIN)
