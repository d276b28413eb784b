-- Makes a worker the owner of a request, with the next attempt. The marker that opens the attempt is written here; the worker
-- reads the log afterwards, which cannot grow behind its back: the ids of every earlier attempt are now too small.
-- ARGV: 3 the job's entry id, 4 worker
-- Returns also the microseconds that are left for it, '' where it may take any time.
local job, worker = ARGV[3], ARGV[4]
local request = read_fields({ 'state', 'job', 'attempt', 'stop_mode', 'created_at', 'queue_until', 'end_by' })
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
    write_ending(read_hash(REQUEST), {})
    return { 'ended', 'cancelled' }
end
local moment = now()
local time = tonumber(moment)
local due, why = deadline(request)
if due and time >= due then
    -- It waited too long, or its worker died before it could end it. Nobody is to generate for that.
    write_ending(read_hash(REQUEST), expired({}, why))
    return { 'ended', 'expired' }
end
local attempt = string.format('%d', (tonumber(request.attempt) or 0) + 1)
local fields = { 'a', worker, 'p', last_id() }
if attempt ~= '1' then add(fields, 't', string.format('%d', total())) end
write_entry(attempt .. '-0', fields)
redis.call('EXPIRE', LOG, OPEN_SECONDS)
redis.call('HSET', REQUEST, 'state', 'running', 'attempt', attempt, 'worker', worker, 'job', job, 'claimed_at', moment)
return { 'claimed', attempt, request.end_by and string.format('%.0f', tonumber(request.end_by) - time) or '' }
