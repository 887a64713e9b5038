-- ARGV: owner, for how many milliseconds. Answers the generation, or nothing where somebody else holds
-- the lock. Generations come from the time, so that they also rise where the last one was lost.
local held = redis.call('GET', KEYS[1])
if held then
  local owner, generation = string.match(held, '^(.*):(%d+)$')
  if owner ~= ARGV[1] then
    return false
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(generation)
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local generation = math.max(time[1] * 1000000 + time[2], last + 1)
local written = string.format('%.0f', generation)
redis.call('SET', KEYS[2], written)
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. written, 'PX', ARGV[2])
return generation
