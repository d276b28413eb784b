-- Ends a request that no worker could bring to its end, as failed. A recorded stop wins. The caller then puts the job away.
-- ARGV: 3 the job's entry id, 4 error code, 5 error message
-- Returns 'buried' where the job is to be put away: also to a caller that repeats it, until `dead` tells that it was.
local job = ARGV[3]
local request = read_hash(REQUEST)
if not request.state or (request.job and request.job ~= job) then return { 'superseded' } end
if is_open(request) then
    local ending = { state = 'failed', finish_reason = 'error', error_code = ARGV[4], error_message = ARGV[5] }
    write_ending(request, ending)
    if ending.state ~= 'failed' then return { 'ended' } end
    redis.call('HSET', REQUEST, 'buried', job)
    return { 'buried' }
end
if request.buried == job and not request.dead then return { 'buried' } end
return { 'ended' }
