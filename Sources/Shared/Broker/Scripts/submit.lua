-- Accepts a request and puts its job into its queue, at one instant; or says what the same id already names, or that there is no room.
-- KEYS[4] jobs:<queue>
-- ARGV: 3 owner, 4 session, 5 digest of what is asked, 6 queue, 7 the user's message, 8 seconds that nobody may watch, or '',
--       9 milliseconds that it may wait or '', 10 milliseconds that it may take in all or '',
--       11 the request's id, 12 the job, 13 how many may wait or '', 14 the group of workers, 15 seconds for the queue to live
-- Returns 'accepted', the entry's id and its place among those that wait; 'full' and how many wait; 'joined' and what is there; or 'conflict'.
local owner, session, digest, queue, parent = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if redis.call('EXISTS', REQUEST, MESSAGE) > 0 then
    local found = redis.call('HMGET', REQUEST, 'state', 'owner', 'session', 'digest', 'job', 'saved', 'user_message')
    -- The record of a request goes before its message does: an id that names a message is not free.
    if found[2] ~= owner or found[4] ~= digest then return { 'conflict' } end
    return { 'joined', found[3], found[5] or '', found[1], found[6] or '', found[7] or '' }
end
-- The first write: where Redis has no memory it is refused, and nothing was done.
local job, waiting = put(KEYS[4], ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15])
if not job then return { 'full', waiting } end
local time = now()
local fields = { 'state', 'queued', 'owner', owner, 'session', session, 'digest', digest, 'queue', queue, 'attempt', '0',
    'created_at', time, 'user_message', parent, 'on_disconnect', ARGV[8], 'job', job }
local function set_limit(name, milliseconds)
    if milliseconds == '' then return end
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.0f', tonumber(time) + tonumber(milliseconds) * 1000)
end
set_limit('queue_until', ARGV[9])
set_limit('end_by', ARGV[10])
redis.call('HSET', REQUEST, unpack(fields))
redis.call('EXPIRE', REQUEST, OPEN_SECONDS)
redis.call('HSET', MESSAGE, 'role', 'assistant', 'owner', owner, 'session', session, 'parent', parent, 'request', '1',
    'content', '', 'is_complete', '0', 'created_at', time)
redis.call('EXPIRE', MESSAGE, MESSAGE_SECONDS)
return { 'accepted', job, waiting + 1 }
