"""Lets the tests of this folder import the module beside them."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent))
