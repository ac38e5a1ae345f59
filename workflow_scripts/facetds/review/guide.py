"""What each AU looks like, in words, for the reference panel.

After FACS (Ekman, Friesen and Hager 2002) as the literature describes it, in own words.
"""

GUIDE = {
    "AU1": {
        "does": "The inner ends of the brows rise; their outer ends stay where they are.",
        "look": "Brows slant up towards the middle; short level lines in mid-forehead.",
        "not": "Lines across the whole forehead: the outer brow rises as well (AU2). Wide open "
        "eyes under resting brows are AU5.",
    },
    "AU4": {
        "does": "The brows are drawn down and together.",
        "look": "Upright furrows between the brows; less room between brow and eye.",
        "not": "Brows that are low or thick by nature. Inner ends that rise while drawn together "
        "are AU1 and AU4: mark both.",
    },
    "AU5": {
        "does": "The upper lids rise, and the eyes stand wide open.",
        "look": "White above the iris, or the whole upper edge of the iris in sight.",
        "not": "Large or protruding eyes by nature. Brows that rise (AU1) show more of the lid, "
        "but do not lift its edge.",
    },
    "AU6": {
        "does": "The ring muscle around the eye lifts the cheeks and narrows the eyes.",
        "look": "Crow's feet; a bulge under the lower lid, and a deeper furrow below it.",
        "not": "Cheeks pushed up by a broad smile alone (AU12): without lines beside the eyes, "
        "mark AU12 only.",
    },
    "AU12": {
        "does": "The corners of the mouth are pulled up and back.",
        "look": "Corners above the middle of the lips; a deeper fold from nose to mouth.",
        "not": "Corners that turn up in a face at rest, or lips that are only parted (AU25).",
    },
    "AU15": {
        "does": "The corners of the mouth are pulled down.",
        "look": "Corners below the middle of the lips; small pouches or wrinkles beneath them.",
        "not": "A chin that pushes the lower lip up (AU17), or corners that hang with age.",
    },
}
"""By AU: what the muscle does, what to look for, and what not to confuse it with."""
