-- Gives a running request back to its queue. A recorded stop wins: the worker is to end the request then.
-- ARGV: 3 attempt
local request = read_hash(REQUEST)
if request.attempt ~= ARGV[3] then return { 'lost' } end
if request.state == 'queued' then return { 'held' } end
if request.state ~= 'running' then return { 'lost' } end
if request.stop_mode then return stopped(request) end
begin()
redis.call('HSET', REQUEST, 'state', 'queued', 'worker', '')
return { 'held' }
