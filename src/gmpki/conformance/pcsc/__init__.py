"""The checks of cards in readers of PC/SC, a group to a file."""
