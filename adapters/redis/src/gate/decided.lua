-- Writes down what the ledger has decided: ARGV from here on is CONSUMER COUPON COPY of each, COPY empty
-- where the consumer has none. A copy that is known stays known, whatever comes later.
local function write_down(first)
  local moved, holders, places = {}, 0, 0
  local function move(coupon, by)
    moved[coupon] = (moved[coupon] or 0) + by
  end
  for from = first, #ARGV, 3 * AT_ONCE do
    local consumers = {}
    for at = from, math.min(from + 3 * AT_ONCE, #ARGV) - 2, 3 do
      consumers[#consumers + 1] = ARGV[at]
    end
    local found = redis.call('HMGET', known, unpack(consumers))
    local now, facts, freed, settled = {}, {}, {}, {}
    for i, consumer in ipairs(consumers) do
      local coupon, copy = ARGV[from + 3 * i - 2], ARGV[from + 3 * i - 1]
      local has = now[consumer]
      if has == nil then
        has = found[i]
      end
      if not has or #has == 16 then
        if has then
          move(has, -1)
          places = places - 1
          settled[#settled + 1] = consumer
        end
        if copy ~= '' then
          move(coupon, 1)
          holders = holders + 1
          now[consumer] = coupon .. copy
          facts[#facts + 1] = consumer
          facts[#facts + 1] = coupon .. copy
        elseif has then
          now[consumer] = false
          freed[#freed + 1] = consumer
        end
      end
    end
    if #settled > 0 then
      redis.call('ZREM', undecided, unpack(settled))
    end
    if #freed > 0 then
      redis.call('HDEL', known, unpack(freed))
    end
    if #facts > 0 then
      redis.call('HSET', known, unpack(facts))
    end
  end
  for coupon, by in pairs(moved) do
    redis.call('HINCRBY', known, '#' .. coupon, by)
  end
  if holders ~= 0 then
    redis.call('HINCRBY', known, '#holders', holders)
  end
  if places ~= 0 then
    redis.call('HINCRBY', known, '#undecided', places)
  end
  let_go()
end
