"""The set-up of a site as verbs that command line and pages share: checked here, stored by others.

Each verb is a function of a transaction; what is wrong comes as one Invalid with all problems,
each with the parameter ``field``.
"""
