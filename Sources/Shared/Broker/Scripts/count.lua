-- Counts a request among the open ones of its owner, unless there are as many as may be.
-- KEYS[1] owner:{<owner>}:requests, a sorted set of ids by the time they came, in microseconds.
-- ARGV: 1 the request's id, 2 how many may be open, 3 seconds to live, 4 how many are named that may have ended unnoticed
-- Returns 'counted', 'present' where it was counted before, or 'full', the time, and some of those that count: id, time, id, time, …
redis.replicate_commands()
local OPEN = KEYS[1]
if redis.call('ZSCORE', OPEN, ARGV[1]) then return { 'present' } end
local clock = redis.call('TIME')
local time = clock[1] .. string.format('%06d', clock[2])
if redis.call('ZCARD', OPEN) >= tonumber(ARGV[2]) then
    return { 'full', time, unpack(redis.call('ZRANDMEMBER', OPEN, ARGV[4], 'WITHSCORES')) }
end
redis.call('ZADD', OPEN, time, ARGV[1])
redis.call('EXPIRE', OPEN, ARGV[3])
return { 'counted' }
