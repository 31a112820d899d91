"""Layers can be told apart without their colours."""

import pytest
from PySide6.QtGui import QBrush, QColor, QImage

from guardian.ui.patterns import hatch_brush, layer_brush, mix
from guardian.ui.tokens import DARK, LIGHT, Pattern, Tokens

BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def pixels(brush: QBrush) -> set[str]:
    image: QImage = brush.textureImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


@BOTH
def test_patterned_layers_show_fill_and_line_and_plain_ones_only_the_fill(tokens: Tokens) -> None:
    for index, layer in enumerate(tokens.layers):
        brush = layer_brush(tokens, index, 1.0)
        if layer.pattern is Pattern.PLAIN:
            assert brush.texture().isNull()
            assert brush.color() == layer.fill
        else:
            assert len(pixels(brush)) > 1
            assert layer.fill.name() in pixels(brush), layer.word


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@BOTH
def test_tiles_have_whole_device_pixels_and_keep_their_size(tokens: Tokens, ratio: float) -> None:
    for index, layer in enumerate(tokens.layers):
        if layer.pattern is not Pattern.PLAIN:
            brush = layer_brush(tokens, index, ratio)
            assert brush.textureImage().width() == round(layer.period * ratio)
            assert brush.transform().m11() == pytest.approx(1 / ratio)


def test_a_texture_is_built_once(light: object) -> None:
    assert layer_brush(LIGHT, 1, 1.0).texture().cacheKey() == layer_brush(LIGHT, 1, 1.0).texture().cacheKey()


@BOTH
def test_old_data_fade_towards_the_surface(tokens: Tokens) -> None:
    faded = layer_brush(tokens, 2, 1.0, faded=True).color()
    assert faded == mix(tokens.layers[2].fill, tokens.surface, 0.45)


@BOTH
def test_an_adjustment_is_hatched_in_no_layers_colour(tokens: Tokens) -> None:
    shown = {QColor(name).name() for name in pixels(hatch_brush(tokens, 1.0))}
    assert tokens.surface.name() in shown
    assert not shown.intersection(layer.fill.name() for layer in tokens.layers)
