"""Served networks over the wire: one small client each for TensorFlow Serving and KServe v2, by REST and by gRPC.

A client is called with the name of a signature and arrays by name, and gives arrays by name (`client.Client`). Strings
are object arrays of bytes. Clients may be called from any number of threads at once.
"""

from tfadvseg.endpoints.client import API, Client, connect

__all__ = ["API", "Client", "connect"]
