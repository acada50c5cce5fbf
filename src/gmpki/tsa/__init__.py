"""Time-stamps (RFC 3161, GM/T 0033): asking for them, making them, and judging them."""
