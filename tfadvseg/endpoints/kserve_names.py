"""Which model a KServe v2 server has for a signature: the protocol knows models alone."""

from tfadvseg.endpoints.client import DEFAULT, Settings


def model_of(settings: Settings, signature: str) -> str:
    """The name that is given for it, or else NAME for the default signature and NAME_signature for others."""
    usual = settings.name if signature == DEFAULT else f"{settings.name}_{signature}"
    return settings.names.get(signature, usual)
