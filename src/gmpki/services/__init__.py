"""ASGI applications over the layers below: they parse, call one function, and answer."""
