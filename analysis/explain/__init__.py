"""From numbers to findings (values) and from findings to sentences (text that they decide).

`hardest` measures why the class with the lowest F1 is hard, `space` where images lie among each
other; `prose` and its neighbours write.
"""
