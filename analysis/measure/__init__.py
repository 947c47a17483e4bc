"""Measuring: numbers and findings from plain values; nothing is read or written here."""
