"""Seals and signatures in PDF documents."""
