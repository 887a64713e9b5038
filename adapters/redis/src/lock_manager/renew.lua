-- ARGV: who held it, for how many milliseconds. Answers whether it still did.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
