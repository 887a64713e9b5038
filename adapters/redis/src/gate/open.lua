-- ARGV: generation, until when it is kept, in milliseconds.
redis.call('HSET', known, '#generation', ARGV[1], '#until', ARGV[2])
let_go()
