-- How a queue stands at one instant. Reads a few entries, however long the queue is.
-- KEYS[1] jobs:<queue>. ARGV: 1 the group of workers, 2 how many of the jobs that wait to name
-- Returns how many wait, how many workers have taken and not acknowledged, the time in microseconds since 1970 as text, and the
-- requests of the oldest jobs that wait ('' where an entry names none).
local JOBS = KEYS[1]

local time = redis.call('TIME')
local now = time[1] .. string.format('%06d', time[2])
local stream = redis.pcall('XINFO', 'STREAM', JOBS)
-- Nobody has submitted anything yet.
if stream.err and string.find(stream.err, 'no such key') then return { 0, 0, now, {} } end
if stream.err then return stream end
stream = fields(stream)
local last, delivered, taken = number(stream['last-generated-id']), '0-0', 0
for _, group in ipairs(redis.call('XINFO', 'GROUPS', JOBS)) do
    group = fields(group)
    if group.name == ARGV[1] then delivered, taken = group['last-delivered-id'], group.pending end
end
local waiting = math.max(math.min(last - number(delivered), stream.length), 0)
local requests = {}
for _, entry in ipairs(redis.call('XRANGE', JOBS, '(' .. delivered, '+', 'COUNT', ARGV[2])) do
    requests[#requests + 1] = fields(entry[2]).id or ''
end
return { waiting, taken, now, requests }
