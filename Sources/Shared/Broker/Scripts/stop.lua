-- A stop of a request that does not run, or is stopped: one that no worker holds ends here and now. Behind `stop-running.lua`, which has
-- asked for `found`.
-- ARGV: 7 '1' where one that is unknown is not to be submitted any more
local request = { state = found[1] or nil, stop_mode = found[2] or nil, owner = found[3] or nil }
local child = found[5] or ''
if not request.state and ARGV[7] == '1' then
    -- Nobody's: whoever submits it is told that its id is in use.
    local time = now()
    redis.call('HSET', REQUEST, 'state', 'cancelled', 'owner', '', 'attempt', '0', 'created_at', time, 'ended_at', time)
    redis.call('EXPIRE', REQUEST, ENDED_SECONDS)
    return { 'dequeued', '0-0', '' }
end
if not request.state or (owner ~= '' and request.owner ~= owner) then return { 'unknown' } end
if not is_open(request) then
    return { request.state == 'cancelled' and 'already_stopped' or 'already_completed', last_id(), child }
end
if request.stop_mode then
    if mode == 'kill' and request.stop_mode == 'stop' then
        write_first('HSET', REQUEST, 'stop_mode', 'kill')
        redis.call('PUBLISH', STOPS, 'penstock:kill ' .. by .. ' ' .. reason)
    end
    return { 'already_stopped', last_id(), child }
end
-- It is in its queue.
begin()
request = read_hash(REQUEST)
record_stop(request, mode, by, reason)
local last = last_id()
write_ending(request, {})
return { 'dequeued', last, child, unsaved() }
