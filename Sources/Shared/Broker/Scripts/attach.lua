-- Notes that another request works for this one, and is to be stopped with it, before it is submitted.
-- ARGV: 3 attempt, 4 the child's id
local request = read_hash(REQUEST)
if request.attempt ~= ARGV[3] or request.state ~= 'running' then return { 'lost' } end
if request.stop_mode then return stopped(request) end
redis.call('HSET', REQUEST, 'child', ARGV[4])
return { 'held' }
