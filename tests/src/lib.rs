//! Helpers shared by the end-to-end tests; the tests themselves stand in `tests/tests/`.
