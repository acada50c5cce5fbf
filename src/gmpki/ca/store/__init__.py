"""The database of an authority: its tables, transactions, migrations, audit log, backup."""
