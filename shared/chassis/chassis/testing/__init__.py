"""What tests of services stand on: a real PostgreSQL, a real broker, a service under test."""
