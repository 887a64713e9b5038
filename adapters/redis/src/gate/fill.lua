-- ARGV: what was decided.
write_down(1)
