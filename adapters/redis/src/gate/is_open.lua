-- ARGV: generation.
return is_open(ARGV[1])
