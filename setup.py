"""Lists the import packages that live one level below the product's folders; everything else is in setup.cfg."""

from setuptools import find_packages, setup

ROOTS = ("core", "plugins", "connectors", "themes", "migrations")
folders = {name: f"{root}/{name.replace('.', '/')}" for root in ROOTS for name in find_packages(root)}

setup(packages=sorted(folders), package_dir=folders)
