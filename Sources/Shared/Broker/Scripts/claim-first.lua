-- Makes a worker the owner of a request, with the next attempt. The marker that opens the attempt is written here; the worker
-- reads the log afterwards, which cannot grow behind its back: the ids of every earlier attempt are now too small.
-- This is the first claim of a job; anything else is for `claim.lua`.
-- ARGV: 3 the job's entry id, 4 worker
-- Returns also the microseconds that are left for it, '' where it may take any time.
local job, worker = ARGV[3], ARGV[4]
local found = redis.call('HMGET', REQUEST, 'state', 'attempt', 'job', 'stop_mode', 'queue_until', 'end_by')
if found[1] == 'queued' and found[2] == '0' and (found[3] or job) == job and not found[4] then
    local moment = now()
    local time, wait, total = tonumber(moment), found[5] and tonumber(found[5]), found[6] and tonumber(found[6])
    if not (wait and time >= wait or total and time >= total) then
        write_first('HSET', REQUEST, 'state', 'running', 'attempt', '1', 'worker', worker, 'job', job, 'claimed_at', moment)
        -- As write_entry does it, without a table and its encoding.
        redis.call('XADD', LOG, '1-0', 'a', worker, 'p', '0-0')
        redis.call('PUBLISH', FEED, '1-0 a {"a":' .. cjson.encode(worker) .. ',"p":"0-0"}')
        redis.call('EXPIRE', LOG, OPEN_SECONDS)
        return { 'claimed', '1', total and string.format('%.0f', total - time) or '' }
    end
end
