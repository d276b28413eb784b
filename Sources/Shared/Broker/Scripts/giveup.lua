-- Ends a request that no worker could bring to its end, as failed. A recorded stop wins.
-- ARGV: 3 the job's entry id, 4 error code, 5 error message
-- Returns 'given_up' also to a caller that repeats it; and whether the text is still to be saved.
local job = ARGV[3]
local request = read_hash(REQUEST)
if not request.state or (request.job and request.job ~= job) then return { 'superseded' } end
if is_open(request) then
    begin()
    local ending = { state = 'failed', finish_reason = 'error', error_code = ARGV[4], error_message = ARGV[5] }
    write_ending(request, ending)
    if ending.state ~= 'failed' then return { 'ended', unsaved() } end
    redis.call('HSET', REQUEST, 'given_up', job)
    return { 'given_up', unsaved() }
end
return { request.given_up == job and 'given_up' or 'ended', unsaved() }
