//! The conformance suite, run by every store.

use firstcome_tests::conformance_suite;

conformance_suite!(memory, firstcome_tests::Fixture::memory);
conformance_suite!(sqlite, firstcome_tests::Fixture::sqlite);
