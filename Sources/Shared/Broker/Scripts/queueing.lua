-- What the scripts of a queue share. Entries are numbered, 1-0, 2-0, …: where a job stands is then the difference of two ids, its own and
-- that of the last one that was taken.

local function number(id) return tonumber(string.match(id, '^%d+')) end

local function fields(flat)
    local fields = {}
    for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
    return fields
end

-- Puts a job at the end of the stream `jobs`, to live for `seconds`, unless `limit` wait there for a worker of `group`; '' is any number.
-- Returns the id of its entry, or nil where there is no room, and how many waited.
local function put(jobs, request, job, limit, group, seconds)
    -- The number of the last job, and of the last one that was taken.
    local last, taken = 0, 0
    local entry = redis.call('XREVRANGE', jobs, '+', '-', 'COUNT', 1)[1]
    if entry then
        last = number(entry[1])
    elseif redis.call('EXISTS', jobs) == 1 then
        -- It was emptied by hand. The numbers go on.
        last = number(fields(redis.call('XINFO', 'STREAM', jobs))['last-generated-id'])
    end
    -- Without the stream there is no group, and an error.
    local groups = redis.pcall('XINFO', 'GROUPS', jobs)
    for _, flat in ipairs(groups.err and {} or groups) do
        local found = fields(flat)
        if found.name == group then taken = number(found['last-delivered-id']) end
    end
    -- What was taken stays in the stream for a while, so its length alone says too much; entries of foreign hands may have other numbers.
    local waiting = math.min(last - taken, redis.call('XLEN', jobs))
    if limit ~= '' and waiting >= tonumber(limit) then return nil, waiting end
    local id = redis.call('XADD', jobs, string.format('%d-0', last + 1), 'id', request, 'job', job)
    redis.call('EXPIRE', jobs, seconds)
    return id, waiting
end
