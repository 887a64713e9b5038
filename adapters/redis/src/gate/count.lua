-- Answers how many have a copy, and how many a place only.
return { tonumber(redis.call('HGET', known, '#holders') or 0), redis.call('ZCARD', undecided) }
