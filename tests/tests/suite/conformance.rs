//! The conformance suite, run by every store.

use firstcome_tests::conformance_suite;

conformance_suite!(memory, firstcome_tests::Fixture::memory);
conformance_suite!(sqlite, firstcome_tests::Fixture::sqlite);
conformance_suite!(
    mariadb,
    firstcome_tests::Fixture::mariadb,
    cfg_attr(without_mariadb, ignore = "needs MariaDB")
);
conformance_suite!(
    mysql,
    firstcome_tests::Fixture::mysql,
    cfg_attr(without_mysql, ignore = "needs MySQL")
);
