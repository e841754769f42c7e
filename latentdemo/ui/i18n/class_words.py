"""Attributes of pictures and their classes in words: of the data sets that ship, and of groups of look-alikes.

What is not named here, such as the labels of one's own pictures, stays as it is.
"""

from __future__ import annotations

import re

from latentdemo.ui.i18n.words import N_, _

ATTRIBUTES = {
    "class": N_("kind"),
    "look": N_("look"),
    "hair": N_("hair style"),
    "hair_color": N_("hair colour"),
    "skin_color": N_("skin colour"),
    "eyes": N_("eyes"),
    "eyebrows": N_("eyebrows"),
    "nose": N_("nose"),
    "mouth": N_("mouth"),
    "facial_hair": N_("beard"),
    "accessory": N_("glasses"),
    "clothing": N_("clothes"),
    "clothing_color": N_("colour of clothes"),
}
PHRASES = {
    "hair_color": N_("have {value} hair"),
    "eyes": N_("have “{value}” eyes"),
    "eyebrows": N_("have “{value}” eyebrows"),
    "nose": N_("have a “{value}” nose"),
    "mouth": N_("have a “{value}” mouth"),
    "class": N_("are “{value}”"),
    "look": N_("are “{value}”"),
    "skin_color": N_("have {value} skin"),
    "clothing_color": N_("wear {value} clothes"),
}
"""What pictures of a class do, by its attribute, as the end of a sentence."""
HAIR = {
    "BIG_HAIR": N_("big hair"),
    "BOB": N_("bob"),
    "BUN": N_("bun"),
    "BUZZCUT": N_("buzz cut"),
    "CAESAR": N_("Caesar cut"),
    "CURLY": N_("curly"),
    "CURVY": N_("wavy"),
    "FRO": N_("afro"),
    "FRO_BAND": N_("afro with a band"),
    "HALF_SHAVED": N_("half shaved"),
    "LONG_NOT_TOO_LONG": N_("half long"),
    "LOOSE_HAIR": N_("loose"),
    "MIA_WALLACE": N_("bob with a fringe"),
    "MOWGLI": N_("shoulder length, tousled"),
    "PIXIE": N_("pixie cut"),
    "POMPADOUR": N_("pompadour"),
    "QUIFF": N_("quiff"),
    "SHAGGY": N_("shaggy"),
    "SHAGGY_MULLET": N_("shaggy mullet"),
    "SHORT_CURLY": N_("short, curly"),
    "SHORT_DREADS_1": N_("short dreadlocks"),
    "SHORT_FLAT": N_("short, flat"),
    "SHORT_ROUND": N_("short, round"),
    "SHORT_WAVED": N_("short, wavy"),
    "SIDES": N_("at the sides only"),
    "STRAIGHT_1": N_("long, straight"),
    "STRAIGHT_STRAND": N_("long, straight, with a strand"),
}
FACE = {
    "CLOSED": N_("closed"),
    "DEFAULT": N_("plain"),
    "HAPPY": N_("smiling"),
    "SIDE": N_("looking sideways"),
    "SQUINT": N_("narrowed"),
    "SURPRISED": N_("wide open"),
    "WINK": N_("winking"),
    "DEFAULT_NATURAL": N_("plain, natural"),
    "FLAT_NATURAL": N_("flat, natural"),
    "RAISED_EXCITED": N_("raised"),
    "RAISED_EXCITED_NATURAL": N_("raised, natural"),
    "UP_DOWN": N_("one raised"),
    "UP_DOWN_NATURAL": N_("one raised, natural"),
    "SMALL": N_("small"),
    "WIDE": N_("wide"),
    "BIG_SMILE": N_("broad smile"),
    "SERIOUS": N_("serious"),
    "SMILE": N_("smile"),
    "TWINKLE": N_("slight smile"),
}
WORN = {
    "NONE": N_("none"),
    "BEARD_LIGHT": N_("short beard"),
    "BEARD_MEDIUM": N_("full beard"),
    "MOUSTACHE_FANCY": N_("curled moustache"),
    "MOUSTACHE_MAGNUM": N_("thick moustache"),
    "PRESCRIPTION_1": N_("narrow glasses"),
    "PRESCRIPTION_2": N_("large glasses"),
    "ROUND": N_("round glasses"),
    "SUNGLASSES": N_("sunglasses"),
    "WAYFARERS": N_("dark wayfarers"),
    "COLLAR_SWEATER": N_("collar and sweater"),
    "HOODIE": N_("hoodie"),
    "SHIRT_CREW_NECK": N_("shirt, round neck"),
    "SHIRT_SCOOP_NECK": N_("shirt, wide neck"),
    "SHIRT_V_NECK": N_("shirt, V neck"),
}
COLOURS = {
    "AUBURN": N_("auburn"),
    "BLACK": N_("black"),
    "BLONDE": N_("blonde"),
    "BLONDE_GOLDEN": N_("golden blonde"),
    "BROWN": N_("brown"),
    "BROWN_DARK": N_("dark brown"),
    "DARK_BROWN": N_("dark brown"),
    "PASTEL_PINK": N_("pastel pink"),
    "PLATINUM": N_("platinum"),
    "RED": N_("red"),
    "SILVER_GRAY": N_("silver grey"),
    "PALE": N_("pale"),
    "LIGHT": N_("light"),
    "BLUE_01": N_("light blue"),
    "BLUE_02": N_("blue"),
    "BLUE_03": N_("dark blue"),
    "GRAY_01": N_("light grey"),
    "GRAY_02": N_("dark grey"),
    "HEATHER": N_("heather grey"),
    "PASTEL_BLUE": N_("pastel blue"),
    "PASTEL_GREEN": N_("pastel green"),
    "PASTEL_YELLOW": N_("pastel yellow"),
    "PINK": N_("pink"),
    "WHITE": N_("white"),
}
CLOTHES = {
    "T-shirt/top": N_("T-shirt or top"),
    "Trouser": N_("trousers"),
    "Pullover": N_("pullover"),
    "Dress": N_("dress"),
    "Coat": N_("coat"),
    "Sandal": N_("sandal"),
    "Shirt": N_("shirt"),
    "Sneaker": N_("sneaker"),
    "Bag": N_("bag"),
    "Ankle boot": N_("ankle boot"),
}
CLASSES = HAIR | FACE | WORN | COLOURS | CLOTHES
GROUP = re.compile(r"group (\d+)")


def attribute_word(attribute: str) -> str:
    """An attribute in words."""
    return _(ATTRIBUTES[attribute]) if attribute in ATTRIBUTES else attribute.replace("_", " ")


def class_word(name: str) -> str:
    """A class in words."""
    group = GROUP.fullmatch(name)
    if group:
        return _("group {number}", number=group[1])
    return _(CLASSES[name]) if name in CLASSES else name


def class_phrase(attribute: str, name: str) -> str:
    """What pictures of a class do, as the end of a sentence."""
    value = class_word(name)
    if attribute in PHRASES:
        return _(PHRASES[attribute], value=value)
    return _("have “{value}” as their {attribute}", value=value, attribute=attribute_word(attribute))
