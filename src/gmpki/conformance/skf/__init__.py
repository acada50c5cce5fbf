"""The checks of SKF drivers, a group to a file."""
