CREATE DATABASE IF NOT EXISTS `firstcome`;

-- For `firstcome migrate` only. Run these, migrate, then run what is below.
CREATE USER IF NOT EXISTS 'firstcome_migrate'@'%' IDENTIFIED BY '<password to migrate>';
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON `firstcome`.* TO 'firstcome_migrate'@'%';

-- For `firstcome serve`, of tables that are there. LOCK TABLES lets it lock a row that it does not change.
CREATE USER IF NOT EXISTS 'firstcome'@'%' IDENTIFIED BY '<password to serve>';
GRANT LOCK TABLES ON `firstcome`.* TO 'firstcome'@'%';
GRANT SELECT ON `firstcome`.`_sqlx_migrations` TO 'firstcome'@'%';
GRANT SELECT, INSERT ON `firstcome`.`events` TO 'firstcome'@'%';
GRANT SELECT, INSERT ON `firstcome`.`discount_policies` TO 'firstcome'@'%';
GRANT SELECT, INSERT ON `firstcome`.`stock_entries` TO 'firstcome'@'%';
GRANT SELECT, INSERT ON `firstcome`.`order_items` TO 'firstcome'@'%';
GRANT SELECT, INSERT ON `firstcome`.`saga_trace` TO 'firstcome'@'%';
GRANT SELECT, INSERT, DELETE ON `firstcome`.`idempotency_keys` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (cap, paused, epoch, issued, held, used, withdrawn, withdrawn_up_to) ON `firstcome`.`coupons` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (last) ON `firstcome`.`epochs` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (generation) ON `firstcome`.`gate_generation` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (state, used) ON `firstcome`.`issued_coupons` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (price, stock) ON `firstcome`.`products` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (balance, points) ON `firstcome`.`wallets` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (folded) ON `firstcome`.`money_entries` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (folded) ON `firstcome`.`sellers` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (status, failure, delivery) ON `firstcome`.`orders` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (direction, phase, outcome, step, tries, epoch, due_at, last_error, traced) ON `firstcome`.`sagas` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (state) ON `firstcome`.`holds` TO 'firstcome'@'%';
GRANT SELECT, INSERT, UPDATE (owner, generation, until_at) ON `firstcome`.`leases` TO 'firstcome'@'%';
