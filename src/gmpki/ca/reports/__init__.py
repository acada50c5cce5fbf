"""What the database tells: searches, the ledger, counts, and what will expire."""
