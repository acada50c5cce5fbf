"""Who works at an authority: operators, what they may do, where, and how they log in."""
