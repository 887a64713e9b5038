-- ARGV: for how many microseconds, how many at most. Answers CONSUMER COUPON of each.
local before = string.format('(%.0f', micros() - ARGV[1])
local consumers = redis.call('ZRANGEBYSCORE', undecided, '-inf', before, 'LIMIT', 0, ARGV[2])
local places = {}
for _, consumer in ipairs(consumers) do
  places[#places + 1] = consumer
  places[#places + 1] = redis.call('HGET', known, consumer) or ''
end
return places
