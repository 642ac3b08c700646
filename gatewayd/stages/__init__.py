"""Stages: each reads rows, asks core/, acts, writes rows in the next state, and rings a bell that is only a hint.

No stage calls another. A crash needs no recovery code beyond reading rows.
"""
