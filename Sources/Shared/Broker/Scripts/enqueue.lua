-- Puts a job at the end of its queue, unless as many wait there as may. Entries are numbered, 1-0, 2-0, …: where a job stands is then the
-- difference of two ids, its own and that of the last one that was taken.
-- KEYS[1] jobs:<queue>. ARGV: 1 the request's id, 2 the job, 3 how many may wait or '', 4 the group of workers, 5 seconds to live
-- Returns 'queued', the entry's id and its place among those that wait; or 'full' and how many wait.
local JOBS = KEYS[1]

local function number(id) return tonumber(string.match(id, '^%d+')) end

-- The number of the last job, and of the last one that was taken.
local last, taken = 0, 0
local entry = redis.call('XREVRANGE', JOBS, '+', '-', 'COUNT', 1)[1]
if entry then
    last = number(entry[1])
elseif redis.call('EXISTS', JOBS) == 1 then
    -- It was emptied by hand. The numbers go on.
    local stream = redis.call('XINFO', 'STREAM', JOBS)
    for i = 1, #stream, 2 do if stream[i] == 'last-generated-id' then last = number(stream[i + 1]) end end
end
-- Without the stream there is no group, and an error.
local groups = redis.pcall('XINFO', 'GROUPS', JOBS)
for _, group in ipairs(groups.err and {} or groups) do
    local fields = {}
    for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
    if fields.name == ARGV[4] then taken = number(fields['last-delivered-id']) end
end
-- What was taken stays in the stream for a while, so its length alone says too much; entries of foreign hands may have other numbers.
local waiting = math.min(last - taken, redis.call('XLEN', JOBS))
if ARGV[3] ~= '' and waiting >= tonumber(ARGV[3]) then return { 'full', waiting } end
local id = redis.call('XADD', JOBS, string.format('%d-0', last + 1), 'id', ARGV[1], 'job', ARGV[2])
redis.call('EXPIRE', JOBS, ARGV[5])
return { 'queued', id, waiting + 1 }
