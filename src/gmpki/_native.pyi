# The CFFI module that the build makes from native/include. CFFI has no types of its own: `algorithms` gives every
# value that comes out of it a type where it enters Python.
from typing import Any

ffi: Any
lib: Any
