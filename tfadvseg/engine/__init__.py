"""The engine runs scenarios: attacks made on a source model, whose images are shown to target models.

`scenario` says what is run, `run` splits it into units of work, `unit` does one, `collect` reads them all back. It
knows no study, no claim and no figure.
"""
