-- What the scripts share that end requests, and those that have time; behind `base.lua`.

local function read_hash(key)
    local flat = redis.call('HGETALL', key)
    local fields = {}
    for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
    return fields
end

local function is_open(request) return request.state == 'queued' or request.state == 'running' end

-- When the time of an open request is over, in microseconds since 1970, and what to say then; nil where it may take any time. Until a
-- worker has it for the first time it may wait so long, and it may take so long in all.
local function deadline(request)
    local wait, total = request.attempt == '0' and tonumber(request.queue_until), tonumber(request.end_by)
    local created = tonumber(request.created_at)
    if wait and (not total or wait <= total) then
        return wait, string.format('the request waited in the queue for longer than %g s', (wait - created) / 1000000)
    end
    if total then
        return total, string.format('the request took longer than %g s', (total - created) / 1000000)
    end
end

-- Makes an ending one of a request whose time is over.
local function expired(ending, why)
    ending.state, ending.finish_reason, ending.error_code, ending.error_message = 'expired', 'expired', 'BACKEND_TIMEOUT', why
    return ending
end

-- The field `name` of an entry, or nil.
local function field(fields, name)
    for i = 3, #fields, 2 do
        if fields[i] == name then return tonumber(fields[i + 1]) end
    end
end

-- The number of tokens of the log behind its last restart. Each marker but the first and every 64th chunk has the running total, so
-- that few entries need be read.
local function total()
    local tokens, to = 0, '+'
    while true do
        local page = redis.call('XREVRANGE', LOG, to, '-', 'COUNT', 32)
        for _, entry in ipairs(page) do
            local fields = entry[2]
            if fields[1] == 'r' then return tokens end
            local sum = field(fields, 't')
            if sum then return tokens + sum end
            if fields[1] == 'c' then tokens = tokens + (field(fields, 'n') or 1) end
        end
        if #page < 32 then return tokens end
        to = '(' .. page[#page][1]
    end
end

-- The text of the log behind its last restart, or nil where that is more than a script may read while others wait for Redis.
-- `known` is what a worker has written and knows to be there: its text and its last entry.
local function said(known)
    local parts, bytes, entries, from = {}, 0, 0, '-'
    if known and #redis.call('XRANGE', LOG, known.last, known.last) > 0 then
        parts, bytes, from = { known.text }, #known.text, '(' .. known.last
    end
    while true do
        local page = redis.call('XRANGE', LOG, from, '+', 'COUNT', 16)
        for _, entry in ipairs(page) do
            local kind, text = entry[2][1], entry[2][2]
            if kind == 'c' then
                parts[#parts + 1] = text
                bytes = bytes + #text
            elseif kind == 'r' then
                parts, bytes = {}, 0
            end
        end
        entries = entries + #page
        if bytes > TEXT_BYTES or entries > TEXT_ENTRIES then return nil end
        if #page < 16 then return table.concat(parts) end
        from = '(' .. page[#page][1]
    end
end

-- Writes an entry other than a chunk to the log and to the feed. `fields` is a flat list whose first element is the kind.
local function write_entry(id, fields)
    redis.call('XADD', LOG, id, unpack(fields))
    local object = {}
    for i = 1, #fields, 2 do object[fields[i]] = fields[i + 1] end
    redis.call('PUBLISH', FEED, id .. ' ' .. fields[1] .. ' ' .. cjson.encode(object))
end

local function add(fields, name, value)
    if value and value ~= '' then
        fields[#fields + 1] = name
        fields[#fields + 1] = tostring(value)
    end
end

local function add_stop(fields, request)
    add(fields, 'mode', request.stop_mode)
    add(fields, 'by', request.stop_by)
    add(fields, 'reason', request.stop_reason)
    add(fields, 'requested_at', request.stop_at)
end

-- Records an intent in the request, in Redis and in the table.
local function record_stop(request, mode, by, reason)
    request.stop_mode, request.stop_by, request.stop_reason, request.stop_at = mode, by, reason, now()
    redis.call('HSET', REQUEST, 'stop_mode', mode, 'stop_by', by, 'stop_reason', reason, 'stop_at', request.stop_at)
end

-- The answer to a worker whose request has an intent.
local function stopped(request)
    return { 'stopped', request.stop_mode, request.stop_by, request.stop_reason or '', request.stop_at }
end

-- Whether the text of an answer that has ended is still to be saved from its log: '1' or ''.
local function unsaved() return redis.call('HGET', MESSAGE, 'log') or '' end

-- Ends a request that has not ended: the last entry of the log, its state, its message, the times to live, and the news.
-- An intent that is recorded makes any ending a cancellation. Returns the fields of the ending.
--
-- Where the log is too long for a script its text stays there: the message says so (`log`), and whoever called the script saves the text.
local function write_ending(request, ending)
    local time, last, text = now(), last_id(), said(ending.known)
    if request.stop_mode then
        ending.state, ending.finish_reason, ending.error_code, ending.error_message = 'cancelled', 'cancelled', nil, nil
    end
    local output = ending.output_tokens or string.format('%d', total())
    local fields = { 'e', ending.state, 'p', last }
    add(fields, 'finish_reason', ending.finish_reason)
    add(fields, 'input_tokens', ending.input_tokens or 0)
    add(fields, 'output_tokens', output)
    if request.stop_mode then
        add_stop(fields, request)
        -- Where no generator ran there is nothing left to observe.
        add(fields, 'observed_at', ending.observed_at or time)
    end
    add(fields, 'error_code', ending.error_code)
    add(fields, 'error_message', ending.error_message)
    add(fields, 'ended_at', time)

    local attempt = tonumber(request.attempt) or 0
    write_entry(string.format('%d-%s', math.max(attempt, 1), ENDING), fields)
    redis.call('EXPIRE', LOG, text and LOG_SECONDS or OPEN_SECONDS)
    redis.call('HSET', REQUEST, 'state', ending.state, 'ended_at', time)
    redis.call('EXPIRE', REQUEST, ENDED_SECONDS)

    local message = { 'content', text or '', 'log', text and '' or '1', 'is_complete', ending.state == 'completed' and '1' or '0' }
    for i = 5, #fields do message[#message + 1] = fields[i] end
    redis.call('HSET', MESSAGE, unpack(message))
    redis.call('EXPIRE', MESSAGE, MESSAGE_SECONDS)
    redis.call('PUBLISH', STOPS, 'penstock:ended')
    return fields
end
