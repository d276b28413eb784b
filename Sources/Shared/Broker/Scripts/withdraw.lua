-- Takes a request back that there was no room for in its queue, as if it had never been accepted: the same id may be sent again. One
-- that was stopped meanwhile, or got a job by a repeated submission, stays.
local request = read_hash(REQUEST)
if request.state ~= 'queued' or request.attempt ~= '0' or request.job then return { 'kept' } end
redis.call('DEL', REQUEST, MESSAGE)
-- Whoever joined it in this moment listens for nothing.
redis.call('PUBLISH', STOPS, 'penstock:ended')
return { 'withdrawn' }
