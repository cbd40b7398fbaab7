"""Label desk: projects of units to label in a database, the labels of several interpreters, and what follows from them.

Interpreters are blind: the map class and the stratum of a unit stand in a table of their own, which nothing that serves
interpreters reads. Labels are only added: whoever takes one back adds a row that withdraws it.
"""
