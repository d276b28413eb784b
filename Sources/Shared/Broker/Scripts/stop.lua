-- Records a stop and makes it take effect: a request that no worker holds ends here and now; the log of one that runs is sealed,
-- which makes Redis refuse every later chunk of the attempt, and the worker is told.
-- ARGV: 3 owner or '' for an operator, 4 mode, 5 by, 6 reason, 7 '1' where one that is unknown is not to be submitted any more
-- Returns the outcome, the id of the last entry that a client may be sent, the request that works for this one, or '', and whether the
-- text is still to be saved.
--
-- Everybody waits for this one: every call of it is one that must be.
local owner, mode, by, reason = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local request = read_fields({ 'state', 'owner', 'attempt', 'stop_mode', 'child' })
if not request.state and ARGV[7] == '1' then
    -- Nobody's: whoever submits it is told that its id is in use.
    local time = now()
    redis.call('HSET', REQUEST, 'state', 'cancelled', 'owner', '', 'attempt', '0', 'created_at', time, 'ended_at', time)
    redis.call('EXPIRE', REQUEST, ENDED_SECONDS)
    return { 'dequeued', '0-0', '' }
end
local child = request.child or ''
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
if request.state == 'queued' then
    begin()
    request = read_hash(REQUEST)
    record_stop(request, mode, by, reason)
    local last = last_id()
    write_ending(request, {})
    return { 'dequeued', last, child, unsaved() }
end
local time, last, seal = now(), last_id(), request.attempt .. '-' .. SEAL
write_first('HSET', REQUEST, 'stop_mode', mode, 'stop_by', by, 'stop_reason', reason, 'stop_at', time)
-- As write_entry does it, without a table and its encoding.
local text = '{"s":"' .. mode .. '","p":"' .. last .. '","mode":"' .. mode .. '","by":"' .. by .. '","requested_at":"' .. time .. '"'
if reason == '' then
    redis.call('XADD', LOG, seal, 's', mode, 'p', last, 'mode', mode, 'by', by, 'requested_at', time)
else
    redis.call('XADD', LOG, seal, 's', mode, 'p', last, 'mode', mode, 'by', by, 'reason', reason, 'requested_at', time)
    text = text .. ',"reason":' .. cjson.encode(reason)
end
redis.call('PUBLISH', FEED, seal .. ' s ' .. text .. '}')
redis.call('PUBLISH', STOPS, 'penstock:' .. mode .. ' ' .. by .. ' ' .. reason)
return { 'stopped', last, child }
