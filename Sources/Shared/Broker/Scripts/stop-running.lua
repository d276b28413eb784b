-- Records a stop and makes it take effect: the log of a request that runs is sealed, which makes Redis refuse every later chunk of the
-- attempt, and the worker is told. Anything else is for `stop.lua`.
-- ARGV: 3 owner or '' for an operator, 4 mode, 5 by, 6 reason
-- Returns the outcome, the id of the last entry that a client may be sent, the request that works for this one, or '', and whether the
-- text is still to be saved.
--
-- Everybody waits for this one: every call of it is one that must be.
local owner, mode, by, reason = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local found = redis.call('HMGET', REQUEST, 'state', 'stop_mode', 'owner', 'attempt', 'child')
if found[1] == 'running' and not found[2] and (owner == '' or owner == found[3]) then
    local time, last, seal = now(), last_id(), found[4] .. '-' .. SEAL
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
    return { 'stopped', last, found[5] or '' }
end
