"""What both sides of a bus share: names, limits, shapes and the words of every part."""
