"""Names for runs that were given none: an adjective, a noun and a number, at most 20 characters."""

from __future__ import annotations

import random

_ADJECTIVES = (  # noqa: SIM905 - a list of words is for reading
    "amber ample apt ardent balmy bold brave breezy bright brisk calm candid clear clever cosy crisp"
    " daring deft dewy eager early fabled fair fleet fond frank fresh gentle glad golden grand hardy hazy"
    " honest humble jolly keen kind lively lofty loyal lucid lunar mellow merry mild misty noble nimble"
    " open patient placid plucky polite proud quick quiet rapid ready robust rosy rustic serene sharp"
    " silent silky smooth snug solar spry stout subtle sunny sure swift tender tidy tranquil trusty upbeat"
    " valiant vivid warm wise witty young zesty"
).split()
_NOUNS = (  # noqa: SIM905 - a list of words is for reading
    "acacia alder ash aspen bamboo banyan basil beech birch bloom briar cedar cherry clover coral cork"
    " cypress dahlia daisy ebony elm fern fig finch fir flax ginger grove hazel heath heron holly iris ivy"
    " jasmine juniper kapok kite larch laurel lemon lichen lilac lily linden lotus lupin mango maple"
    " meadow mint moss myrtle neem oak olive orchid oriole otter padauk palm peony pine plum poplar quail"
    " quince raven reed river robin rose rowan sage sal sedge sorrel sparrow spruce swan teak thistle"
    " thyme tulip vine violet walnut willow wren yarrow yew"
).split()


def generate() -> str:
    """A name such as ``golden-padauk-417``."""
    name = f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}-{random.randint(0, 1000)}"  # noqa: S311 - no secret
    return name[:20]
