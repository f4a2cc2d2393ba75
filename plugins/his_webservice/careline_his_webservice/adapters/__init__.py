"""One package for each kind of system: ``settings.py`` its table, ``build.py`` its adapter."""
