-- ARGV: generation, then what was decided.
if is_open(ARGV[1]) then
  write_down(2)
end
