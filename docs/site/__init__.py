"""How the manual at /help is made of docs/: the generator's hooks, and the pages made from facts.

Runs when the manual is built, never in the service.
"""
