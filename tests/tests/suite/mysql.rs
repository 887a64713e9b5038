//! What holds on MariaDB and MySQL beside what every store must do.

use firstcome_tests::mysql_rules;

mysql_rules!(
    mariadb,
    firstcome_tests::servers::Make::MariaDb,
    cfg_attr(without_mariadb, ignore = "needs MariaDB")
);
mysql_rules!(
    mysql,
    firstcome_tests::servers::Make::MySql,
    cfg_attr(without_mysql, ignore = "needs MySQL")
);
