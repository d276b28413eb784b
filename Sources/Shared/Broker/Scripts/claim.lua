-- The claim of a job that somebody has had, or that nobody may generate for any more. Behind `claim-first.lua`.
local request = read_hash(REQUEST)
if not request.state then
    -- Forgotten: it waited longer than its time to live. Its message, which lives longer, is told so.
    if redis.call('HGET', MESSAGE, 'request') and not redis.call('HGET', MESSAGE, 'finish_reason') then
        redis.call('HSET', MESSAGE, 'finish_reason', 'expired', 'completed_at', now())
    end
    return { 'superseded' }
end
if not is_open(request) then return { 'ended', request.state } end
if request.job and request.job ~= job then return { 'superseded' } end
begin()
if request.stop_mode then
    -- The worker that had it died before it could obey. Nobody needs to generate for that.
    write_ending(request, {})
    return { 'ended', 'cancelled' }
end
local moment = now()
local time = tonumber(moment)
local due, why = deadline(request)
if due and time >= due then
    -- It waited too long, or its worker died before it could end it. Nobody is to generate for that.
    write_ending(request, expired({}, why))
    return { 'ended', 'expired' }
end
local attempt = string.format('%d', (tonumber(request.attempt) or 0) + 1)
write_entry(attempt .. '-0', { 'a', worker, 'p', last_id(), 't', string.format('%d', total()) })
redis.call('EXPIRE', LOG, OPEN_SECONDS)
redis.call('HSET', REQUEST, 'state', 'running', 'attempt', attempt, 'worker', worker, 'job', job, 'claimed_at', moment)
return { 'claimed', attempt, request.end_by and string.format('%.0f', tonumber(request.end_by) - time) or '' }
