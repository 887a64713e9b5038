-- ARGV: generation, how many offers, COUPON LIMIT of each, then OFFER CONSUMER of each arrival; nodes may
-- differ about a coupon's cap. Answers nothing where the gate is closed, otherwise of each arrival:
-- 0 undecided, 1 admitted, 2 full, or coupon and copy.
if not is_open(ARGV[1]) then
  return false
end
local coupons, limits, places = {}, {}, {}
local first = 3
for n = 1, tonumber(ARGV[2]) do
  coupons[n], limits[n] = ARGV[first], tonumber(ARGV[first + 1])
  places[coupons[n]] = tonumber(redis.call('HGET', known, '#' .. coupons[n]) or 0)
  first = first + 2
end
local since = string.format('%.0f', micros())
local answers, admitted = {}, 0
for from = first, #ARGV, 2 * AT_ONCE do
  local consumers = {}
  for at = from, math.min(from + 2 * AT_ONCE, #ARGV) - 1, 2 do
    consumers[#consumers + 1] = ARGV[at + 1]
  end
  local found = redis.call('HMGET', known, unpack(consumers))
  local new, facts, times = {}, {}, {}
  for i, consumer in ipairs(consumers) do
    local n = tonumber(ARGV[from + 2 * (i - 1)])
    local coupon = coupons[n]
    local has, answer = found[i] or new[consumer], 2
    if has then
      answer = #has == 16 and 0 or has
    elseif places[coupon] < limits[n] then
      answer = 1
      places[coupon] = places[coupon] + 1
      new[consumer] = coupon
      facts[#facts + 1] = consumer
      facts[#facts + 1] = coupon
      times[#times + 1] = since
      times[#times + 1] = consumer
    end
    answers[#answers + 1] = answer
  end
  if #facts > 0 then
    admitted = admitted + #facts / 2
    redis.call('HSET', known, unpack(facts))
    redis.call('ZADD', undecided, unpack(times))
  end
end
if admitted > 0 then
  redis.call('HINCRBY', known, '#undecided', admitted)
  for coupon, taken in pairs(places) do
    redis.call('HSET', known, '#' .. coupon, taken)
  end
  let_go()
end
return answers
