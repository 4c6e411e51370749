"""The version of what is running."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("cableqa")
except PackageNotFoundError:  # a checkout that is not installed
    VERSION = "0"
