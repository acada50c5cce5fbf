"""The authority: its settings, the keys that it has had, issuing in two commits, and what a crash leaves behind."""
