redis.call('UNLINK', known, undecided)
