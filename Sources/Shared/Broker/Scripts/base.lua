-- What every script of a request begins with. Its keys live in one slot:
--   KEYS[1] request:{id}   KEYS[2] tokens:{id}   KEYS[3] message:{id}
-- and first of all the two channels: ARGV[1] tokens:<id>, ARGV[2] stop:<id>.
--
-- A script makes its functions anew each time it is called. Those that somebody waits for do with these.
redis.replicate_commands() -- Redis 6.2 wants it before TIME; later versions do it anyway

local REQUEST, LOG, MESSAGE = KEYS[1], KEYS[2], KEYS[3]
local FEED, STOPS = ARGV[1], ARGV[2]
local SEAL, ENDING = '281474976710656', '281474976710657' -- 2^48: EntryID.sealIndex and endingIndex
local OPEN_SECONDS = 604800 -- a request that has not ended; as long as a job stream
local LOG_SECONDS = 900 -- the log of one that has: time to resume it
local ENDED_SECONDS = 3600 -- what is known of one that has
local MESSAGE_SECONDS = 2592000 -- a saved message
local TEXT_ENTRIES, TEXT_BYTES = 128, 524288 -- of the log, read by one script; RedisBroker.scriptBytes

-- Microseconds since 1970, by the clock of Redis, as text: a number would lose digits on its way out.
local function now()
    local time = redis.call('TIME')
    return time[1] .. string.format('%06d', time[2])
end

-- Called before the first write of what must go through when the memory of Redis is full (maxmemory, noeviction): claims, stops
-- and endings, which free more than they take. Redis refuses the first write of a script that takes memory, and lets one that has
-- begun to write go on. This write takes none.
local function begin() redis.call('EXPIRE', REQUEST, OPEN_SECONDS) end

-- Makes the first write of a script that must go through, with `begin` only where Redis refuses it.
local function write_first(...)
    local answer = redis.pcall(...)
    if type(answer) == 'table' and answer.err then
        begin()
        redis.call(...)
    end
end

-- The id of the last entry of the log.
local function last_id()
    local entries = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)
    return entries[1] and entries[1][1] or '0-0'
end
