"""Product pictures, path-traced from parameters.

Each archetype of the catalogue (a solitaire ring, a tennis necklace, ...) is a small scene in `scenes`, made of stones
from `gems` and goldsmith's parts from `metalwork`; `studio` lights, photographs and denoises it; `encode` turns the
master pictures into the AVIF and WebP files that the shop serves. `python -m dev.renders --help` runs the whole, and
picks up where it stopped.

Mitsuba and its companions are tools: `dev/renders/requirements.txt` lists them, and the shop itself never imports them.
"""
