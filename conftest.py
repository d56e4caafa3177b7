"""Tests everywhere may use the chassis' fixtures."""

pytest_plugins = ["chassis.testing.plugin"]
