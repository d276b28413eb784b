-- Records a stop and makes it take effect: a request that no worker holds ends here and now; the log of one that runs is sealed,
-- which makes Redis refuse every later chunk of the attempt, and the worker is told.
-- ARGV: 3 owner or '' for an operator, 4 mode, 5 by, 6 reason, 7 '1' where one that is unknown is not to be submitted any more
-- Returns the outcome, the id of the last entry that a client may be sent, the request that works for this one, or '', and whether the
-- text is still to be saved.
local owner, mode, by, reason = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local request = read_hash(REQUEST)
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
begin()
if request.stop_mode then
    if mode == 'kill' and request.stop_mode == 'stop' then
        redis.call('HSET', REQUEST, 'stop_mode', 'kill')
        redis.call('PUBLISH', STOPS, 'penstock:kill ' .. by .. ' ' .. reason)
    end
    return { 'already_stopped', last_id(), child }
end
record_stop(request, mode, by, reason)
local last = last_id()
if request.state == 'queued' then
    write_ending(request, {})
    return { 'dequeued', last, child, unsaved() }
end
local fields = { 's', mode, 'p', last }
add_stop(fields, request)
write_entry(request.attempt .. '-' .. SEAL, fields)
redis.call('PUBLISH', STOPS, 'penstock:' .. mode .. ' ' .. by .. ' ' .. reason)
return { 'stopped', last, child }
