"""Every theme can be read, in light and in dark: contrast computed from the token files themselves (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from privacy.register import profiles

CSS = Path(__file__).resolve().parent.parent / "static" / "css"
THEMES = sorted(path.stem for path in (CSS / "themes").glob("*.css"))
MODES = ("light", "dark")
GROUNDS = ("paper", "paper-quiet", "paper-raised")
TEXT = [
    *((text, ground) for text in ("ink", "ink-soft", "metal", "signal", "good", "due") for ground in GROUNDS),
    *(("ink", f"{word}-quiet") for word in ("metal", "signal", "good", "due")),
    *((f"{word}", f"{word}-quiet") for word in ("metal", "signal", "good", "due")),
    ("paper", "ink"),
    ("paper", "metal"),
    ("paper", "signal"),
    ("on-stage", "stage"),
]
CONTROLS = [("control", ground) for ground in GROUNDS]

DARK_BLOCK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", re.DOTALL)
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")


def colours(file: Path, mode: str) -> dict[str, str]:
    """The colours *file* gives in *mode*; what dark does not say again is as in light."""
    css = file.read_text()
    light = dict(TOKEN.findall(DARK_BLOCK.sub("", css)))
    dark = {name: value for block in DARK_BLOCK.findall(css) for name, value in TOKEN.findall(block)}
    return light if mode == "light" else dark


def tokens(theme: str, mode: str) -> dict[str, str]:
    """What the cascade leaves: light tokens, then dark ones, the theme's layer above the defaults."""
    default, own = CSS / "tokens.css", CSS / "themes" / f"{theme}.css"
    files = (
        [(default, "light"), (own, "light")]
        if mode == "light"
        else [(default, "light"), (default, "dark"), (own, "light"), (own, "dark")]
    )
    return {name: value for file, which in files for name, value in colours(file, which).items()}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_shop_has_a_theme_and_its_part_of_the_head() -> None:
    heads = CSS.parent.parent / "templates" / "components" / "theme"
    assert sorted(path.stem for path in heads.glob("*.html")) == THEMES
    assert THEMES == ["jane_ellen", "jen_hansen", "jessies_selection", "jskeuc", "selenegleam"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_only_overrides_known_colours_and_says_each_again_for_the_dark(theme: str) -> None:
    own = CSS / "themes" / f"{theme}.css"
    light, dark = colours(own, "light").keys(), colours(own, "dark").keys()
    assert light <= colours(CSS / "tokens.css", "light").keys()
    assert light - {"stage", "on-stage"} == dark


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("theme", THEMES)
def test_text_and_controls_stand_out(theme: str, mode: str) -> None:
    value = tokens(theme, mode)
    pairs = [(pair, 4.5) for pair in TEXT] + [(pair, 3.0) for pair in CONTROLS]
    too_faint = {
        f"{fore} on {ground}": round(contrast(value[fore], value[ground]), 2)
        for (fore, ground), least in pairs
        if contrast(value[fore], value[ground]) < least
    }
    assert too_faint == {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("theme", THEMES)
def test_letters_wear_the_colours_of_their_shop(theme: str, mode: str) -> None:
    letter, page = getattr(profiles.named(theme).mail, mode), tokens(theme, mode)
    assert vars(letter) == {name.replace("-", "_"): page[name] for name in ("paper", "ink", "ink-soft", "hairline")}
