-- What is kept of an event. Everything is keyed by consumer; the counts are written by the script that
-- writes what they count.
--
-- KEYS[1], a hash:
--   CONSUMER               coupon (16 bytes): a place, undecided; coupon and copy (32): its copy
--   #COUPON                how many have a place or a copy
--   #holders, #undecided   how many have a copy, or a place only
--   #generation, #until    of an open gate; until when it is kept, in milliseconds
-- KEYS[2], a sorted set:
--   CONSUMER               since when its place is undecided, in microseconds
local known, undecided = KEYS[1], KEYS[2]

-- So many consumers are looked up with one call.
local AT_ONCE = 500
-- A gate that is not opened is let go after so long, in milliseconds: ten minutes.
local NEVER_OPENED = 600000

-- Where one of the keys was lost alone, nothing is believed.
local function is_open(generation)
  local found = redis.call('HMGET', known, '#generation', '#undecided')
  return found[1] == generation
    and tonumber(found[2] or 0) == redis.call('ZCARD', undecided)
end

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Both keys go at the same time. A key that was written anew is kept for ever otherwise.
local function let_go()
  local at = redis.call('HGET', known, '#until')
  for _, key in ipairs(KEYS) do
    if at then
      redis.call('PEXPIREAT', key, at)
    else
      redis.call('PEXPIRE', key, NEVER_OPENED)
    end
  end
end
