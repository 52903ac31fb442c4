"""Runs before the program: of torchvision only the networks are used, so that its compiled
operators are left out, and with them what it would say of these."""

import sys
from types import ModuleType

_OF_OPERATORS = "torchvision._meta_registrations"

sys.modules[_OF_OPERATORS] = ModuleType(_OF_OPERATORS)
