-- What the scripts share that put a job into its queue. Entries are numbered, 1-0, 2-0, …: where a job stands is then the difference of
-- two ids, its own and that of the last one that was taken.

-- How the stream `jobs` stands: the number of its last job, and how many wait for a worker of `group`.
local function standing(jobs, group)
    local function number(id) return tonumber(string.match(id, '^%d+')) end
    local last, taken = 0, 0
    local entry = redis.call('XREVRANGE', jobs, '+', '-', 'COUNT', 1)[1]
    if entry then
        last = number(entry[1])
    elseif redis.call('EXISTS', jobs) == 1 then
        -- It was emptied by hand. The numbers go on.
        local stream = redis.call('XINFO', 'STREAM', jobs)
        for i = 1, #stream, 2 do if stream[i] == 'last-generated-id' then last = number(stream[i + 1]) end end
    end
    -- Without the stream there is no group, and an error.
    local groups = redis.pcall('XINFO', 'GROUPS', jobs)
    for _, fields in ipairs(groups.err and {} or groups) do
        local name, delivered
        for i = 1, #fields, 2 do
            if fields[i] == 'name' then name = fields[i + 1] elseif fields[i] == 'last-delivered-id' then delivered = fields[i + 1] end
        end
        if name == group then taken = number(delivered) end
    end
    -- What was taken stays in the stream for a while, so its length alone says too much; entries of foreign hands may have other numbers.
    return last, math.min(last - taken, redis.call('XLEN', jobs))
end

-- Puts a job behind the one numbered `last`, to live for `seconds`, and returns the id of its entry.
local function put(jobs, last, request, job, seconds)
    local id = redis.call('XADD', jobs, string.format('%d-0', last + 1), 'id', request, 'job', job)
    redis.call('EXPIRE', jobs, seconds)
    return id
end
